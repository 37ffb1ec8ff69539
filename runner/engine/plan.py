"""Plan once, and read the result: the document is read only if something changes."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from runner.engine.argv import PlanOptions, plan_argv, show_argv
from runner.engine.document import AT_HAND, Document
from runner.engine.facts import facts_of
from runner.engine.failure import bad_end
from runner.engine.json_output import JsonOutput
from runner.engine.modules.code import code_of
from runner.engine.passed_in import aws_account, places
from runner.engine.session import Session
from runner.engine.state.lock import backend_of
from runner.foreign.budget import Budget
from runner.foreign.read import copy as copy_content
from runner.host.files import PRIVATE_FILE
from runner.model.changes.changes import Diagnostic
from runner.model.changes.diagnostic_text import diagnostic_rows
from runner.model.evaluated.code import UNREAD, Code
from runner.model.evaluated.reading import ROLE, Around
from runner.model.plan.reading import parse_document, understanding
from runner.model.settings.server import Settings
from runner.ports.engine import GENERATED, EngineError, Planned
from runner.process.run import Finished

LARGEST_PLAN = 1 << 30


class Run(Protocol):
    """Runs one engine command to its end, as `Session.run` does."""

    def __call__(
        self, name: str, argv: tuple[str, ...], *, deadline: float | None
    ) -> tuple[Finished, JsonOutput]: ...


def plan(
    session: Session,
    settings: Settings,
    deadline: float,
    *,
    name: str = "plan",
    run: Run | None = None,
) -> tuple[Finished, JsonOutput]:
    """Run `plan` under that name, with its own plan file; `run` instead of the session's own."""
    execution = session.execution
    plan_file = _file(session, name)
    plan_file.unlink(missing_ok=True)
    options = PlanOptions(
        out=plan_file,
        state=session.state,
        # The lock of a local state is a file beside it, where a plan cannot write.
        lock_timeout=round(settings.apply.lock_timeout)
        if execution.lock and backend_of(session) is not None
        else None,
        parallelism=execution.stack.parallelism,
        var_files=session.var_files(),
        targets=execution.targets,
        destroy=execution.destroy,
        generate=session.scratch / GENERATED if execution.generate else None,
    )
    session.journal.write(line for warning in session.given.warnings for line in diagnostic_rows(warning))
    return (run or session.run)(name, plan_argv(session.binary, options), deadline=deadline)


def planned(
    session: Session, finished: Finished, output: JsonOutput, *, name: str = "plan"
) -> Planned | EngineError:
    """The result of a successful plan, without its changes."""
    try:
        plan_file = _taken_over(session, name)
    except OSError:
        error = bad_end(session, name, finished, output)
        diagnostic = Diagnostic("error", f"{session.row.name} plan succeeded but wrote no plan file")
        return replace(error, diagnostics=(*output.diagnostics, diagnostic))
    found = Planned(
        changed=finished.exit_code == 2,
        destroys=output.destroys,
        plan_file=plan_file,
        document=None,
        engine_version=output.version or session.version,
        drifted_addresses=tuple(map(session.redaction.address, output.drifted)),
        diagnostics=(*output.diagnostics, *session.given.warnings),
        warnings=session.given.warnings,
        facts=facts_of(session, plan_file),
        secrets=session.redaction.secrets,
        credentials=session.redaction.credentials,
        context_secrets=session.contexts.secrets,
    )
    if found.changed and session.seal is not None:
        session.made.keep(session.seal)
    return found


def show(
    session: Session, found: Planned, seconds: float, *, name: str = "show", run: Run | None = None
) -> Planned | EngineError:
    """The plan with its changes, in a file of that name until it is read; `run` instead of the session's own."""
    plan_file = found.plan_file
    own = run or replace(session, plan_file=plan_file).run
    shown, said = own(
        name, show_argv(session.binary, plan_file, session.values_for("show")), deadline=seconds
    )
    if shown.exit_code != 0 or not shown.complete:
        return bad_end(session, name, shown, said, seconds)
    around = _around(session)
    shown_file = session.control / f"{name}.jsonl"
    try:
        if shown_file.stat().st_size > AT_HAND:
            apart = Document(session, shown_file, seconds)
            return replace(found, show=None, apart=apart, around=around, shown=shown_file)
        content = shown_file.read_bytes()
        shown_file.unlink()
    except OSError as problem:
        diagnostic = Diagnostic(
            "error", f"what {session.row.name} show wrote cannot be read: {problem.strerror}"
        )
        return replace(bad_end(session, name, shown, said, seconds), diagnostics=(diagnostic,))
    document = parse_document(content)
    with understanding(document):
        count = _count(document.get("prior_state"))
    return replace(found, show=None, document=document, resource_count=count, around=around)


def _around(session: Session) -> Around:
    """What the plan's JSON does not say about where and how it would be applied."""
    execution = session.execution
    aws = execution.stack.aws
    role = aws.apply_role or aws.plan_role or ""
    named = ROLE.match(role)
    return Around(
        code=_code(session),
        places=places(session.environment),
        account=named[1] if named else aws_account(session.environment.get("AWS_ACCESS_KEY_ID", "")),
        role=role,
    )


def _code(session: Session) -> Code:
    if session.seal is None or session.read is None:
        return UNREAD
    return code_of(session.seal.manifest.modules, session.read, session.seal.data, session.row.suffixes)


def _file(session: Session, name: str) -> Path:
    return session.scratch / f"{name}.tfplan"


def _taken_over(session: Session, name: str) -> Path:
    """A copy out of runs' reach: exactly this file is shown, approved and applied, whatever happens to the original."""
    plan_file = _file(session, name)
    copy = session.control / plan_file.name
    copy.unlink(missing_ok=True)
    target = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        copy_content(plan_file, target, Budget(bytes=LARGEST_PLAN, cancel=session.execution.cancel))
    finally:
        os.close(target)
    plan_file.unlink(missing_ok=True)
    return copy


def _count(state: Mapping[str, object] | None) -> int:
    """The number of managed resources in the state."""

    def below(module: Mapping[str, object]) -> int:
        resources, children = module.get("resources"), module.get("child_modules")
        own = sum(r.get("mode") == "managed" for r in resources) if isinstance(resources, list) else 0
        return own + (sum(map(below, children)) if isinstance(children, list) else 0)

    values = (state or {}).get("values")
    root = values.get("root_module") if isinstance(values, dict) else None
    return below(root) if isinstance(root, dict) else 0
