"""The table of channels: each has a file here and a row below."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field

from runner.errors import NotDelivered
from runner.model.notify.message import Message
from runner.model.settings.notifications import Notification
from runner.model.values.frozen import dataclass
from runner.notify.apprise import Apprise
from runner.notify.command import Command
from runner.notify.target import Target, target
from runner.notify.templates import Templates
from runner.notify.webhook import Webhook
from runner.ports.notify import Channel
from runner.process.program import Surround


@dataclass(frozen=True)
class Surroundings:
    """What channels may use. `environ` has secrets; `env` is all that a process of a channel inherits."""

    environ: Mapping[str, str] = field(repr=False)
    env: Mapping[str, str] = field(repr=False)
    surround: Surround
    allowed: Collection[str]
    source: str


@dataclass(frozen=True)
class Kind:
    """`serves` is asked with the target, whose secrets are resolved."""

    serves: Callable[[Notification, Target], bool]
    make: Callable[[Notification, Target, Surroundings], Channel]


# The first that serves it.
KINDS = (
    Kind(
        lambda of, _: not isinstance(of.to, str),
        lambda of, to, by: Command(of.name, to.words, by.source, by.surround, by.env),
    ),
    Kind(
        lambda _, to: to.words[0].partition("://")[0] in {"https", "http"},
        lambda of, to, by: Webhook(of.name, to.words[0], by.source, by.allowed),
    ),
    Kind(
        lambda _of, _to: True,
        lambda of, to, by: Apprise(to, Templates(of.templates), by.allowed, by.surround, by.env),
    ),
)


@dataclass(frozen=True)
class Resolving:
    """A channel whose secrets are looked up for each message."""

    settings: Notification
    by: Surroundings

    def send(self, message: Message) -> None:
        self._resolved().send(message)

    def flaws(self) -> Iterator[str]:
        try:
            yield from self._resolved().flaws()
        except NotDelivered as error:
            yield error.message

    def _resolved(self) -> Channel:
        to = target(self.settings.to, self.by.environ)
        kind = next(kind for kind in KINDS if kind.serves(self.settings, to))
        return kind.make(self.settings, to, self.by)
