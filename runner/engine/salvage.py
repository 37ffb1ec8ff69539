"""What an apply could not save: taken out of folders that others use and that are removed."""

import json
from pathlib import Path

from runner.engine.json_output import JsonOutput
from runner.engine.session import Session
from runner.files import LARGEST_STATE, private_folder, read_foreign
from runner.model.plan import Diagnostic


def salvage(session: Session, exit_code: int | None, output: JsonOutput, lineage: object) -> tuple[Path, ...]:
    """Terraform leaves the state in its working folder, or prints it where that fails too (once, with its secrets).

    `lineage` is that of the state that the plan was made on: another stack may apply the same module, and leave its own
    there. May be done again: what was saved before is found again.
    """
    workspace = session.execution.workspace
    folder = workspace.data.with_name("salvage")
    errored = workspace.module / "errored.tfstate"
    if exit_code != 0 and errored.is_file() and not errored.is_symlink() and _is_of(errored, lineage):
        errored.chmod(0o600)
        errored.replace(private_folder(folder) / f"{session.execution.run}.{errored.name}")
    printed = session.control / "apply.jsonl"
    if exit_code != 0 and output.other_lines and printed.is_file():
        kept = private_folder(folder) / f"{session.execution.run}.{printed.name}"
        kept.unlink(missing_ok=True)
        kept.hardlink_to(printed)
    return tuple(sorted(folder.glob(f"{session.execution.run}.*")))


def _is_of(errored: Path, lineage: object) -> bool:
    """Also where that can not be told: better kept with the wrong stack than lost with the tree."""
    try:
        found = json.loads(read_foreign(errored, LARGEST_STATE)).get("lineage")
    except (OSError, ValueError, AttributeError):
        return True
    return not lineage or not found or found == lineage


def how_to_save(path: Path) -> Diagnostic:
    if path.suffix == ".tfstate":
        detail = f"Look at it, then: terraform state push {path}"
    else:
        detail = "It holds output that is not JSON, perhaps a state with its secrets."
    return Diagnostic("error", f"What terraform could not save was kept in {path}", detail)
