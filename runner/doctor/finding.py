"""How a check reports its result, and what it may read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.app import App
from runner.errors import DriftlineError
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.store.database import FILE_NAME
from runner.view.finding import Finding, State


@dataclass(frozen=True)
class Scene:
    """One installation with its configuration. `deep` allows checks that cost money or leave traces elsewhere."""

    app: App
    deep: bool = False

    @property
    def settings(self) -> Settings:
        return self.app.settings

    @property
    def data_dir(self) -> Path:
        return self.app.settings.data_dir

    @property
    def database(self) -> Path:
        return self.data_dir / FILE_NAME

    @property
    def used(self) -> bool:
        """Whether there is a database: a check must not create one."""
        return self.database.exists()


def ok(check: str, message: str) -> Finding:
    return Finding(check, State.OK, message)


def warn(check: str, message: str, hint: str) -> Finding:
    return Finding(check, State.WARN, message, hint)


def fail(check: str, message: str, hint: str) -> Finding:
    return Finding(check, State.FAIL, message, hint)


def failed(check: str, error: DriftlineError) -> Finding:
    hint = "" if error.hint == "driftline doctor" else error.hint  # it is running already
    return Finding(check, State.FAIL, error.message, hint)


@contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder outside the data directory, which may not exist yet or belong to another user."""
    with TemporaryDirectory(prefix="driftline-doctor-") as folder:
        yield Path(folder)


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
