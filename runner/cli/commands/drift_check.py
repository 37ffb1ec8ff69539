"""`driftline drift check`: compare what is applied with the real cloud, now."""

from collections.abc import Sequence

import click

from runner.api.checks import request_checks, show_checks, show_sweep
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import Labels, labels_option, output_option, stacks_argument
from runner.cli.screen.check import check_screen
from runner.cli.screen.progress import followed
from runner.cli.several import BATCH, batches, rows_with
from runner.errors import BadUsage
from runner.view.check import check_page


@click.command("check")
@stacks_argument(required=False)
@labels_option("All stacks with this label. Repeat to require several labels.")
@click.option("--all", "everything", is_flag=True, help="All stacks that were applied.")
@click.option("--acknowledged", is_flag=True, help="Exit with 2 for acknowledged drift as well.")
@click.option("--plain", is_flag=True, help="Make full plans, without warm providers or replays.")
@output_option
@pass_cli
def check(
    cli: Cli,
    stacks: tuple[str, ...],
    labels: Labels,
    everything: bool,
    acknowledged: bool,
    plain: bool,
    output: str,
) -> int:
    """Check stacks for drift. Exits with 2 for unacknowledged drift, 1 if only checks failed, and 0 otherwise."""
    if stacks and everything:
        raise BadUsage("specify either stack names or --all", hint="driftline drift check --all")
    if sum(map(bool, (stacks, labels, everything))) != 1:
        raise BadUsage(
            "specify stack names, -l KEY=VALUE or --all",
            hint="driftline drift check --all",
        )
    from runner.cli.perform import Performer

    names = stacks or _chosen(cli, labels)
    performer = Performer.of(cli)
    requested = cli.call(request_checks, stacks=names, plain=plain)
    ids = [run.number for run in requested.runs]
    with followed(cli.console, lambda: _how_far(cli, ids)):
        if ids:
            performer.bring_all(ids, _slots(cli), lambda _: None)
    checked = [row for some in batches(ids) for row in cli.call(show_checks, runs=some)]
    page = check_page(names, checked, requested.skipped)
    cli.present(output, page, check_screen)
    if output == "table" and page.stacks:
        cli.console.say(page.sentence)
        for report in page.reports[:1]:
            cli.console.hint(f"driftline drift show {report}")
    if performer.interrupted:
        return 130
    spared = 0 if acknowledged else page.acknowledged
    return 2 if page.drifted > spared else 1 if page.errors else 0


def _chosen(cli: Cli, labels: Labels) -> tuple[str, ...]:
    """All that were applied, or have the labels. A stack that left Git is checked as long as something of it is applied."""
    from runner.api.stack_list import list_stacks

    found = rows_with(cli, labels) if labels else cli.call(list_stacks)
    return tuple(row.name for row in found if row.applied_revision is not None)


def _slots(cli: Cli) -> int:
    """Where the work is done here."""
    from runner.app import slots

    return slots(cli.app.settings) if cli.remote is None else 0


def _how_far(cli: Cli, ids: Sequence[int]) -> str:
    """Of more checks than an address has room for, those that were asked for together last."""
    sweep = cli.call(show_sweep, runs=tuple(ids) if cli.remote is None or len(ids) <= BATCH else ())
    return sweep.sentence if sweep else ""
