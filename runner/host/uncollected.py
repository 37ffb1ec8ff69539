"""Suspend the garbage collector. Objects without cycles are still freed by reference counting."""

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_GUARD = RLock()  # a collection may start right there, and its finalizers may come here too
_inside = 0
_collecting = False


@contextmanager
def uncollected() -> Iterator[None]:
    """In all threads, until the last caller has left."""
    global _inside, _collecting  # noqa: PLW0603 - there is one collector per process too
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


def end_uncollected() -> None:
    """Let the process end without a last round, which would search everything that was imported: a sixth of a short command."""
    atexit.register(gc.freeze)


@contextmanager
def loading() -> Iterator[None]:
    """For imports: what is loaded inside stays, so no later round walks through it, of which each takes 20 to 30 ms."""
    with uncollected():
        before = len(sys.modules)
        yield
        if len(sys.modules) > before:
            gc.freeze()
