"""Do something with fewer rights, in a thread that takes them from itself and is gone: our other threads keep theirs."""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from runner import landlock
from runner.model.confinement import Confinement

T = TypeVar("T")
_ALONE = threading.Lock()


@contextmanager
def ruleset(confine: Confinement | None) -> Iterator[int | None]:
    """What the kernel is told of it, as a descriptor; None for None."""
    if confine is None:
        yield None
        return
    with landlock.ruleset(confine.read, confine.write) as descriptor:
        yield descriptor


def confined(rules: int, work: Callable[[], T]) -> T:
    """What `work` returns or raises; a process that it starts inherits the restriction."""
    done: list[T] = []
    failed: list[BaseException] = []

    def restricted() -> None:
        try:
            landlock.restrict(rules)
            done.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    thread = threading.Thread(target=restricted, name="confined")
    with _uncollected():
        thread.start()
        thread.join()
    if failed:
        raise failed[0]
    return done[0]


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage is collected: any thread may be the one to do it, and finalizers need rights that this one has not."""
    with _ALONE:
        collecting = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if collecting:
                gc.enable()
