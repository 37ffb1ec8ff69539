"""`driftline drift`: check now, and what became of what was found."""

import click

from runner.cli.commands.drift_check import check
from runner.cli.commands.trust import trust
from runner.cli.options import MOMENT, Cli, output_option, pass_cli, reason_option, report_argument
from runner.cli.screen import cells
from runner.cli.screen.output import Cell, Colour, Line
from runner.cli.screen.plan_view import applied_look, changed_lines, fact_lines
from runner.model.changes.changes import SYMBOLS
from runner.model.drift.report import Finding, ReportStatus
from runner.model.drift.report_text import left_by, report_document
from runner.model.values.moment import Moment
from runner.service.operator import report as reports
from runner.view import words
from runner.view.when import ago, ahead, ahead_of


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
    if output == "json":
        cli.console.json([report_document(report) for report in found])
        return
    now = cli.app.clock.now()
    cli.console.table(
        ("REPORT", "STACK", "STATUS", "FOUND", "FIRST SEEN", "LAST SEEN", "SEEN", "NOTE"),
        [
            (
                report.name,
                report.stack,
                cells.REPORT[report.status],
                words.found(report),
                ago(report.first_seen, now),
                ago(report.last_seen, now),
                str(report.seen),
                words.report_note(report, now),
            )
            for report in found
        ],
        empty="No drift reports found. Check now with:   driftline drift check --all",
    )


@command.command()
@report_argument
@click.option("--full", is_flag=True, help="Show full values.")
@output_option
@pass_cli
def show(cli: Cli, report_id: int, full: bool, output: str) -> None:
    """What moved, attribute by attribute, and what people did about it."""
    with cli.app.store.reading() as reader:
        report = reader.report(report_id)
    if output == "json":
        cli.console.json(report_document(report))
        return
    now = cli.app.clock.now()
    facts: list[tuple[str, str | Cell]] = [
        ("stack", report.stack),
        ("status", cells.REPORT[report.status]),
        ("revision", report.revision[:12]),
        (
            "seen",
            f"{words.times(report.seen)}, first {ago(report.first_seen, now)}, last {ago(report.last_seen, now)}",
        ),
        ("note", words.report_note(report, now)),
    ]
    cli.console.data(Cell(report.name, "bold"), *fact_lines([fact for fact in facts if fact[1]]))
    for finding in report.findings:
        cli.console.data("", *_finding(finding, full=full))
    besides = applied_look(report.apply_only)
    if besides:
        cli.console.data("", Cell("Healing also does this:", "bold"), *besides)
    if report.status is ReportStatus.OPEN:
        cli.console.hint(
            f'driftline drift heal {report.name}   or   driftline drift ack {report.name} --until 2w -m "..."'
        )


def _finding(finding: Finding, *, full: bool) -> list[Line]:
    told = finding.drift_class.replace("_", " ") + left_by(finding)
    if finding.deposed:
        told += f", deposed object {finding.deposed}, replaced but not destroyed yet"
    reason = f", {finding.reason}" if finding.reason else ""
    colour: Colour = "yellow" if finding.counts else "dim"
    return [
        Cell(f"{SYMBOLS[finding.action]:>3} {finding.address}  # {told}{reason}", colour),
        *changed_lines(finding.attributes, full=full),
    ]


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
    if output == "json":
        cli.console.json(report_document(report))
    end = report.acknowledgement.until if report.acknowledgement else None
    cli.console.say(
        f"Acknowledged {report.name} of {report.stack}; it returns {ahead(end, cli.app.clock.now())}."
    )


@command.command()
@report_argument
@click.option("--no-wait", is_flag=True, help="Queue the plan and return immediately.")
@click.option("--full", is_flag=True, help="Show full values.")
@output_option
@pass_cli
def heal(cli: Cli, report_id: int, no_wait: bool, full: bool, output: str) -> int:
    """Plan what would undo the drift: a change run, with its own approval."""
    from runner.cli.commands.plan import Wish, finish
    from runner.cli.perform import Performer
    from runner.cli.run_document import run_document

    performer = Performer.of(cli)
    run = reports.heal(cli.app.control, report_id, cli.person)
    wish = Wish(ref=None, targets=(), destroy=False, wait=not no_wait, full=full, output=output)
    run, code = finish(cli, performer, run, wish)
    if output == "json":
        cli.console.json([run_document(cli.app, run)])
    return 0 if code == 2 else code
