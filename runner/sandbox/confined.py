"""Do work with fewer rights, in a short-lived thread that drops them: our other threads keep theirs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from runner.host.uncollected import uncollected
from runner.model.sandbox.labels import Confinement
from runner.sandbox import landlock, seccomp

T = TypeVar("T")


@contextmanager
def ruleset(confine: Confinement | None) -> Iterator[int | None]:
    """The kernel's ruleset for it, as a descriptor; None for None."""
    if confine is None:
        yield None
        return
    with landlock.ruleset(confine.read, confine.write) as descriptor:
        yield descriptor


def confined(rules: int, work: Callable[[], T]) -> T:
    """Returns or raises what `work` does; processes started by it inherit the restriction."""
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
    # Any thread may collect garbage, and finalizers need rights that this one lacks.
    with uncollected():
        thread.start()
        thread.join()
    if failed:
        raise failed[0]
    return done[0]
