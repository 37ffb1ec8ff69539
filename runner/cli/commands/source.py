"""`driftline source`: what is polled, poll now, try whether it can be."""

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from runner.cli import suggest
from runner.cli.options import Cli, output_option, pass_cli
from runner.cli.screen.output import Cell
from runner.cli.screen.poll import poll_screen
from runner.cli.screen.source import source_screen
from runner.errors import SourceNotFound
from runner.model.settings.source import SourceSettings
from runner.view.poll import poll_row
from runner.view.source import source_rows

if TYPE_CHECKING:
    from runner.service.cycle.poll import Polled


@click.group()
def command() -> None:
    """List, sync and check sources."""


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """List sources with the result of their last poll."""
    cli.to_list()
    with cli.app.store.reading() as reader:
        rows = source_rows(reader, cli.app.settings, cli.app.answers())
    now = cli.app.clock.now()
    cli.present(output, rows, lambda rows: source_screen(rows, now))


@command.command()
@click.argument("source", required=False, shell_complete=suggest.sources)
@output_option
@pass_cli
def sync(cli: Cli, source: str | None, output: str) -> int:
    """Poll now, re-read every stack file and report what changed. Exits with 1 if a source cannot be reached."""
    cli.begin_installation()
    sources = (_named(cli, source),) if source else cli.app.settings.sources
    # A stack that has left one source may have stood in the way of one in another: those are looked at last.
    results = {one.name: cli.app.poller.poll(one, by=cli.person.name, again=True) for one in sources}
    for one in sources:
        if results[one.name].problems:
            results[one.name] = _later(results[one.name], cli.app.poller.poll(one, by=cli.person.name))
    rows = tuple(poll_row(results[one.name], one) for one in sources)
    cli.present(output, rows, poll_screen)
    return 1 if any(row.problem for row in rows) else 0


@command.command()
@click.argument("source", shell_complete=suggest.sources)
@pass_cli
def check(cli: Cli, source: str) -> int:
    """Read the stack files at the head of the remote without recording anything. Exits with 1 if a stack file is broken.

    If commits must be signed, their signatures are verified too. Exits with 6 if a commit is not trusted.
    """
    cli.begin_installation()
    of, discoverer = _named(cli, source), cli.app.discoverer
    head = discoverer.git.head(of)
    cli.console.say(f"{of.branch} is at {head}")
    discoverer.git.fetch(of, head)
    with cli.app.store.reading() as reader:
        known, taken = reader.stacks(left=True), reader.source(of.name).head
        answers = reader.successions()
    for signature in discoverer.git.verify(of, taken, head):
        cli.console.say(f"{signature.revision[:12]} is signed by {signature.signer} ({signature.key})")
    found = discoverer.discover(of, head, others=known, answers=answers)
    cli.console.table(
        ("STACK", "FILE", "ROOT MODULE"),
        ((stack.definition.name, stack.file, stack.module_path) for stack in found.stacks),
        empty="No valid stack files."
        if found.problems
        else "No stack files found. Check the globs under stacks: of the source.",
    )
    cli.console.data(*(Cell(str(problem), "red") for problem in found.problems))
    cli.console.data(*(Cell(str(note), "dim") for note in found.notes))
    return 1 if found.problems else 0


def _later(first: "Polled", second: "Polled") -> "Polled":
    """Both polls as one."""
    return replace(
        second,
        moved=first.moved or second.moved,
        rewritten_from=first.rewritten_from,
        stacks=second.stacks or first.stacks,
    )


def _named(cli: Cli, name: str) -> SourceSettings:
    source = cli.app.settings.source(name)
    if source is None:
        near = get_close_matches(name, [one.name for one in cli.app.settings.sources], 1)
        raise SourceNotFound(source=name, hint=f'did you mean "{near[0]}"?' if near else None)
    return source
