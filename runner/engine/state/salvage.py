"""States that an apply could not save, moved out of folders that are shared and removed."""

from pathlib import Path

from runner.engine.json_output import JsonOutput
from runner.engine.session import Session
from runner.engine.state.mark import saved_state
from runner.host.files import private_folder
from runner.model.changes.changes import Diagnostic
from runner.model.stack.state_file import push_command, save_command
from runner.model.values.frozen import dataclass

# A person is asked to save files ending with `.tfstate`, and this one has nothing to save.
DAMAGED = ".damaged"


@dataclass(frozen=True)
class Salvage:
    """`damaged` are rescue copies without a state: a full disk leaves them empty."""

    kept: tuple[Path, ...]
    damaged: tuple[Path, ...]

    @property
    def doubt(self) -> str:
        if not self.damaged:
            return ""
        size = self.damaged[0].stat().st_size
        return f"it could not save its state, and the rescue copy it left is damaged ({size} bytes)"


def salvage(session: Session, output: JsonOutput, lineage: object) -> Salvage:
    """Terraform leaves the state in its working folder, or prints it if that fails too (once, with its secrets).

    `lineage` is that of the state that the plan was based on: another stack may apply the same module, and
    leave its own there. It may be repeated: a saved copy is found again.
    """
    workspace = session.execution.workspace
    folder = workspace.data.with_name("salvage")
    errored = workspace.module / "errored.tfstate"
    if errored.is_file() and not errored.is_symlink():
        found = saved_state(session, errored)
        # Also if unknown: better kept with the wrong stack than lost with the tree.
        if not lineage or found is None or found.lineage in {"", lineage}:
            ending = DAMAGED if found is None else ""
            errored.chmod(0o600)
            errored.replace(private_folder(folder) / f"{session.execution.run}.{errored.name}{ending}")
    printed = session.control / "apply.jsonl"
    if output.other_lines and printed.is_file():
        kept = private_folder(folder) / f"{session.execution.run}.{printed.name}"
        kept.unlink(missing_ok=True)
        kept.hardlink_to(printed)
    all_kept = sorted(folder.glob(f"{session.execution.run}.*"))
    return Salvage(
        tuple(path for path in all_kept if path.suffix != DAMAGED),
        tuple(path for path in all_kept if path.suffix == DAMAGED),
    )


def how_to_save(path: Path, session: Session) -> Diagnostic:
    if path.suffix == ".tfstate":
        served = session.execution.served is not None
        stack = session.execution.stack.name
        command = push_command(stack, path) if served else save_command(path, session.state)
        detail = f"Review it, then: {command}"
    else:
        detail = "It holds output that is not JSON, perhaps a state with its secrets."
    return Diagnostic("error", f"The output that terraform could not save is in {path}", detail)
