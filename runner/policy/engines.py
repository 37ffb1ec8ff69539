"""The engines that evaluate Rego: a new one is a module with `NAME`, `missing` and `ask`, and its row here."""

from pathlib import Path
from typing import Protocol

from runner.model.policy.question import Failure, Question, Values
from runner.policy import opa, regopy
from runner.ports.basics import Cancel
from runner.process.program import Surround


class Engine(Protocol):
    @property
    def NAME(self) -> str: ...  # noqa: N802 -- a module's constant

    def missing(self) -> str: ...

    @property
    def ask(self) -> "Ask": ...


class Ask(Protocol):
    def __call__(
        self,
        question: Question,
        place: Path,
        seconds: float,
        surround: Surround,
        cancel: Cancel | None,
        *,
        separately: bool = False,
    ) -> Values | Failure: ...


# `auto` takes the first one that is there.
ENGINES: tuple[Engine, ...] = (opa, regopy)


def engine(wanted: str) -> Engine | Failure:
    """The one to use here."""
    if wanted == "auto":
        here = next((one for one in ENGINES if not one.missing()), None)
        return here or Failure("; ".join(one.missing() for one in ENGINES))
    found = next(one for one in ENGINES if wanted == one.NAME)
    return Failure(found.missing()) if found.missing() else found
