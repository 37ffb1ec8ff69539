"""Who hears of what: notifications, and which hosts they may reach."""

import re
from dataclasses import field
from pathlib import Path
from typing import Any, ClassVar

from runner.model.stack.definition import STRICT
from runner.model.stack.match import EVERY_STACK, StackMatch
from runner.model.values.frozen import dataclass
from runner.model.values.regex import regex

VARIABLE = regex(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)  # before the program of a command
_REFERENCE = regex(r"\$\{[^}]*\}")


@dataclass(frozen=True)
class Notification:
    """`to` is an address, or a command as a list. References in it are resolved at each delivery, so that a rotated
    secret needs no restart, and a missing one stops nothing but this notification.
    """

    __pydantic_config__: ClassVar[Any] = STRICT
    name: str
    to: str | tuple[str, ...] = field(repr=False)
    topics: tuple[str, ...] = ()
    match: StackMatch = EVERY_STACK
    at_most: str | None = "30/h"
    digest: str | None = None
    templates: Path | None = None

    @property
    def way(self) -> str:
        """What may be shown of `to`: the host of some addresses is a token."""
        if not isinstance(self.to, str):
            return "command"
        return self.to if _REFERENCE.fullmatch(self.to) else self.to.partition("://")[0]


@dataclass(frozen=True)
class NotifySettings:
    """Notifications reach public addresses only; hosts inside the network are named here."""

    __pydantic_config__: ClassVar[Any] = STRICT
    allow_hosts: tuple[str, ...] = ()


PUBLIC_ONLY = NotifySettings()
