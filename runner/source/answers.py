"""When a remote last answered a poll, and what polls of it cost: kept beside the mirror, since a poll without changes
writes no record.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from runner.host.cpu import spent
from runner.host.files import PRIVATE_FILE
from runner.source.mirror import Mirror

REMEMBERED = 5  # polls


class Answers:
    def __init__(self) -> None:
        self._costs: defaultdict[Path, deque[float]] = defaultdict(partial(deque[float], maxlen=REMEMBERED))

    @contextmanager
    def noting(self, mirror: Mirror) -> Iterator[None]:
        """Around a poll; one that fails is no answer."""
        before = spent()
        yield
        file, costs = _file(mirror), self._costs[mirror.path]
        costs.append(spent() - before)
        file.touch(mode=PRIVATE_FILE)
        # The first one also imports. The least counts: meanwhile, children of other threads may have ended as well.
        if len(costs) > 1:
            file.write_text(f"{min(costs):.4f}")


def answered_at(mirror: Mirror) -> datetime | None:
    try:
        seconds = _file(mirror).stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def poll_cost(mirror: Mirror) -> float | None:
    """Seconds of CPU, if it is known."""
    with suppress(OSError, ValueError):
        return float(_file(mirror).read_text())
    return None


def _file(mirror: Mirror) -> Path:
    return mirror.path.with_suffix(".answered")
