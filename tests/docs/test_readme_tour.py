"""The README's tour is what really happens: every command is run, every line of output that it shows is looked for."""

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def tour() -> list[tuple[str, list[str]]]:
    """Commands of the tour's console block, each with the lines of output that are shown below it."""
    section = README.read_text().split("## A tour", 1)[1]
    block = section.split("```console\n", 1)[1].split("```", 1)[0]
    steps: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:].split("  # ")[0], []))
        elif line.strip() and line.strip() != "...":
            steps[-1][1].append(line)
    return steps


QUESTION = b"Type `yes`"


def as_person(command: str, folder: Path) -> tuple[int, str]:
    """Run it on a terminal and answer its question with yes."""
    ours, theirs = pty.openpty()
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TERM": "dumb",
        "COLUMNS": "140",
        **{
            f"GIT_{who}_{what}": "ana@example.com"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    process = subprocess.Popen(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    output = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        # What was typed before the question would answer nothing.
        if QUESTION in output + chunk and QUESTION not in output:
            os.write(ours, b"yes\n")
        output += chunk
    os.close(ours)
    return process.wait(), output.decode().replace("\r\n", "\n")


def folded(text: str) -> str:
    """Without what differs each time: widths, ids of commits, times, who is logged in."""
    text = re.sub(r"\b[0-9a-f]{7,64}\b", "HEX", text)
    text = re.sub(r"(just now|\bin \d+ \w+|\d+ \w+ ago|\d+\.\d s)", "WHEN", text)
    text = re.sub(r"approved by \S+", "approved by WHO", text)
    return re.sub(r"[ \t]+", " ", text)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")
def test_every_command_of_the_tour_does_what_the_readme_shows(tmp_path: Path) -> None:
    steps = tour()
    assert len(steps) > 5
    folder = tmp_path
    for command, shown in steps:
        if command.startswith("cd "):
            folder /= command.removeprefix("cd ")
            continue
        code, output = as_person(command, folder)
        assert code == 0, f"{command}\n{output}"
        for line in shown:
            assert folded(line).strip() in folded(output), f"{command} does not print {line!r}:\n{output}"
