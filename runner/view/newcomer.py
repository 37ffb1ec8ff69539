"""Stacks that Git declares and that were never sound: nothing is known of them but the problem."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runner.errors import StackNotFound
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.view.stack import StackRow

if TYPE_CHECKING:
    from runner.ports.records.store import Reader


@dataclass(frozen=True, kw_only=True)
class NewcomerPage(StackRow):
    problem: str

    @property
    def next_step(self) -> str:
        """An engine may be missing here although Git is right."""
        return "fix it in Git, or install the engine that it wants; nothing is planned until then"


def newcomers(reader: "Reader", settings: Settings) -> Iterator[StackRow]:
    """Those of the sources that are configured."""
    for configured in settings.sources:
        status = reader.source(configured.name)
        for name, problem in status.newcomers:
            yield StackRow(
                name=name,
                source=status.name,
                branch=configured.branch,
                revision=status.head,
                reason=problem,
                note=problem,
                labels={},
            )


def newcomer_page(reader: "Reader", settings: Settings, name: str) -> NewcomerPage:
    """StackNotFound where no source declares it either."""
    row = next((one for one in newcomers(reader, settings) if one.name == name), None)
    if row is None:
        raise StackNotFound(stack=name)
    return NewcomerPage(**vars(row), problem=row.reason)
