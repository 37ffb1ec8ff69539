"""`driftline run`: runs, what they would do, and stopping them."""

import os
import sys
import time
from pathlib import Path

import click

from runner.cli import suggest
from runner.cli.commands import resolve
from runner.cli.ending import both_plans, exit_code
from runner.cli.options import SPAN, Cli, output_option, pass_cli, run_argument
from runner.cli.run_document import run_document
from runner.cli.screen import cells
from runner.cli.screen.evidence import evidence_lines
from runner.cli.screen.output import Cell
from runner.cli.screen.plan_view import (
    applied_look,
    diagnostic_lines,
    fact_lines,
    ignored_facts,
    show_plan,
    terms_facts,
)
from runner.cli.screen.progress import LOOK_SECONDS
from runner.cli.screen.run import run_screen
from runner.errors import BadUsage, NotFound, Timeout
from runner.model.changes.changes import NOTHING_BESIDES, ChangeSet
from runner.model.run.life import Kind, State
from runner.model.values.span import Seconds
from runner.ports.records.runs import RunFilter
from runner.service.approval.terms import run_terms
from runner.service.drift.rules import ignored_by_rule
from runner.service.operator.cancel import cancel as cancel_run
from runner.view import words
from runner.view.run import run_rows
from runner.view.when import ago


@click.group()
def command() -> None:
    """List runs, show them, wait for them and cancel them."""


command.add_command(resolve.command)


@command.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([s.value for s in State]),
    help="Show only runs in this state. Repeatable.",
)
@click.option("--stack", metavar="STACK", shell_complete=suggest.stacks, help="Show only runs of this stack.")
@click.option("--kind", type=click.Choice([k.value for k in Kind]), help="Show only runs of this kind.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="Maximum number of rows."
)
@output_option
@pass_cli
def list_(
    cli: Cli, states: tuple[str, ...], stack: str | None, kind: str | None, limit: int, output: str
) -> None:
    """List runs, newest first."""
    cli.to_list()
    where = RunFilter(
        stack=stack,
        states=frozenset(State(state) for state in states) or None,
        kind=Kind(kind) if kind else None,
        limit=limit,
    )
    with cli.app.store.reading() as reader:
        if stack is not None:
            reader.stack(stack)
        rows = run_rows(reader.runs(where))
    now = cli.app.clock.now()
    cli.present(output, rows, lambda rows: run_screen(rows, now))


@command.command()
@run_argument
@output_option
@pass_cli
def show(cli: Cli, run_id: int, output: str) -> None:
    """Show everything recorded about RUN except its changes, which `run diff` shows."""
    with cli.app.store.reading() as reader:
        run = reader.run(run_id)
        commit = reader.commit(run.source, run.revision)
        approvals, diagnostics = reader.approvals(run_id), reader.diagnostics(run_id)
        evidence, changes, steps = reader.evidence(run_id), reader.changes(run_id), reader.steps(run_id)
        renamed = reader.stack(run.stack).renamed_from
        terms = run_terms(cli.app.settings, reader, run) if run.kind is not Kind.DRIFT else None
        ignored = ignored_by_rule(cli.app.settings, reader, run, changes or ChangeSet())
    if output == "json":
        cli.console.json(run_document(cli.app, run))
        return
    now = cli.app.clock.now()
    by = "; ".join(
        f"{a.person.name} (by {a.person.known_by}) {ago(a.at, now)} {' '.join(a.accepted)} {a.comment}".rstrip()
        for a in approvals
    )
    facts: list[tuple[str, str | Cell]] = [
        ("stack", run.stack),
        (
            "kind",
            f"{run.kind} run, {run.trigger}, requested by {run.requested_by} {ago(run.created_at, now)}",
        ),
        ("state", cells.state(run)),
        ("since", ago(run.changed_at, now)),
        ("reason", run.reason),
        (
            "revision",
            f'{run.revision[:12]} "{commit.subject}" by {commit.author}' if commit else run.revision[:12],
        ),
        (
            "signed by",
            commit.signed_by if commit else "",
        ),
        ("changes", words.changes(run)),
        *terms_facts(terms),
        ("renamed", f"from {renamed}" if renamed and not run.final else ""),
        *ignored_facts(ignored),
        ("planned", f"{ago(run.planned_at, now)}, version {run.engine_version}" if run.planned_at else ""),
        ("steps", words.steps(steps)),
        ("digest", run.plan_digest or ""),
        ("fingerprint", run.fingerprint or ""),
        ("binding", run.binding_digest or ""),
        ("approvals", by),
        ("process", f"pid {run.claim.pid} on {run.claim.host}" if run.claim else ""),
        ("next", f"run-{run.superseded_by}" if run.superseded_by else ""),
        ("report", f"dr-{run.report}" if run.report else ""),
        ("artifacts", ", ".join(cli.app.artifacts.names(run_id))),
    ]
    cli.console.data(Cell(run.name, "bold"), *fact_lines([fact for fact in facts if fact[1]]))
    cli.console.data(*applied_look(changes or NOTHING_BESIDES))
    cli.console.data(*diagnostic_lines(diagnostics))
    cli.console.data(*evidence_lines(evidence))


@command.command()
@run_argument
@click.option("--full", is_flag=True, help="Show full values.")
@output_option
@pass_cli
def diff(cli: Cli, run_id: int, full: bool, output: str) -> None:
    """Show what RUN would do or did; for a superseded run that was re-planned, show both plans."""
    with cli.app.store.reading() as reader:
        run, changes = reader.run(run_id), reader.changes(run_id)
        diagnostics = reader.diagnostics(run_id)
    if output == "json":
        cli.console.json(run_document(cli.app, run))
        return
    both = both_plans(cli, run) if run.state is State.SUPERSEDED else []
    if both:
        cli.console.data(*both)
    elif changes is not None or run.planned_at is not None:
        show_plan(cli.console, run, changes or ChangeSet(), full=full)
        cli.console.data(*diagnostic_lines(diagnostics))
        if run.plan_digest:
            cli.console.data(
                "", *fact_lines([("digest", run.plan_digest), ("fingerprint", run.fingerprint or "")])
            )
    else:
        raise NotFound(
            f"{run.name} is {run.state.in_words} and has no plan", hint=f"driftline run show {run.name}"
        )


@command.command()
@run_argument
@click.option("--timeout", type=SPAN, metavar="SPAN", help="Give up after this time with exit code 7.")
@click.option(
    "--until",
    type=click.Choice(["final", "planned"]),
    default="final",
    show_default=True,
    help="State to wait for.",
)
@output_option
@pass_cli
def wait(cli: Cli, run_id: int, timeout: Seconds | None, until: str, output: str) -> int:
    """Wait for RUN. Exits with 0 if it succeeds, 1 if it fails, and 3 if it is rejected or superseded."""
    began = time.monotonic()
    while True:
        with cli.app.store.reading() as reader:
            run = reader.run(run_id)
        if run.final or (until == "planned" and run.state not in {State.QUEUED, State.PLANNING}):
            break
        if timeout is not None and time.monotonic() - began > timeout:
            raise Timeout(
                f"{run.name} is still {run.state.in_words} after {timeout}",
                hint=f"driftline run show {run.name}",
            )
        time.sleep(LOOK_SECONDS)
    if output == "json":
        cli.console.json(run_document(cli.app, run))
    else:
        cli.console.data([f"{run.name} of {run.stack}: ", cells.state(run)])
    return exit_code(run)


@command.command()
@run_argument
@click.option(
    "--force",
    is_flag=True,
    help="Stop the run even while it applies (infrastructure may be left half changed), and stop processes it left behind.",
)
@pass_cli
def cancel(cli: Cli, run_id: int, force: bool) -> None:
    """Cancel RUN. A waiting run ends immediately; a running one is asked to stop."""
    run = cancel_run(cli.app.control, run_id, cli.person, force=force)
    if run.final:
        told = (
            "canceled"
            if run.state is State.CANCELED
            else f"{run.state.in_words}; the processes it left behind have been stopped"
        )
        cli.console.say(f"{run.name} of {run.stack} is {told}.")
        return
    cli.console.say(f"{run.name} of {run.stack} was asked to stop.")
    cli.console.hint(f"driftline run wait {run.name}")


@command.command()
@run_argument
@click.argument("name", required=False, shell_complete=suggest.artifacts)
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to this file, mode 0600.",
)
@pass_cli
def artifact(cli: Cli, run_id: int, name: str | None, to: Path | None) -> None:
    """Write the artifact NAME of RUN to stdout or a file; without NAME, list all artifacts."""
    if name is None:
        cli.console.data(*cli.app.artifacts.names(run_id))
        return
    content = cli.app.artifacts.get(run_id, name)
    secret = name.endswith((".tfplan", ".secrets"))
    if to is None:
        if secret and sys.stdout.isatty():
            raise BadUsage(
                f"{name} contains secrets",
                hint=f"driftline run artifact run-{run_id} {name} --to FILE",
            )
        sys.stdout.buffer.write(content)
    else:
        _write_private(to, content)
    if secret:
        cli.console.warn(f"{name} contains plaintext secrets; remove it after use")


def _write_private(path: Path, content: bytes) -> None:
    """Never into a file that is there already: it could be readable by others."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadUsage(f"{path} already exists", hint=f"rm {path}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
