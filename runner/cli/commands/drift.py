"""`driftline drift`: check now, and what became of what was found."""

import click

from runner.cli.commands.drift_check import check
from runner.cli.commands.trust import trust
from runner.cli.options import MOMENT, Cli, output_option, pass_cli, reason_option, report_argument
from runner.cli.screen.healing import heal_screen
from runner.cli.screen.report import report_screen, reports_screen
from runner.errors import Blocked
from runner.model.drift.report import ReportStatus
from runner.model.values.moment import Moment
from runner.service.operator import report as reports
from runner.view.healing import heal_page
from runner.view.report import report_page, report_pages
from runner.view.run import run_row
from runner.view.when import ahead, ahead_of


@click.group()
def command() -> None:
    """Check for drift, and list, acknowledge or heal drift reports."""


command.add_command(check)
command.add_command(trust)


@command.command("list")
@click.option(
    "--open", "open_only", is_flag=True, help="Show only open, confirmed reports that are not acknowledged."
)
@click.option("--all", "everything", is_flag=True, help="Include resolved reports.")
@output_option
@pass_cli
def list_(cli: Cli, open_only: bool, everything: bool, output: str) -> None:
    """List unresolved drift reports, newest first."""
    cli.to_list()
    with cli.app.store.reading() as reader:
        found = reader.reports(open_only=not everything)
    if open_only:
        found = [report for report in found if report.is_reported(cli.app.clock.now())]
    found.sort(key=lambda report: report.id, reverse=True)
    now = cli.app.clock.now()
    cli.present(output, report_pages(found), lambda pages: reports_screen(pages, now))


@command.command()
@report_argument
@click.option("--full", is_flag=True, help="Show full values.")
@output_option
@pass_cli
def show(cli: Cli, report_id: int, full: bool, output: str) -> None:
    """What moved, attribute by attribute, and what people did about it."""
    with cli.app.store.reading() as reader:
        page = report_page(reader.report(report_id))
    now = cli.app.clock.now()
    cli.present(output, page, lambda page: report_screen(page, now, full=full))
    if output == "table" and page.status is ReportStatus.OPEN:
        cli.console.hint(
            f'driftline drift heal {page.id}   or   driftline drift ack {page.id} --until 2w -m "..."'
        )


@command.command()
@report_argument
@click.option(
    "--until",
    type=MOMENT,
    required=True,
    metavar="TIME",
    help="A duration such as 2w, a date such as 2026-12-24 (inclusive), or an RFC 3339 time.",
)
@reason_option()
@output_option
@pass_cli
def ack(cli: Cli, report_id: int, until: Moment, reason: str, output: str) -> None:
    """Known, and to be left so for a while; another drift opens it again at once."""
    length = ahead_of(until, cli.app.clock.now())
    report = reports.acknowledge(cli.app.control, report_id, cli.person, reason, length)
    cli.present(output, report_page(report))
    end = report.acknowledgement.until if report.acknowledgement else None
    cli.console.say(
        f"Acknowledged {report.name} of {report.stack}; it returns {ahead(end, cli.app.clock.now())}."
    )


@command.command()
@report_argument
@click.option("--no-wait", is_flag=True, help="Queue the plan and return immediately.")
@click.option("--full", is_flag=True, help="Show full values.")
@click.option(
    "--explain", is_flag=True, help="Only show which heal rule decides about each part, and plan nothing."
)
@output_option
@pass_cli
def heal(cli: Cli, report_id: int, no_wait: bool, full: bool, explain: bool, output: str) -> int:
    """Plan what would undo the drift: a change run, with its own approval."""
    if explain:
        return _explain(cli, report_id, output)
    from runner.cli.commands.plan import Wish, finish
    from runner.cli.perform import Performer

    performer = Performer.of(cli)
    run = reports.heal(cli.app.control, report_id, cli.person)
    wish = Wish(ref=None, targets=(), destroy=False, wait=not no_wait, full=full, output=output)
    page, code = finish(cli, performer, run_row(run), wish)
    cli.present(output, (page,))
    return 0 if code == 2 else code


def _explain(cli: Cli, report_id: int, output: str) -> int:
    with cli.app.store.reading() as reader:
        report = reader.report(report_id)
        page = heal_page(reader, cli.app.settings, cli.app.clock, report)
    if page is None:
        raise Blocked(
            f"no plan that would heal {report.name} is on record",
            hint=f"driftline drift check {report.stack}",
        )
    cli.present(output, page, heal_screen)
    return 0
