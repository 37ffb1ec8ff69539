"""Stacks that Git declares and that were never sound: nothing is known of them but what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass

from runner.cli import shapes
from runner.cli.options import Cli
from runner.cli.screen import cells
from runner.cli.screen.output import Cell, Line
from runner.errors import StackNotFound
from runner.model.stack.definition import Health
from runner.model.stack.source import SourceStatus
from runner.ports.records.store import Reader


@dataclass(frozen=True)
class Newcomer:
    name: str
    problem: str
    source: SourceStatus
    branch: str

    @property
    def revision(self) -> str:
        return f"{self.branch}@{(self.source.head or '-')[:7]}"

    @property
    def row(self) -> list[Cell | str]:
        """As `driftline stack list` has it."""
        return [self.name, "-", "-", cells.HEALTH[Health.ERROR], self.revision, "-", "-", self.problem]

    @property
    def document(self) -> shapes.Plain:
        return shapes.newcomer(self.source, self.name, self.problem)


def newcomers(cli: Cli, reader: Reader) -> Iterator[Newcomer]:
    """Those of the sources that are configured."""
    for configured in cli.app.settings.sources:
        status = reader.source(configured.name)
        for name, problem in status.newcomers:
            yield Newcomer(name, problem, status, configured.branch)


def show_newcomer(cli: Cli, name: str, output: str) -> None:
    """StackNotFound where it is none either."""
    with cli.app.store.reading() as reader:
        found = next((one for one in newcomers(cli, reader) if one.name == name), None)
    if found is None:
        raise StackNotFound(stack=name)
    if output == "json":
        cli.console.json({**found.document, "problem": found.problem})
        return
    lines: list[Line] = [
        Cell(found.name, "bold"),
        [Cell("  source      ", "dim"), f"{found.source.name}: {found.revision}"],
        [Cell("  health      ", "dim"), cells.HEALTH[Health.ERROR], f"  {found.problem}"],
        [Cell("  next        ", "dim"), "fix it in Git; nothing is planned until then"],
    ]
    cli.console.data(*lines)
    cli.console.hint(f"driftline source check {found.source.name}")
