"""What authenticates a request. None of it is in a repr, and `secrets` are scrubbed from everything a forge says."""

from base64 import b64encode
from typing import Protocol


class Credentials(Protocol):
    def header(self) -> str:
        """The value of Authorization."""
        ...

    def renewed(self) -> bool:
        """Whether a request that was refused with 401 is worth another try."""
        ...

    def secrets(self) -> tuple[str, ...]: ...


class Token:
    """A fixed token, or a user's with basic authentication."""

    def __init__(self, token: str, user: str | None = None) -> None:
        basic = b64encode(f"{user}:{token}".encode()).decode()
        self._header = f"Bearer {token}" if user is None else f"Basic {basic}"
        self._secrets = (token, basic)

    def header(self) -> str:
        return self._header

    def renewed(self) -> bool:
        return False

    def secrets(self) -> tuple[str, ...]:
        return self._secrets
