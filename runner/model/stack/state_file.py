"""State files that an apply could not save or damaged, and the commands that repair them."""

from pathlib import Path
from shlex import quote

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class TornState:
    """A managed state that is empty or truncated, and its newest copy. `problem`: why that could not be restored."""

    state: Path
    copy: Path
    problem: str = ""

    @property
    def command(self) -> str:
        return copy_command(self.copy, self.state)


def copy_command(saved: Path, state: Path) -> str:
    return f"cp {quote(str(saved))} {quote(str(state))}"


def save_command(saved: Path, managed: Path | None) -> str:
    """The command that stores a state: into a managed file, or to its backend from a checkout of the stack."""
    return f"terraform state push {quote(str(saved))}" if managed is None else copy_command(saved, managed)


def push_command(stack: str, saved: Path) -> str:
    """The same for a managed state that is served, from wherever the saved one is."""
    return f"driftline state push {stack} {quote(str(saved))}"


def torn_sentence(torn: TornState) -> str:
    if torn.problem:
        return f"it left the state damaged, and restoring the copy failed ({torn.problem}): {torn.command}"
    return f"it left no state, so the previous one was restored from {torn.copy}; it lacks everything this apply created"
