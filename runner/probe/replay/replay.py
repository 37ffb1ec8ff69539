"""Ask the providers of a recorded check again, without terraform, until an answer differs.

A plan follows from the code, the state, the environment, the programs and what providers answer. If all but the answers
are known to be equal, and each answer is, terraform would ask the same again and come to the same plan.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner.host.files import private_folder
from runner.probe.folders import own_folder
from runner.probe.installed import Installed
from runner.probe.recording import Asked, Conversation, Recorded
from runner.probe.replay.link import Link
from runner.probe.replay.process import Patience, Process, counted, started
from runner.probe.replay.shared import Asker, SharedProviders
from runner.process.run import Command

# A request with such a text may name a file of the stack's own folder, which only a process of its own is in.
_RELATIVE = b"./"
# A digest of these with everything else that has to be equal.
Key = Callable[..., str]
# The command whose surroundings a shared process gets, in a folder of its own; what it needs is ended with it.
CommandIn = Callable[[Installed, Path, ExitStack], Command]


class Differs(Exception):
    """An answer is not the recorded one"""

    def __init__(self, asked: Asked) -> None:
        super().__init__(f"the answer for {asked.type} differs")
        self.asked = asked


@dataclass(frozen=True)
class Alone:
    """Each configuration gets a process of its own for this check. `command` makes terraform's, while it is needed."""

    folder: Path  # which no run can write to
    command: Callable[[], AbstractContextManager[Command]]

    @contextmanager
    def serving(self, installed: Installed, *_: object) -> Iterator[Process]:
        with ExitStack() as ends:
            own = ends.enter_context(own_folder(private_folder(self.folder)))
            process = started(installed, ends.enter_context(self.command()), own, self.folder)
            ends.callback(process.end)
            yield ends.enter_context(counted(process))


@dataclass(frozen=True)
class Together:
    """Checks with equal keys ask the same process. `key` digests what is equal besides package and configuration."""

    alone: Alone
    shared: SharedProviders
    key: Key
    command: CommandIn
    asker: Asker
    apart: frozenset[str]  # addresses of providers that are not shared

    @contextmanager
    def serving(
        self, installed: Installed, conversation: Conversation, patience: Patience
    ) -> Iterator[Process]:
        asked = conversation.configured
        if installed.address in self.apart or any(
            _RELATIVE in one.request for one in (asked, *conversation.calls)
        ):
            with self.alone.serving(installed) as own:
                yield own
            return

        def start(own: Path, ends: ExitStack) -> Process:
            return started(installed, self.command(installed, own, ends), own, self.alone.folder)

        def configure(process: Process) -> bytes:
            with process.link(patience) as link:
                [(_, answer)] = link.answers([(asked.method, asked.request)])
            return answer

        key = self.key(installed.checksum.encode(), asked.method.encode(), asked.request)
        with self.shared.lent(key, self.asker, start, configure) as process:
            yield process


def replay(
    providers: Sequence[Installed],
    recorded: Sequence[Recorded],
    key: bytes,
    serving: Alone | Together,
    patience: Patience,
) -> int:
    """The number of equal answers; Differs at the first other one, LinkFailed or OSError if a provider gives none."""
    with ExitStack() as ends:
        # All are started before the first is waited for.
        asked = [
            (conversation, ends.enter_context(serving.serving(installed, conversation, patience)))
            for installed, one in zip(providers, recorded, strict=True)
            for conversation in one.conversations
        ]
        return sum(_compared(conversation, process, key, patience) for conversation, process in asked)


def _compared(conversation: Conversation, process: Process, key: bytes, patience: Patience) -> int:
    with process.link(patience) as link:
        first = conversation.configured
        if process.configured is None:
            compare(link, (first,), key)
        elif not first.answered.is_of(key, first.method, process.configured):
            raise Differs(first)
        return 1 + compare(link, conversation.calls, key)


def compare(link: Link, asked: Sequence[Asked], key: bytes) -> int:
    """As many as were asked; Differs otherwise."""
    for number, answer in link.answers([(one.method, one.request) for one in asked]):
        one = asked[number]
        if not one.answered.is_of(key, one.method, answer):
            raise Differs(one)
    return len(asked)
