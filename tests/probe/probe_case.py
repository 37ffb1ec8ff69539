"""What a case is made of: code, the situations it is planned in, and what terraform has to find in each."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

CASES = Path(__file__).with_name("cases")
CHANGES = "changes"  # a folder for each change of the code, laid over the case's own files

State = dict[str, Any]
Document = Mapping[str, Any]


class Hands(Protocol):
    """Somebody who works in the cloud by hand, past terraform."""

    def client(self, service: str, region: str | None = None) -> Any:
        """boto3's, by default in the region of the case."""

    def attribute(self, address: str, name: str = "id") -> Any:
        """What terraform's state tells of an object."""

    def objects(self) -> AbstractContextManager[dict[str, dict[str, Any]]]:
        """The cloudfile provider's cloud, to be changed in place."""


ByHand = Callable[[Hands], None]
OfState = Callable[[State], None]


@dataclass(frozen=True)
class Found:
    """What a plan says, as far as a case cares: the changes by address, the drift and the outputs that change."""

    planned: Mapping[str, str] = field(default_factory=dict)
    drifted: frozenset[str] = frozenset()
    outputs: frozenset[str] = frozenset()
    failed_checks: frozenset[str] = frozenset()

    @property
    def exit_code(self) -> int:
        return 2 if self.planned or self.outputs else 0

    def and_also(self, other: "Found") -> "Found":
        return Found(
            {**self.planned, **other.planned},
            self.drifted | other.drifted,
            self.outputs | other.outputs,
            self.failed_checks | other.failed_checks,
        )


@dataclass(frozen=True)
class Situation:
    """What is done to an applied case, and what a plan finds because of that.

    What is done by hand stays for the situations that follow. Code and state are as applied again in the next one.
    """

    name: str
    by_hand: tuple[ByHand, ...] = ()
    code: str = ""
    commands: tuple[tuple[str, ...], ...] = ()  # terraform's
    state: tuple[OfState, ...] = ()
    finds: Found = field(default_factory=Found)

    @property
    def stays(self) -> bool:
        return not (self.code or self.commands or self.state)


@dataclass(frozen=True)
class Case:
    name: str
    region: str
    situations: tuple[Situation, ...]
    aws: bool = True

    @property
    def folder(self) -> Path:
        return CASES / self.name

    def until(self, situation: Situation) -> tuple[Situation, ...]:
        """The situation and those before it."""
        return self.situations[: self.situations.index(situation) + 1]

    def finds(self, situation: Situation) -> Found:
        """What a plan has to find there, with what was done by hand before."""
        found = Found()
        for earlier in self.until(situation)[:-1]:
            found = found.and_also(earlier.finds) if earlier.stays else found
        return found.and_also(situation.finds)


def found(document: Document) -> Found:
    """What the JSON of a plan says."""
    return Found(
        planned=dict(planned(document.get("resource_changes") or ())),
        drifted=frozenset(change["address"] for change in document.get("resource_drift") or ()),
        outputs=frozenset(
            name
            for name, change in (document.get("output_changes") or {}).items()
            if change["actions"] != ["no-op"]
        ),
        failed_checks=frozenset(
            check["address"]["to_display"]
            for check in document.get("checks") or ()
            if check["status"] in {"fail", "error"}
        ),
    )


def planned(changes: Iterable[Document]) -> Iterable[tuple[str, str]]:
    for change in changes:
        if (actions := change["change"]["actions"]) == ["no-op"] and "previous_address" not in change:
            continue
        address = f"{change['address']} (deposed)" if "deposed" in change else change["address"]
        moved = f" from {change['previous_address']}" if "previous_address" in change else ""
        yield address, "+".join(actions) + moved
