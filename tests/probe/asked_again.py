"""Each call of a recorded check by itself, asked again of one provider process: which of their answers are others now."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic

from probe_lab import Stack

from runner.engine.warm.recording import Record
from runner.probe.installed import installed
from runner.probe.recording import Asked, Conversation, unpacked
from runner.probe.replay.process import Patience, Process
from runner.probe.replay.replay import Alone
from runner.process.run import Command

LONGEST = 600.0


@dataclass
class AskedAgain:
    """A replay ends at the first other answer; this asks for all of them."""

    key: bytes
    conversation: Conversation
    process: Process

    @property
    def calls(self) -> tuple[Asked, ...]:
        return self.conversation.calls

    def types(self, mode: str) -> frozenset[str]:
        return of_mode(mode, self.calls)

    def answers(self) -> list[tuple[Asked, bytes]]:
        with self.process.link(patience()) as link:
            calls = [(one.method, one.request) for one in self.calls]
            return [(self.calls[number], answer) for number, answer in link.answers(calls)]

    def others(self) -> tuple[Asked, ...]:
        return tuple(
            one for one, answer in self.answers() if not one.answered.is_of(self.key, one.method, answer)
        )


def of_mode(mode: str, calls: tuple[Asked, ...]) -> frozenset[str]:
    """The types of these calls, `resource` or `data`."""
    return frozenset(name for kind, _, name in (one.type.partition(" ") for one in calls) if kind == mode)


@contextmanager
def asking_again(stack: Stack, content: bytes) -> Iterator[AskedAgain]:
    """What is recorded of a stack with one configuration of one provider."""
    record = Record.unpacked(content)
    [recorded] = unpacked(record.calls)
    [conversation] = recorded.conversations
    key, first = bytes.fromhex(record.key), conversation.configured
    folder = Path(mkdtemp(prefix="dl-"))
    [provider] = installed(stack.folder / ".terraform.lock.hcl", stack.folder / ".terraform", folder / "v")
    command = Command((), stack.folder, dict(stack.environment), folder / "stdout", folder / "stderr")
    with Alone(folder / "alone", lambda: nullcontext(command)).serving(provider) as process:
        with process.link(patience()) as link:
            [(_, answer)] = link.answers([(first.method, first.request)])
        assert first.answered.is_of(key, first.method, answer)
        yield AskedAgain(key, conversation, process)


def patience() -> Patience:
    return Patience(monotonic() + LONGEST, lambda: False)
