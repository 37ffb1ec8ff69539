"""Servers that somebody has logged in to, and the tokens for them."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from runner.host.files import PRIVATE_FILE, private_folder
from runner.model.values.frozen import dataclass

SERVICE = "driftline"  # in the keyring
KEYRING = "keyring"
FILE = "file"


def folder() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "driftline"


@dataclass(frozen=True)
class Contexts:
    """`contexts.json` names the servers; tokens are in the keyring where there is one, else in a file of mode 0600."""

    folder: Path

    @classmethod
    def saved(cls) -> "Contexts":
        return cls(folder())

    @property
    def current(self) -> str | None:
        """The server of the last login."""
        found = self._read("contexts.json").get("current")
        return found if isinstance(found, str) else None

    def token(self, url: str) -> str | None:
        ring = _keyring()
        if ring is not None and (found := ring.get_password(SERVICE, url)):
            return str(found)
        found = self._read("tokens.json").get(url)
        return found if isinstance(found, str) else None

    def save(self, url: str, token: str) -> str:
        """Make it the current one; where the token went."""
        self._write("contexts.json", {"current": url})
        ring = _keyring()
        if ring is not None:
            ring.set_password(SERVICE, url, token)
            return KEYRING
        self._write("tokens.json", {**self._read("tokens.json"), url: token})
        return FILE

    def forget(self, url: str) -> None:
        ring = _keyring()
        if ring is not None:
            with suppress(ring.errors.PasswordDeleteError):
                ring.delete_password(SERVICE, url)
        tokens = self._read("tokens.json")
        if tokens.pop(url, None) is not None:
            self._write("tokens.json", tokens)
        if self.current == url:
            self._write("contexts.json", {})

    def _read(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / name).read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, name: str, content: dict[str, Any]) -> None:
        private_folder(self.folder)
        fresh = self.folder / f".{name}.{os.getpid()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)
        fresh.replace(self.folder / name)


def _keyring() -> Any:
    """Where one is installed and has somewhere to keep things."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return None
    return keyring if keyring.get_keyring().priority >= 1 else None
