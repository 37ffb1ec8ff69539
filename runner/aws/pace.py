"""A token bucket for each service in each region of each account, in front of everything that is sent."""

import threading
import time
from collections.abc import Callable

from runner.errors import Interrupted
from runner.model.aws.place import Place
from runner.model.aws.rate import Bucket, bucket_of, full, rate_of


class Pace:
    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._buckets: dict[tuple[Place, str], Bucket] = {}
        self._guard = threading.Lock()
        self._stopped = threading.Event()

    def keep(self, place: Place, service: str, operation: str) -> None:
        """Wait until this may be sent; Interrupted if Driftline ends in the meantime."""
        key = (place, bucket_of(service, operation))
        with self._guard:
            now = self._monotonic()
            bucket = self._buckets.get(key) or full(rate_of(service, operation), now)
            self._buckets[key], seconds = bucket.take(now)
        if self.wait(seconds):
            raise Interrupted

    def wait(self, seconds: float) -> bool:
        """Whether it was stopped."""
        return self._stopped.wait(seconds)

    def stop(self) -> None:
        """Let nobody wait any longer."""
        self._stopped.set()
