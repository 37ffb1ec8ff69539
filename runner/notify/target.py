"""Where a notification goes, with its secrets; and texts without them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from urllib.parse import quote, unquote

from runner.errors import NotDelivered
from runner.host.reference import Unresolved, references_in, replaced, resolve
from runner.model.values.frozen import dataclass

_SHORTEST = 4  # shorter parts, such as `to`, are words of any message
_HINT = "driftline doctor"


@dataclass(frozen=True)
class Target:
    """`words` are one address, or a command. Nothing of it is ever shown."""

    words: tuple[str, ...] = field(repr=False)

    def without(self, text: str, *, but: str = "") -> str:
        """The text with every part of the target hidden: an address consists of tokens. `but` is a host."""
        for part in sorted({*self._parts()} - {but}, key=len, reverse=True):
            text = text.replace(part, "***")
        return text

    def _parts(self) -> Iterator[str]:
        for word in self.words:
            for part in re.split(r"[/?&=@:#,\s]+", word.partition("://")[2] or word):
                for spelled in (part, unquote(part), quote(unquote(part), safe="")):
                    if len(spelled) >= _SHORTEST:
                        yield spelled


def target(to: str | tuple[str, ...], environ: Mapping[str, str]) -> Target:
    """NotDelivered if a reference has no value; the message names it and has no value."""
    try:
        if not isinstance(to, str):
            return Target(tuple(resolve(word, environ) for word in to))
        if [to] == list(references_in(to)):
            return Target((resolve(to, environ),))
        # A password may contain any character; within an address it must not end its part.
        return Target((replaced(to, lambda one: quote(resolve(one, environ), safe="")),))
    except Unresolved as problem:
        raise NotDelivered(str(problem), hint=_HINT) from None
