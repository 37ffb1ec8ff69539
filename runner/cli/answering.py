"""One answer to several runs: which ones, what came of each, and the exit code of it all."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Literal, TypeVar

import click

from runner.api.approvals import list_waiting
from runner.api.progress import show_progress
from runner.cli.ending import of_several
from runner.cli.invocation import Cli
from runner.cli.options import Labels
from runner.cli.screen import cells
from runner.cli.screen.run import chosen_screen
from runner.cli.several import agreed, batches, these
from runner.errors import BadUsage, DriftlineError, NotFound, WrongState
from runner.model.run.life import State
from runner.model.values.frozen import dataclass
from runner.view.answered import Answered, refused
from runner.view.refusal import raised_again, refusal_document
from runner.view.run import RunRow

T = TypeVar("T")
# Of a server that tells nothing of a run, or what nobody understands.
NO_ANSWER = DriftlineError(
    "the answer for one of the runs is missing or not understood", hint="driftline run list"
)
Chosen = Literal[State.AWAITING_APPROVAL, State.APPROVED]


@dataclass(frozen=True)
class Choice:
    """Runs chosen by their stacks, where none is named: by labels, globs over names, and sources."""

    labels: Labels = ()
    stacks: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.labels or self.stacks or self.sources)

    def refuse_unclear(self, names: Sequence[object]) -> None:
        """A name beside a choice could mean either of two things."""
        if bool(names) == bool(self):
            raise BadUsage(
                "specify either the names of runs, or -l KEY=VALUE, --stack GLOB or --source NAME",
                hint=f"{click.get_current_context().command_path} --help",
            )

    def runs(self, cli: Cli, state: Chosen) -> list[int]:
        """The runs in this state of the stacks that are chosen, in the order in which they were planned."""
        labels = tuple(map("=".join, self.labels))
        found = cli.call(list_waiting, label=labels, match=self.stacks, sources=self.sources, state=state)
        return sorted(run.number for run in found)


@dataclass
class Outcomes:
    """Of each run, in the order in which they were asked for. An error is shown as soon as it is known."""

    cli: Cli
    wanted: Sequence[int]
    _found: dict[str, Answered] = field(default_factory=dict)
    _codes: dict[str, int] = field(default_factory=dict)

    def note(self, answered: Answered) -> None:
        code = self._tell(_error_of(answered.error)) if answered.error is not None else 0
        self._found[answered.id], self._codes[answered.id] = answered, code

    def refuse(self, name: str, error: DriftlineError, run: RunRow | None = None) -> None:
        self.note(refused(name, error, run))

    def lose(self, names: Sequence[str], error: DriftlineError) -> None:
        """All of these failed together, and it may not be known whether they were answered: it is said once."""
        code = self._tell(error) if names else 0
        for name in names:
            self._found[name] = Answered(name, "failed", error=refusal_document(error))
            self._codes[name] = code

    def end(self, answered: Answered, code: int) -> None:
        """One whose end has been told already."""
        self._found[answered.id], self._codes[answered.id] = answered, code

    @property
    def all(self) -> tuple[Answered, ...]:
        return tuple(self._found[name] for run in self.wanted if (name := f"run-{run}") in self._found)

    def done(self, outcome: str) -> list[Answered]:
        return [one for one in self.all if one.outcome == outcome]

    @property
    def code(self) -> int:
        return of_several(self._codes.values())

    def _tell(self, error: DriftlineError) -> int:
        self.cli.console.error(cells.wrong_state(error) if isinstance(error, WrongState) else error)
        return error.exit_code


def _error_of(told: dict[str, Any]) -> DriftlineError:
    try:
        return raised_again(told)
    except (KeyError, TypeError):
        return NO_ANSWER


def rows_of(cli: Cli, runs: Sequence[int], outcomes: Outcomes) -> list[RunRow]:
    """How they stand; one that is not found is told, and left out."""
    found: list[RunRow] = []
    for some in batches(runs):
        try:
            found += [look.run for look in cli.call(show_progress, runs=some)]
        except NotFound:
            found += _one_by_one(cli, some, outcomes)
    return found


def _one_by_one(cli: Cli, runs: Sequence[int], outcomes: Outcomes) -> Iterator[RunRow]:
    for run in runs:
        try:
            yield from (look.run for look in cli.call(show_progress, runs=(run,)))
        except DriftlineError as error:
            outcomes.refuse(f"run-{run}", error)


def agree_to_list(cli: Cli, runs: Sequence[RunRow], verb: str, *, wish: str, yes: bool) -> None:
    """Show what was chosen, and ask where somebody is there to answer."""
    cli.present("table", tuple(runs), chosen_screen)
    if sys.stdin.isatty() and not yes:
        agreed(f"{verb} {these(len(runs), 'plan')}", wish=wish)


def answer_all(
    outcomes: Outcomes, wanted: Mapping[int, T], call: Callable[[tuple[T, ...]], Sequence[Answered]]
) -> Iterator[Answered]:
    """The answers by run, as many in a request as a server takes. A request that fails stops no other."""
    for some in batches(list(wanted)):
        try:
            answered = call(tuple(wanted[run] for run in some))
        except DriftlineError as error:
            outcomes.lose([f"run-{run}" for run in some], error)
            continue
        told = {one.id: one for one in answered}
        for name in (f"run-{run}" for run in some):
            one = told.get(name)
            if one is None:
                outcomes.lose([name], NO_ANSWER)
                continue
            outcomes.note(one)
            if one.error is None:
                yield one
