"""A bubblewrap that ends while it is being started is reported with what it said."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from runner.sandbox.bubblewrap import Door, NotEntered


def gone() -> int:
    """The pid of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("said", "reported"),
    [
        ("bwrap: Can't mount proc: no\n", "Can't mount proc: no"),
        ("", "bubblewrap's first process ended at once"),
    ],
)
def test_a_first_process_that_ended_at_once_is_reported_in_its_words(
    tmp_path: Path, said: str, reported: str
) -> None:
    stderr = tmp_path / "stderr"
    stderr.write_text(said)
    door = Door()
    info, _, _ = door.passed
    os.write(info, json.dumps({"child-pid": gone()}).encode())
    with pytest.raises(NotEntered, match=reported):
        door.enter(str(stderr))
