"""A git command starts git, and nothing besides."""

import json
import os
import subprocess
import sys
from pathlib import Path

ASKS = """
import json, os, sys
from pathlib import Path
from runner.source.command import Call, run
run(Call(("git", "rev-parse"), Path(sys.argv[1]), 10.0))
print(json.dumps([name for name in os.environ if name.startswith("GIT_")]))
"""


def test_the_first_git_command_of_a_process_starts_no_other_and_leaves_no_variable(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text(f'#!/bin/sh\necho "$@" >> {notes}\n')
    git.chmod(0o755)
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        [sys.executable, "-c", ASKS, str(tmp_path)],
        env={**environment, "PATH": f"{git.parent}:{os.environ['PATH']}"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert notes.read_text().split() == ["rev-parse"]
    assert json.loads(done.stdout) == []
