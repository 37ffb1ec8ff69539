"""The installation that pages are measured on. It takes ten seconds to make, so it is kept between runs."""

import hashlib
import inspect
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks import history
from benchmarks import installation as installations
from benchmarks.history import live, new_run
from benchmarks.installation import PERSON, Installation, stacks
from benchmarks.size import Size
from runner.api.caller import Caller
from runner.api.tokens import create_token
from runner.model.audit.actor import DAEMON
from runner.model.changes.changes import Action, AttributeChange, ChangeSet, ResourceChange, Summary
from runner.model.drift.report import DriftClass, Finding
from runner.model.run.life import Event, Run, State
from runner.model.stack.definition import DriftStatus, Pause, Stack
from runner.model.stack.lock import Lock
from runner.ports.records.store import Writer
from runner.store.migrations import STEPS

TOKEN = "bench"
LOG_LINES = 20_000
MORE = f'web: {{access: [{{role: admin, subjects: ["token:{TOKEN}"], stacks: ["**"]}}]}}\n'
NOW = datetime.now(UTC)
CHANGE = ResourceChange(
    "terraform_data.service", "terraform_data", Action.UPDATE, (AttributeChange("input.size", 1, 2),)
)
PLAN = ChangeSet(resources=(CHANGE,) * 40, summary=Summary(update=40))
EACH = 20  # stacks that are drifted, wait for approval, have failed, are locked, are paused


def seeded(size: Size) -> tuple[Installation, str]:
    """With the secret of a token that may see all."""
    place = _place(size)
    made = place / "token"
    if made.exists():
        installation = Installation.found(place)
    else:
        shutil.rmtree(place, ignore_errors=True)
        installation = Installation(place, more=MORE)
        installation.repository.commit(stacks(size.history_stacks))
        installation.poll()
        live(installation, size.history_runs)
        with installation.app.store.writing() as writer:
            _make_lively(writer, iter(writer.stacks()))
        secret = create_token(Caller(installation.app, lambda: PERSON), name=TOKEN).secret
        made.write_text(secret)
    return installation, made.read_text()


def logged_run(installation: Installation) -> Run:
    """A run that goes on, with a long log."""
    with installation.app.store.writing() as writer:
        going_on = (run for run in writer.open_runs() if run.state is State.PLANNING)
        run = next(going_on, None) or _planning(writer, writer.stacks()[-1])
    lines = (f"terraform_data.it[{number}]: Refreshing state... [id={number}]" for number in range(LOG_LINES))
    installation.app.workspaces.log(run.id).write_text("\n".join(lines) + "\n")
    return run


def _place(size: Size) -> Path:
    """Another one for other tables, or when it is made in another way."""
    code = [inspect.getsource(module) for module in (history, installations, inspect.getmodule(_place))]  # type: ignore[arg-type]
    mark = hashlib.sha256(repr((size, STEPS, code)).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"driftline-bench-web-{mark}"


def _make_lively(writer: Writer, stacks: Iterator[Stack]) -> None:
    """What pages show first: all that needs somebody."""
    for stack in islice(stacks, EACH):
        writer.save_check(stack.name, DriftStatus.DRIFTED, "1 changed")
        found = [Finding(CHANGE.address, CHANGE.action, DriftClass.DRIFT, CHANGE.attributes)]
        writer.open_report(stack.name, stack.revision, stack.inputs, found, confirmed=True)
    for stack in islice(stacks, EACH):
        run = _planning(writer, stack)
        writer.save_plan(run.id, PLAN)
        writer.transition(run, Event.OFFER, by=DAEMON, summary=PLAN.summary, plan_digest="0" * 64)
    for stack in islice(stacks, EACH):
        writer.transition(
            _planning(writer, stack), Event.FAIL_PLAN, by=DAEMON, reason="Reference to undeclared resource"
        )
    for stack in islice(stacks, EACH):
        writer.place_lock(Lock(stack.name, PERSON.name, "moving a bucket", NOW), by=PERSON.name)
    for stack in islice(stacks, EACH):
        writer.pause(stack.name, Pause(PERSON.name, "until Monday", NOW), by=PERSON.name)


def _planning(writer: Writer, stack: Stack) -> Run:
    return writer.transition(writer.add_run(new_run(stack)), Event.CLAIM, by=DAEMON)
