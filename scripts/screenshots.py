"""Screenshots of the documentation: what the commands of its tours print, rendered by termtosvg."""

import codecs
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tour import ROOT, Reader, readme, tutorial

IMAGES = ROOT / "docs" / "images"
COLUMNS = 110
TEMPLATE = "window_frame"
LONGEST_PAUSE = 0.4  # seconds of an animation in which nothing happens
HIDE_CURSOR = "\x1b[?25l"
TO_TYPE, TO_READ = 0.03, 2.5  # seconds a key, and after each command

Events = list[tuple[float, str]]  # seconds since the one before, and what was printed


@dataclass(frozen=True)
class Screen:
    """An image: the commands of a tour that it shows. One that moves is typed; a still has the last frame alone."""

    name: str
    page: Callable[[], str]
    commands: tuple[str, ...]
    moves: bool = False


SCREENS = (
    Screen(
        "tour",
        readme,
        (
            "driftline daemon --once",
            "driftline approve run-1",
            "driftline apply run-1",
            "driftline drift check --all",
            "driftline status",
        ),
        moves=True,
    ),
    Screen("approve", tutorial, ("driftline approve run-1",)),
    Screen(
        "drift",
        tutorial,
        ('driftline drift check hello || echo "exit code $?"', "driftline drift show dr-1"),
    ),
    Screen("status", tutorial, ("driftline status",)),
)


class Recorder(Reader):
    """Keeps what each command prints, and when."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS)})
        self.events: Events = []
        self._place = str(folder)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._since = 0.0

    def run(self, command: str) -> tuple[int, str]:
        self.events, self._since = [], time.monotonic()
        return super().run(command)

    def hear(self, chunk: bytes) -> None:
        now = time.monotonic()
        # Where the recording was made is nobody's business.
        text = self._decoder.decode(chunk).replace(self._place, "~")
        self.events.append((min(now - self._since, LONGEST_PAUSE), text))
        self._since = now


def record(page: Callable[[], str]) -> dict[str, Events]:
    """Command -> what it printed; of one that comes twice, the first time."""
    recorded: dict[str, Events] = {}
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder))
        for step in recorder.follow(page()):
            if step.code:
                sys.exit(f"{step.command} ended with {step.code}:\n{step.output}")
            recorded.setdefault(step.command, recorder.events)
    return recorded


def typed(commands: Sequence[str], recorded: dict[str, Events]) -> Iterator[tuple[float, str]]:
    """The commands as somebody types them, each with its output."""
    for command in commands:
        yield 0.0, "$ "
        yield from ((TO_TYPE, key) for key in command)
        yield 0.0, "\r\n"
        yield from recorded[command]
        yield TO_READ, ""


def rows(events: Events) -> int:
    """How high a terminal has to be that shows all of it."""
    import pyte  # comes with termtosvg, which tests of the table above do without

    screen = pyte.Screen(COLUMNS, 500)
    pyte.Stream(screen).feed("".join(text for _, text in events))
    return max(number for number, line in enumerate(screen.display, 1) if line.strip())


def cast(events: Events, height: int) -> str:
    """The recording in asciinema's format (asciicast v2)."""
    lines: list[object] = [{"version": 2, "width": COLUMNS, "height": height}]
    now = 0.0
    for pause, text in events:
        now += pause
        lines.append([round(now, 3), "o", text])
    return "\n".join(map(json.dumps, lines)) + "\n"


def render(screen: Screen, recorded: dict[str, Events]) -> None:
    """Write the image of one screen."""
    events = list(typed(screen.commands, recorded))
    if not screen.moves:
        # Without a cursor below the last line, which would push the first command out of sight.
        events = [(0.0, HIDE_CURSOR), (0.0, "".join(text for _, text in events).rstrip())]
    with tempfile.TemporaryDirectory() as scratch:
        recording = Path(scratch) / "recording.cast"
        recording.write_text(cast(events, min(rows(events), 34) if screen.moves else rows(events)))
        target = Path(scratch) / ("moving.svg" if screen.moves else "stills")
        command = ["termtosvg", "render", str(recording), str(target), "--template", TEMPLATE]
        if not screen.moves:
            target.mkdir()
            command.append("--still-frames")
        program = Path(sys.executable).with_name(command[0])
        subprocess.run([program, *command[1:]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        shutil.copyfile(target if screen.moves else max(target.iterdir()), IMAGES / f"{screen.name}.svg")


def main() -> None:
    """Follow each tour once, and write every image."""
    IMAGES.mkdir(exist_ok=True)
    for page in (readme, tutorial):
        recorded = record(page)
        for screen in SCREENS:
            if screen.page is page:
                render(screen, recorded)


if __name__ == "__main__":
    main()
