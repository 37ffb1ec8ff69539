"""No garbage is collected for a while. What Python counts references to goes at once all the same."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_GUARD = RLock()  # a collection may begin right there, and what it finalizes may come here too
_inside = 0
_collecting = False


@contextmanager
def uncollected() -> Iterator[None]:
    """In no thread, until the last that asked for it is through."""
    global _inside, _collecting  # noqa: PLW0603 - the collector is one for the whole process too
    with _GUARD:
        if _inside == 0:
            _collecting = gc.isenabled()
            gc.disable()
        _inside += 1
    try:
        yield
    finally:
        with _GUARD:
            _inside -= 1
            if _inside == 0 and _collecting:
                gc.enable()
