"""The work tree on disk that a command is about, and the configuration that names it."""

from contextlib import suppress
from pathlib import Path

IGNORED = "driftline-data/"


def repository_of(folder: Path) -> Path | None:
    """The work tree that the folder is in."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def branch_of(repository: Path) -> str:
    """The branch that is checked out there; `main` if that is unknown."""
    with suppress(OSError):
        name = (repository / ".git" / "HEAD").read_text().strip().removeprefix("ref: refs/heads/")
        if not name.startswith("ref:") and len(name) != 40:
            return name
    return "main"


def address_of(repository: Path) -> str:
    """As `url` of a source: a path with a space in it is no address, and git reads the escaped form."""
    from runner.config.git_address import url_flaw

    return repository.as_uri() if url_flaw(str(repository)) else str(repository)


def leave_out_data(file: Path) -> None:
    """Add the data directory to what git leaves out: it holds plans and state."""
    lines = file.read_text().splitlines() if file.exists() else []
    if IGNORED not in lines:
        file.write_text("\n".join([*lines, IGNORED, ""]))
