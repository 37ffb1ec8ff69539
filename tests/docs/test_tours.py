"""The tours of README and tutorial are what really happens: every command is run, every line of output is looked for."""

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUESTION = b"Type `yes`"
BLOCK = re.compile(
    r'^```(console|\w+ title="(?P<file>[^"\n]+)")\n(?P<text>.*?)^```', re.MULTILINE | re.DOTALL
)


def readme() -> str:
    return (ROOT / "README.md").read_text().split("## A tour", 1)[1].split("\n## ", 1)[0]


def tutorial() -> str:
    return (ROOT / "docs" / "tutorial.md").read_text()


class Reader:
    """Does what the page says: writes the files that have a title, types the commands, answers with yes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
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

    def follow(self, page: str) -> int:
        """How many commands were run."""
        count = 0
        for block in BLOCK.finditer(page):
            if block["file"]:
                (self.folder / block["file"]).write_text(block["text"])
                continue
            for command, shown in steps(block["text"]):
                self.type(command, shown)
                count += 1
        return count

    def type(self, command: str, shown: list[str]) -> None:
        if command.startswith("cd "):
            self.folder /= command.removeprefix("cd ")
            return
        if command.startswith("export "):
            name, value = command.removeprefix("export ").split("=", 1)
            self.environment[name] = self.run(f"echo {value}")[1].strip()
            return
        code, output = self.run(command)
        assert code == 0, f"{command}\n{output}"
        for line in shown:
            assert folded(line).strip() in folded(output), f"{command} does not print {line!r}:\n{output}"

    def run(self, command: str) -> tuple[int, str]:
        """Run it on a terminal and answer its question."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
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


def steps(block: str) -> list[tuple[str, list[str]]]:
    """Commands of a console block, each with the lines of output that are shown below it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:].split("  # ")[0], []))
        elif line.strip() and line.strip() != "...":
            found[-1][1].append(line)
    return found


def folded(text: str) -> str:
    """Without what differs each time: widths, ids of commits, times, who is logged in."""
    text = re.sub(r"\b[0-9a-f]{7,64}\b", "HEX", text)
    text = re.sub(r"(just now|\bin \d+ \w+|\d+ \w+ ago|\d+\.\d s)", "WHEN", text)
    text = re.sub(r"approved by \S+", "approved by WHO", text)
    return re.sub(r"[ \t]+", " ", text)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")
@pytest.mark.parametrize("page", [readme, tutorial], ids=lambda page: page.__name__)
def test_every_command_of_a_tour_does_what_the_page_shows(page: Callable[[], str], tmp_path: Path) -> None:
    assert Reader(tmp_path).follow(page()) > 5
