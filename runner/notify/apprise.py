"""Mail, chats and about 130 other services by Apprise, which runs in a process of its own.

Its plugins read hostile answers, follow redirects and connect wherever their address says. There they can be
stopped, and reach no more than `apprise_process.py` lets them.
"""

import json
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from importlib.util import find_spec
from typing import Any

from runner.errors import NotDelivered
from runner.model.notify.message import Message
from runner.model.values.frozen import dataclass
from runner.notify.command import start
from runner.notify.target import Target
from runner.notify.templates import ENDINGS, Templates
from runner.process.program import Surround

_HANDED = ("LANG", "PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class Apprise:
    target: Target = field(repr=False)
    templates: Templates
    allowed: Collection[str]
    surround: Surround
    env: Mapping[str, str]

    def send(self, message: Message) -> None:
        if problem := self._missing() or self._asked(self._sending(message)):
            raise NotDelivered(problem)

    def flaws(self) -> Iterator[str]:
        if problem := self._missing() or self._asked({}):
            yield problem
        yield from self.templates.flaws()

    def _missing(self) -> str:
        here = all(map(find_spec, ("apprise", "jinja2")))
        return "" if here else "this address needs an extra: pip install 'driftline[notify]'"

    def _sending(self, message: Message) -> dict[str, Any]:
        return {
            "level": message.level,
            "conversation": message.conversation,
            "title": self.templates.title(message),
            "bodies": {form: self.templates.body(message, form) for form in ENDINGS},
        }

    def _asked(self, asked: Mapping[str, Any]) -> str:
        """What the process says is wrong, without secrets."""
        asked = {"address": self.target.words[0], "allowed": list(self.allowed), **asked}
        argv = (sys.executable, "-I", "-m", "runner.notify.apprise_process")
        env = {name: self.env[name] for name in _HANDED if name in self.env}
        ended = start(argv, env, json.dumps(asked).encode(), self.surround)
        return ended.problem or _problem(ended.stdout, self.target)


def _problem(answer: bytes, target: Target) -> str:
    """Of what the process wrote, without secrets; empty if it sent the message."""
    try:
        found = json.loads(answer)
        return target.without(str(found["problem"]), but=str(found["host"]))
    except (ValueError, TypeError, KeyError):
        return "the process that sends it has failed"
