"""Sessions that are initialised, for the next commands of their executions: what `init` has just compared is not
compared again as long as nothing of the run has been started.
"""

from dataclasses import replace
from weakref import ref

from runner.engine.session import Session
from runner.ports.engine import Execution


class ReadySessions:
    """At most one for each execution, which it goes with."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[ref[Execution], Session]] = {}

    def keep(self, ready: Session) -> None:
        number = id(ready.execution)
        # The execution would live as long as a session that knows it.
        alone = replace(ready, execution=replace(ready.execution))
        self._kept[number] = ref(ready.execution, lambda _: self._kept.pop(number, None)), alone

    def of(self, execution: Execution) -> Session | None:
        """Without an open journal."""
        alive, ready = self._kept.get(id(execution), (None, None))
        if alive is None or ready is None or alive() is not execution:
            return None
        return replace(ready, execution=execution)

    def forget(self, execution: Execution) -> None:
        self._kept.pop(id(execution), None)
