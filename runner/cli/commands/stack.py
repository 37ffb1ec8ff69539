"""`driftline stack`: what is known of stacks, and pausing them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import click

from runner.cli import shapes
from runner.cli.commands import history, pause, resume
from runner.cli.commands.stack_leave import forget, rename
from runner.cli.commands.stack_validate import validate
from runner.cli.newcomers import newcomers, show_newcomer
from runner.cli.options import (
    Cli,
    Labels,
    labels_option,
    output_option,
    pass_cli,
    reason_option,
    stack_argument,
)
from runner.cli.screen import cells
from runner.cli.screen.asking import ask
from runner.cli.screen.output import Cell, Line
from runner.cli.screen.terms import terms_rows
from runner.cli.several import has
from runner.errors import StackNotFound
from runner.model.drift.partly import Partly
from runner.model.drift.probe import ProbeRecord
from runner.model.drift.report import DriftReport
from runner.model.plan.warnings import FailingCheck
from runner.model.run.life import Kind, Run
from runner.model.schedule.decide import Decision
from runner.model.schedule.disk_room import format_size
from runner.model.stack.definition import Health
from runner.ports.records.runs import RunFilter
from runner.service.approval.terms import stack_terms
from runner.service.drift.partly import partly_applied
from runner.service.queue.enqueue import explain
from runner.view import words
from runner.view.document import document
from runner.view.facts import StackFacts, all_stacks, given, one_stack
from runner.view.terms import terms_view
from runner.view.when import ago

HEADS = ("STACK", "SYNC", "DRIFT", "HEALTH", "REVISION", "LAST RUN", "NEXT CHECK", "NOTE")


@click.group()
def command() -> None:
    """Stacks: what is known of them, and pausing them."""


command.add_command(validate)
command.add_command(pause.command)
command.add_command(resume.command)
command.add_command(history.command)
command.add_command(rename)
command.add_command(forget)


@command.command("list")
@labels_option("Only stacks with it (repeatable: with each of them).")
@output_option
@pass_cli
def list_(cli: Cli, labels: Labels, output: str) -> None:
    """All stacks on their three axes: Git, drift, health."""
    cli.to_list()
    with cli.app.store.reading() as reader:
        found = all_stacks(reader, cli.app.settings, cli.app.clock, cli.app.disk.shortage())
        # They have no labels.
        new = [] if labels else list(newcomers(cli, reader))
    wanted = [facts for facts in found if has(facts.stack, labels)]
    if output == "json":
        cli.console.json([*map(shapes.stack, wanted), *(one.document for one in new)])
        return
    empty = "No stack has these labels." if found else "No stack is known yet:   driftline source sync"
    cli.console.table(HEADS, [*map(_row, wanted), *(one.row for one in new)], empty=empty)


def _row(facts: StackFacts) -> list[Cell | str]:
    stack, now = facts.stack, facts.view.now
    return [
        stack.name,
        cells.SYNC[stack.sync],
        cells.drift(stack),
        cells.HEALTH[facts.health[0]],
        words.revision(stack, facts.branch),
        cells.last_run(facts.last, now),
        words.next_check(stack, now),
        _note(facts),
    ]


def _note(facts: StackFacts) -> str:
    """Only where there is something to do or to know."""
    if facts.health[0] is not Health.OK or facts.view.open_change is not None or facts.view.waits_for:
        return facts.reason
    return "source missing" if facts.stack.missing_since is not None else facts.source_note


@command.command()
@stack_argument
@output_option
@pass_cli
def show(cli: Cli, stack: str, output: str) -> None:
    """Everything about STACK, and why nothing happens to it, or what will."""
    try:
        _show(cli, stack, output)
    except StackNotFound:
        show_newcomer(cli, stack, output)


def _show(cli: Cli, stack: str, output: str) -> None:
    people = cli.app.settings.approvals.people
    with cli.app.store.reading() as reader:
        facts = one_stack(reader, cli.app.settings, cli.app.clock, cli.app.disk.shortage(), stack)
        runs = reader.runs(RunFilter(stack=stack, limit=5))
        report = reader.current_report(stack)
        probe = reader.probe(stack)
        peaks = {kind: reader.peak_memory(stack, kind) for kind in Kind}
        terms = terms_view(stack_terms(cli.app.settings, reader, facts.stack), people)
        partly = partly_applied(reader, stack)
    decisions = explain(facts.view)
    if output == "json":
        details = shapes.stack_details(facts, decisions, runs, report, probe, partly)
        memory = {kind.value: peak for kind, peak in peaks.items()}
        cli.console.json({**details, "peak_memory": memory, "terms": document(terms)})
        return
    cli.console.data(*_details(facts, decisions, report, probe, peaks, terms_rows(terms), partly))
    if facts.view.lock is not None:
        cli.console.hint(facts.view.lock.way_out)
    if runs:
        cli.console.data("")
        cli.console.table(("RUN", "KIND", "STATE", "WHEN", "REASON"), [_short(run, facts) for run in runs])


def _short(run: Run, facts: StackFacts) -> list[Cell | str]:
    return [run.name, run.kind.value, cells.state(run), ago(run.changed_at, facts.view.now), run.reason]


def _details(
    facts: StackFacts,
    decisions: tuple[Decision, Decision],
    report: DriftReport | None,
    probe: ProbeRecord,
    peaks: Mapping[Kind, int | None],
    terms: Sequence[tuple[str, list[Cell | str]]],
    partly: Sequence[Partly] = (),
) -> list[Line]:
    stack, now = facts.stack, facts.view.now
    definition, (health, why) = stack.definition, facts.health
    applied = stack.applied_revision[:12] if stack.applied_revision else "nothing yet"
    labels = ", ".join(f"{key}={value}" for key, value in sorted(definition.labels.items()))
    standing = facts.standing
    rows: list[tuple[str, list[Cell | str]]] = [
        ("source", [f"{stack.source}: {stack.file}, root module {stack.module_path}"]),
        ("renamed", [f"from {stack.renamed_from}" if stack.renamed_from else ""]),
        ("state", [f"managed, in the folder of {stack.folder}" if stack.folder != stack.name else ""]),
        ("left", [stack.left or ""]),
        ("labels", [labels]),
        ("engine", [f"{definition.engine}, workspace {definition.terraform_workspace}"]),
        ("depends on", [", ".join(definition.depends_on)]),
        ("revision", [f"{facts.branch or '?'}@{stack.revision[:12]}, applied: {applied}"]),
        ("partly", [", ".join(f"{one.revision[:12]} by {one.run} ({one.outcome})" for one in partly)]),
        ("sync", [cells.SYNC[stack.sync], f"  {facts.sentence}"]),
        (
            "inputs",
            [Cell("not fully known", "yellow"), f"  {'; '.join(stack.unknown_inputs)}"]
            if stack.unknown_inputs
            else [""],
        ),
        ("drift", [cells.drift(stack), f"  checked {ago(stack.checked_at, now)}; {decisions[1].sentence}"]),
        ("checks", [Cell("; ".join(_failing(check, now) for check in stack.failing_checks), "yellow")]),
        ("last check", [cells.probe(probe) if probe.checked else ""]),
        ("health", [cells.HEALTH[health], f"  {why}" if why else ""]),
        ("note", [facts.source_note]),
        ("report", [report.name if report else ""]),
        ("approvals", [given(standing) if standing else ""]),
        *terms,
        ("memory", [", ".join(f"{kind} {format_size(peak)}" for kind, peak in peaks.items() if peak)]),
        ("next check", [words.next_check(stack, now) if stack.applied_revision else ""]),
    ]
    return [
        Cell(stack.name, "bold"),
        *(
            [Cell(f"  {name:<11} ", "dim"), *value]
            for name, value in rows
            if any(_text(part) for part in value)
        ),
    ]


def _failing(check: FailingCheck, now: datetime) -> str:
    return f"{check}, first seen {ago(check.since, now)}"


def _text(part: Cell | str) -> str:
    return part.text if isinstance(part, Cell) else part


@command.command("accept-state")
@stack_argument
@reason_option()
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_cli
def accept_state(cli: Cli, stack: str, reason: str, yes: bool) -> None:
    """Say that the state of STACK was moved to where the newest revision keeps it. Driftline moves nothing itself."""
    from runner.service.operator.accept_state import accept_state, proposed_state

    identity = proposed_state(cli.app.control, cli.app.poller, stack)
    cli.console.say(f"{stack} would keep its state in {identity}.")
    if not yes:
        ask("Is its state there?", wish="accepted")
    accept_state(cli.app.control, cli.app.workspaces, stack, identity, cli.person, reason)
    cli.console.say(f"{stack} keeps its state there from now on.")
    cli.console.hint(f"driftline plan {stack}")
