from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from trees import Tree, plant

from runner.cli.main import main


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Tree], Path]:
    """Makes a repository, and stands in it."""

    def made(tree: Tree) -> Path:
        top = plant(tmp_path / "infra", tree)
        monkeypatch.chdir(top)
        return top

    monkeypatch.delenv("DRIFTLINE_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return made


@pytest.fixture
def driftline() -> Callable[..., Result]:
    def call(*words: str, **more: Any) -> Result:
        return CliRunner().invoke(main, list(words), **more)

    return call
