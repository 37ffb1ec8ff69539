"""Untrusted text on its way to a log or a record: no control characters, no known secrets."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from runner.engine.modules.declared import SHORTEST_KEY
from runner.engine.secret_parts import parts_of
from runner.model.changes.changes import MASK
from runner.model.changes.secret_shape import names_secret, without_likely_secrets
from runner.model.secret.copies import Secrets
from runner.model.values.paths import printable

ENCRYPTION = "TF_ENCRYPTION"  # OpenTofu's configuration of how states and plans are encrypted
_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def readable(text: str) -> str:
    """The text with its line breaks, and no other control characters."""
    return "\n".join(printable(line) for line in _ESCAPE.sub("", text).splitlines())


class Redaction:
    """Replaces this run's secrets wherever they appear."""

    def __init__(
        self, secrets: Iterable[str] = (), credentials: Iterable[str] = (), *, by_marks: bool = False
    ) -> None:
        """`by_marks`: the code's values are shown if terraform says that they are not sensitive."""
        self.credentials = frozenset(credentials)
        self.secrets = frozenset(secrets) | self.credentials
        self._secrets = Secrets.of(self.secrets)
        self._in_values = Secrets.of(self.credentials) if by_marks else self._secrets

    @classmethod
    def over(
        cls,
        environment: Mapping[str, str],
        secrets: Iterable[str] = (),
        credentials: Iterable[str] = (),
        *,
        by_marks: bool = False,
    ) -> "Redaction":
        """From variables whose names suggest secrets, and from known secrets and credentials."""
        named = {*credentials, *(value for name, value in environment.items() if names_secret(name))}
        keys = (part for part in parts_of(environment.get(ENCRYPTION, "")) if len(part) >= SHORTEST_KEY)
        return cls(secrets, {*named, *keys}, by_marks=by_marks)

    def text(self, text: str) -> str:
        return without_likely_secrets(str(self._secrets.scrub(readable(text), halves=True)))

    def value(self, value: Any) -> Any:
        """A JSON value."""
        return self._in_values.scrub(value)

    def address(self, address: str) -> str:
        return self._secrets.address(address)


def masked_output(redaction: Redaction, output: Mapping[str, Any]) -> Any:
    """The value of one output in terraform's `outputs` message; a sensitive one has no value there."""
    return MASK if output.get("sensitive", True) else redaction.value(output.get("value"))
