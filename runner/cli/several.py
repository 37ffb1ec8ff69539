"""Several at once: one list, one question, and then each for itself; one that fails stops no other."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from runner.cli.invocation import Cli
from runner.cli.options import Labels
from runner.cli.screen import cells
from runner.cli.screen.asking import ask_to_type
from runner.cli.screen.output import Console
from runner.errors import BadUsage, DriftlineError, NotFound, WrongState
from runner.model.stack.definition import Health
from runner.view import words
from runner.view.stack import StackRow

BATCH = 200


@dataclass
class Tally:
    """The exit codes of what was done for each. The worst counts: a failure says more than changes."""

    console: Console
    codes: list[int] = field(default_factory=list)

    @contextmanager
    def each(self) -> Iterator[None]:
        """Do it for one; its error is shown, and the next one follows."""
        try:
            yield
        except DriftlineError as error:
            self.console.error(cells.wrong_state(error) if isinstance(error, WrongState) else error)
            self.codes.append(error.exit_code)

    @property
    def worst(self) -> int:
        return max(self.codes, key=lambda code: (code not in {0, 2}, code), default=0)


def batches(numbers: Sequence[int], size: int = BATCH) -> Iterator[tuple[int, ...]]:
    """As many as an address of a server has room for."""
    for begin in range(0, len(numbers), size):
        yield tuple(numbers[begin : begin + size])


def refuse_unclear(names: Sequence[object], labels: Labels, *, what: str) -> None:
    """They are named or chosen by label: a name beside a label could mean either of two things."""
    if bool(names) == bool(labels):
        raise BadUsage(f"specify either the names of {what} or -l KEY=VALUE")


def rows_with(cli: Cli, labels: Labels) -> tuple[StackRow, ...]:
    """The stacks that have all of the labels; NotFound where no stack has."""
    from runner.api.stack_list import list_stacks

    wanted = tuple(map("=".join, labels))
    found = cli.call(list_stacks, label=wanted)
    if not found:
        raise NotFound(f"no stacks have the label {', '.join(wanted)}", hint="driftline stack list -o json")
    return found


def chosen(cli: Cli, names: Sequence[str], labels: Labels) -> Sequence[StackRow]:
    """The stacks that are named, or have the labels; StackNotFound, NotFound."""
    refuse_unclear(names, labels, what="stacks")
    if labels:
        return rows_with(cli, labels)
    from runner.api.stacks import show_stack

    return [cli.call(show_stack, name) for name in dict.fromkeys(names)]


def show_stacks(console: Console, stacks: Sequence[StackRow]) -> None:
    console.table(
        ("STACK", "SYNC", "DRIFT", "HEALTH", "LABELS", "REASON"),
        [
            (
                row.name,
                cells.sync(row.sync, row.applied_revision),
                cells.drift(row),
                cells.HEALTH[row.health],
                ",".join(f"{key}={value}" for key, value in sorted(row.labels.items())),
                "" if row.health is Health.OK else row.reason,
            )
            for row in stacks
        ],
    )


def agreed(what: str, *, wish: str) -> None:
    """One question for all of them, as in `pause these 3 stacks`; NotConfirmed unless the answer is a clear yes."""
    ask_to_type(f"Type `yes` to {what}", "yes", wish=wish, hint="add --yes")


def ask_once(console: Console, stacks: Sequence[StackRow], verb: str, *, wish: str, yes: bool) -> None:
    """Show what was chosen, and ask where somebody is there to answer."""
    show_stacks(console, stacks)
    if sys.stdin.isatty() and not yes:
        agreed(f"{verb} {these(len(stacks), 'stack')}", wish=wish)


def these(number: int, thing: str) -> str:
    """Such as `this stack` or `these 3 stacks`."""
    return f"this {thing}" if number == 1 else f"these {words.counted(number, thing)}"
