"""Follows a page of the documentation: types its commands on a terminal, and writes the files that it shows."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
QUESTION = b"Type `yes`"
BLOCK = re.compile(
    r'^```(console|\w+ title="(?P<file>[^"\n]+)")\n(?P<text>.*?)^```', re.MULTILINE | re.DOTALL
)
PLAIN = {"TERM": "dumb", "COLUMNS": "140"}


def readme() -> str:
    """The tour of the README."""
    return (ROOT / "README.md").read_text().split("## A tour", 1)[1].split("\n## ", 1)[0]


def tutorial() -> str:
    """The whole tutorial."""
    return (ROOT / "docs" / "tutorial.md").read_text()


@dataclass(frozen=True)
class Step:
    """A command, the lines that the page shows below it, and what came of it."""

    command: str
    shown: list[str]
    code: int
    output: str


class Reader:
    """Somebody who does what the page says, and answers each question with yes."""

    def __init__(self, folder: Path, terminal: dict[str, str] = PLAIN) -> None:
        self.folder = folder
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **terminal,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **{
                f"GIT_{who}_{what}": "ana@example.com"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }

    def follow(self, page: str) -> Iterator[Step]:
        """Every command of the page that is more than `cd` and `export`, after it was run."""
        for block in BLOCK.finditer(page):
            if block["file"]:
                (self.folder / block["file"]).write_text(block["text"])
                continue
            for command, shown in commands(block["text"]):
                if command.startswith("cd "):
                    self.folder /= command.removeprefix("cd ")
                elif command.startswith("export "):
                    name, value = command.removeprefix("export ").split("=", 1)
                    self.environment[name] = self.run(f"echo {value}")[1].strip()
                else:
                    yield Step(command, shown, *self.run(command))

    def run(self, command: str) -> tuple[int, str]:
        """Exit code and output of a command on a terminal."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        output = b""
        for chunk in _chunks(ours):
            # What was typed before the question would answer nothing.
            if QUESTION in output + chunk and QUESTION not in output:
                os.write(ours, b"yes\n")
            output += chunk
            self.hear(chunk)
        os.close(ours)
        return process.wait(), output.decode().replace("\r\n", "\n")

    def hear(self, chunk: bytes) -> None:
        """Called with each piece of output as it comes."""


def _chunks(terminal: int) -> Iterator[bytes]:
    """What is printed, until the other end is closed, which reads as an error or as nothing."""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            return
        if not chunk:
            return
        yield chunk


def commands(block: str) -> list[tuple[str, list[str]]]:
    """Commands of a console block, each with the lines of output that are shown below it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:].split("  # ")[0].rstrip(), []))
        elif line.strip() and line.strip() != "...":
            found[-1][1].append(line)
    return found


def folded(text: str) -> str:
    """Without what differs each time: widths, ids of commits, times, who is logged in."""
    text = re.sub(r"\b[0-9a-f]{7,64}\b", "HEX", text)
    text = re.sub(r"(just now|\bin \d+ \w+|\d+ \w+ ago|\d+\.\d s)", "WHEN", text)
    text = re.sub(r"approved by \S+", "approved by WHO", text)
    return re.sub(r"[ \t]+", " ", text)
