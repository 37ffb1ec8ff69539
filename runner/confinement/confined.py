"""Do something with fewer rights, in a thread that takes them from itself and is gone: our other threads keep theirs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from runner.confinement import landlock, seccomp
from runner.host.uncollected import uncollected
from runner.model.sandbox.labels import Confinement

T = TypeVar("T")


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
            seccomp.restrict()
            done.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    thread = threading.Thread(target=restricted, name="confined")
    # Any thread may be the one that collects garbage, and finalizers need rights that this one has not.
    with uncollected():
        thread.start()
        thread.join()
    if failed:
        raise failed[0]
    return done[0]
