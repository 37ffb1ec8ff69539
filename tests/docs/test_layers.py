"""The contracts of import-linter, each broken once in a copy: a wall that nothing can break is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A module of the copy, and what it must not import.
FORBIDDEN = (
    ("runner.model.run.life", "runner.service.queue.enqueue"),
    ("runner.view.status", "runner.cli.options"),
    ("runner.view.stack", "runner.store.database"),
    ("runner.service.operator.pause", "runner.datadir.claims"),
    ("runner.service.execution.plan", "runner.ports.records.store"),
    ("runner.service.execution.probe", "runner.model.settings.server"),
    ("runner.service.outcome.plan", "runner.service.execution.plan"),
    ("runner.engine.plan", "runner.store.database"),
)


def test_an_import_against_the_layers_fails_the_lint(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "runner", tmp_path / "runner", ignore=shutil.ignore_patterns("example", "__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, imported in FORBIDDEN:
        path = tmp_path.joinpath(*module.split(".")).with_suffix(".py")
        path.write_text(f"{path.read_text()}\nimport {imported}\n")
    (tmp_path / "runner" / "nowhere.py").write_text("")
    ended = subprocess.run(
        (Path(sys.executable).with_name("lint-imports"), "--no-cache"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "KEPT" not in ended.stdout
    found = ended.stdout.replace(" ", "")
    missed = [one for one in FORBIDDEN if f"{one[0]}->{one[1]}" not in found]
    assert missed == []
    assert "runner.nowhere" in ended.stdout, "a module in no layer passed"
