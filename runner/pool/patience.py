"""How long a worker repeats a call to a server that is away. Both satisfy `ports.Cancel`."""

import time


class Endless:
    """For a caller that has no reason to stop."""

    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float | None = None) -> bool:
        time.sleep(timeout or 0)
        return False


class Deadline:
    """Set once this many seconds have passed."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def is_set(self) -> bool:
        return time.monotonic() >= self._end

    def wait(self, timeout: float | None = None) -> bool:
        left = max(0.0, self._end - time.monotonic())
        time.sleep(left if timeout is None else min(left, timeout))
        return self.is_set()
