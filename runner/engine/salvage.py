"""What an apply could not save: moved out of folders that others use and that are removed."""

from pathlib import Path

from runner.engine.json_output import JsonOutput
from runner.engine.session import Session
from runner.files import private_folder
from runner.model.plan import Diagnostic
from runner.process import Finished


def salvage(session: Session, finished: Finished, output: JsonOutput) -> tuple[Path, ...]:
    """Terraform leaves the state in its working folder, or prints it where that fails too (once, with its secrets)."""
    workspace = session.execution.workspace
    found = [workspace.module / "errored.tfstate"]
    if finished.exit_code != 0 and output.other_lines:
        found.append(session.scratch / "apply.jsonl")
    saved = []
    for path in found:
        if path.is_file():
            folder = private_folder(workspace.data.with_name("salvage"))
            target = folder / f"{session.execution.run}.{path.name}"
            path.chmod(0o600)
            path.replace(target)
            saved.append(target)
    return tuple(saved)


def how_to_save(path: Path) -> Diagnostic:
    if path.suffix == ".tfstate":
        detail = f"Look at it, then: terraform state push {path}"
    else:
        detail = "It holds output that is not JSON, perhaps a state with its secrets."
    return Diagnostic("error", f"What terraform could not save was kept in {path}", detail)
