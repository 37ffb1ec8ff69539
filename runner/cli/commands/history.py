"""`driftline history`: what was changed, by whom, and who approved it."""

from dataclasses import replace

import click

from runner.cli import shapes, suggest
from runner.cli.options import Cli, history_options, output_option, pass_cli, window
from runner.cli.screen import cells
from runner.model.run.life import Kind, Run
from runner.model.values.moment import Moment
from runner.ports.records.runs import RunFilter
from runner.ports.records.store import Reader
from runner.view import words
from runner.view.when import shown


@click.command("history")
@click.argument("stack", required=False, metavar="[STACK]", shell_complete=suggest.stacks)
@click.option("--stack", "named", metavar="STACK", shell_complete=suggest.stacks, help="Same as STACK.")
@history_options
@click.option(
    "-n",
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Maximum number of rows.",
)
@output_option
@pass_cli
def command(
    cli: Cli,
    stack: str | None,
    named: str | None,
    by: str | None,
    since: Moment | None,
    until: Moment | None,
    absolute: bool,
    limit: int,
    output: str,
) -> None:
    """List the changes of STACK, or of all stacks, newest first: who requested, approved and applied what."""
    now, stack = cli.app.clock.now(), stack or named
    first, last = window(since, until, now)
    where = RunFilter(
        stack=stack,
        by=by,
        since=first,
        until=last,
        limit=limit,
    )
    with cli.app.store.reading() as reader:
        if stack is not None:
            reader.stack(stack)
        runs = _changes(reader, where)
        subjects = {run.id: _subject(reader, run) for run in runs}
        approvals = {run.id: reader.approvals(run.id) for run in runs}
    if output == "json":
        cli.console.json(
            [
                {
                    **shapes.run(run),
                    "subject": subjects[run.id],
                    "approvals": [shapes.approval(one) for one in approvals[run.id]],
                }
                for run in runs
            ]
        )
        return
    cli.console.table(
        ("RUN", "STACK", "STATE", "CHANGES", "REVISION", "WHEN", "BY", "APPROVED BY", "SUBJECT"),
        [
            (
                run.name,
                run.stack,
                cells.state(run),
                words.changes(run),
                run.revision[:12],
                shown(run.changed_at, now, absolute=absolute),
                run.requested_by,
                ", ".join(dict.fromkeys(one.person.name for one in approvals[run.id])) or "-",
                subjects[run.id],
            )
            for run in runs
        ],
        empty="No changes found. Make one with:   driftline plan STACK",
    )


def _changes(reader: Reader, where: RunFilter) -> list[Run]:
    kinds = (Kind.CHANGE, Kind.DESTROY)
    runs = [run for kind in kinds for run in reader.runs(replace(where, kind=kind))]
    return sorted(runs, key=lambda run: run.id, reverse=True)[: where.limit]


def _subject(reader: Reader, run: Run) -> str:
    commit = reader.commit(run.source, run.revision)
    return commit.subject if commit else ""
