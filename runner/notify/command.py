"""Commands of the operator: a message as JSON on standard input, confined as scanners are, and with an end."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from runner.errors import DriftlineError, NotDelivered
from runner.model.notify.document import event_document
from runner.model.notify.message import Message
from runner.model.settings.notifications import VARIABLE
from runner.model.values.frozen import dataclass
from runner.process.program import Ended, Program, Surround, module, run_program

SECONDS = 30
MEMORY = 1 << 30
FILES = 64 << 20  # bytes of one file that it may write


@dataclass(frozen=True)
class Command:
    """Words such as `TOKEN=...` before the program are its environment: arguments are visible to all users."""

    name: str
    words: tuple[str, ...] = field(repr=False)
    source: str
    surround: Surround
    env: Mapping[str, str]

    def send(self, message: Message) -> None:
        document = json.dumps(event_document(message, self.name, self.source)).encode()
        own, argv = split(self.words)
        ended = start(argv, {**self.env, **own}, document, self.surround)
        code = ended.finished.exit_code
        # Not what it wrote, which may contain a secret of its own.
        if ended.problem or code:
            raise NotDelivered(f"{Path(argv[0]).name}: {ended.problem or f'exit code {code}'}")

    def flaws(self) -> Iterator[str]:
        _, argv = split(self.words)
        if not argv or not os.access(argv[0], os.X_OK):
            yield f"{argv[0] if argv else 'the program'} is not there, or not executable"


def split(words: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The environment before the program, and the program with its arguments."""
    own: dict[str, str] = {}
    for index, word in enumerate(words):
        variable = VARIABLE.fullmatch(word)
        if variable is None:
            return own, words[index:]
        own[variable[1]] = variable[2]
    return own, ()


def start(argv: tuple[str, ...], env: Mapping[str, str], stdin: bytes, surround: Surround) -> Ended:
    """Run it to its end; NotDelivered if it cannot be started."""
    limited = module("runner.process.limited", f"{SECONDS}", f"{MEMORY}", f"{FILES}")
    with tempfile.TemporaryDirectory(prefix="driftline-notify-") as folder:
        place = Path(folder).resolve()
        program = Program(
            (*limited, *argv),
            place,
            {**env, "HOME": str(place), "TMPDIR": str(place)},
            SECONDS,
            read=(Path(argv[0]),),
            write=(place,),
            network=True,
            stdin=stdin,
        )
        try:
            return run_program(program, surround, None)
        except (DriftlineError, OSError, ValueError) as error:
            raise NotDelivered(f"{Path(argv[0]).name} cannot be started: {error}") from None
