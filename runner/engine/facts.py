"""The inputs of a plan, measured on the engine's side, so that an approval can be bound to them."""

from fnmatch import fnmatchcase
from pathlib import Path

from runner.engine.argv import PlanOptions, plan_argv
from runner.engine.environment import CREDENTIALS
from runner.engine.input_files import Measured
from runner.engine.outside_reads import outside
from runner.engine.passed_in import given
from runner.engine.session import Session
from runner.engine.state.encrypted import encrypted_mark
from runner.engine.state.mark import state_of
from runner.engine.versions.record import binary_digest
from runner.model.approval.binding import EngineFacts


def facts_of(session: Session, plan_file: Path) -> EngineFacts:
    """For a plan that was just made, or one that is about to be applied, after `init` in both cases.

    Files were measured before the plan ran, since it can write into its module's folder.
    """
    measured = session.measured or Measured()
    state = state_of(session, plan_file)
    if not state.lineage:
        state = encrypted_mark(session, plan_file) or state
    return EngineFacts(
        engine=session.row.name,
        version=session.version,
        binary=binary_digest(session.binary, session.cli_config.parent),
        argv=_argv(session),
        var_files=measured.var_files,
        # A role's credentials replace others, and planning and applying may have different roles.
        environment=tuple(
            sorted(
                name
                for name in session.environment
                if name not in session.contexts.variables
                and not any(fnmatchcase(name, pattern) for pattern in CREDENTIALS)
            )
        ),
        given=(
            *given(_without_contexts(session), session.execution.stack.aws, session.execution.key),
            *session.contexts.marks,
            *outside(session),
        ),
        lock_file=measured.lock_file,
        modules=measured.modules,
        lineage=state.lineage,
        serial=state.serial,
        resources=state.resources,
        state_version=state.version,
    )


def _without_contexts(session: Session) -> dict[str, str]:
    """The environment but for what contexts set: their marks are the same for planning and for applying."""
    return {
        name: value for name, value in session.environment.items() if name not in session.contexts.variables
    }


def _argv(session: Session) -> tuple[str, ...]:
    """The plan's options; without a run's own folders and its lock timeout."""
    execution = session.execution
    options = PlanOptions(
        out=Path("PLAN"),
        state=Path("STATE") if session.state is not None else None,
        lock_timeout=0 if execution.lock else None,
        parallelism=execution.stack.parallelism,
        var_files=tuple(Path(file.name) for file in session.var_files()),
        targets=execution.targets,
        destroy=execution.destroy,
    )
    return plan_argv(Path(session.row.name), options)
