"""What a plan is made with, measured on the engine's side, so that an approval can be bound to it."""

import json
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from runner.engine.argv import PlanOptions, plan_argv
from runner.engine.binary import binary_digest
from runner.engine.environment import CREDENTIALS
from runner.engine.given import given
from runner.engine.measured import Measured
from runner.engine.session import Session
from runner.files import LARGEST_STATE
from runner.model.binding import EngineFacts


def facts_of(session: Session, plan_file: Path) -> EngineFacts:
    """Of a plan that was just made, or of one that is about to be applied, after `init` in both cases.

    Files were measured before the plan ran, since it can write into its module's folder.
    """
    measured = session.measured or Measured()
    state = state_in(plan_file)
    return EngineFacts(
        engine=session.row.name,
        version=session.version,
        binary=binary_digest(session.binary, session.cli_config.parent),
        argv=_argv(session),
        var_files=measured.var_files,
        # A role's credentials take the place of others, and planning and applying may have different roles.
        environment=tuple(
            sorted(
                name
                for name in session.environment
                if not any(fnmatchcase(name, pattern) for pattern in CREDENTIALS)
            )
        ),
        given=given(session.environment, session.execution.stack.aws, session.execution.key),
        lock_file=measured.lock_file,
        modules=measured.modules,
        lineage=state.lineage,
        serial=state.serial,
        resources=state.resources,
    )


def _argv(session: Session) -> tuple[str, ...]:
    """The plan's options; without the folders of one run, and without how long it waits for locks."""
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


# The state that the plan was made on


@dataclass(frozen=True)
class StateMark:
    lineage: str = ""
    serial: int | None = None
    resources: int | None = None


def state_in(plan_file: Path) -> StateMark:
    """A plan file is a zip with that state in it; unknown where it is encrypted, as OpenTofu can do it."""
    try:
        with zipfile.ZipFile(plan_file) as archive:
            if archive.getinfo("tfstate").file_size > LARGEST_STATE:
                return StateMark()
            state = json.loads(archive.read("tfstate"))
        return StateMark(str(state["lineage"]), int(state["serial"]), _count(state["resources"]))
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile):
        return StateMark()


def _count(resources: list[dict[str, Any]]) -> int:
    return sum(len(one["instances"]) for one in resources if one["mode"] == "managed")
