"""Tokens, sessions and requests to the daemon: only those who may do everything see them."""

from collections.abc import Collection

from runner.api.scope.seen import Seen
from runner.model.access.session import Session
from runner.model.access.token import Token
from runner.model.execution.daemon_request import DaemonRequest


class SeenLogins(Seen):
    def tokens(self) -> list[Token]:
        return []

    def token(self, digest: str) -> Token | None:  # noqa: ARG002 - of the protocol
        return None

    def session(self, digest: str) -> Session | None:  # noqa: ARG002 - of the protocol
        return None

    def sessions(self) -> list[Session]:
        return []

    def open_requests(self, but: Collection[int] = ()) -> list[DaemonRequest]:  # noqa: ARG002 - of the protocol
        return []

    def daemon_request(self, request: int) -> DaemonRequest:
        return self.whole.daemon_request(request)
