"""A GitHub App's credentials: a JWT signed with its key is exchanged for a token of its installation, which lasts an hour.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from runner.errors import ForgeRefused
from runner.forge.exchange import Answer, Exchange, Message, NoAnswer
from runner.forge.reading import at, moment, text
from runner.forge.throttle import http_date
from runner.model.settings.forge import AppSettings
from runner.ports.basics import Clock

# GitHub accepts a JWT for ten minutes at most, and none from its own future.
_LIFE, _BACKDATED = timedelta(minutes=9), timedelta(seconds=60)
# What Driftline writes with.
WRITTEN = ("statuses", "issues", "pull_requests")
_EARLY = timedelta(minutes=5)
_ACCEPT = "application/vnd.github+json"


@dataclass
class AppToken:
    base: str
    app: AppSettings = field(repr=False)
    exchange: Exchange
    clock: Clock
    _token: str | None = field(default=None, repr=False)
    _expires: datetime | None = None
    _permissions: dict[str, str] = field(default_factory=dict)
    _skew: timedelta = timedelta(0)
    _seen: list[str] = field(default_factory=list, repr=False)

    def header(self) -> str:
        """NoAnswer or ForgeRefused if GitHub issues no token."""
        if self._token is None or self._expires is None or self._now() > self._expires - _EARLY:
            self._issue()
        return f"Bearer {self._token}"

    def renewed(self) -> bool:
        """The token may have been revoked, or have expired by GitHub's clock."""
        self._token = None
        return True

    def secrets(self) -> tuple[str, ...]:
        return (*self._seen, self.app.key)

    def login(self) -> str:
        """The name under which the App writes."""
        return f"{text(self._as_app('GET', '/app').data(), 'slug')}[bot]"

    def may_write(self) -> bool:
        self.header()
        return all(self._permissions.get(name) == "write" for name in WRITTEN)

    def _issue(self) -> None:
        issued = self._as_app("POST", f"/app/installations/{self.app.installation}/access_tokens").data()
        self._token = text(issued, "token")
        self._expires = moment(issued, "expires_at")
        self._permissions = at(issued, "permissions") or {}
        self._seen = [*self._seen[-3:], self._token]

    def _as_app(self, method: str, path: str) -> Answer:
        """Signed for the local clock, or for GitHub's if that differs."""
        answer = self._signed(method, path)
        theirs = http_date(answer.headers.get("date", ""))
        if answer.status == 401 and theirs is not None:
            self._skew = theirs - self.clock.now()
            answer = self._signed(method, path)
        if answer.status >= 500:
            raise NoAnswer(f"it answers {answer.status}")
        if answer.status >= 300:
            raise ForgeRefused(
                forge=urlsplit(self.base).netloc,
                request=f"{method} {path}",
                problem=f"{answer.status}; check forge.app: id, installation and key",
                status=answer.status,
            )
        return answer

    def _signed(self, method: str, path: str) -> Answer:
        import jwt

        now = self._now()
        claims = {
            "iat": int((now - _BACKDATED).timestamp()),
            "exp": int((now + _LIFE).timestamp()),
            "iss": self.app.id,
        }
        signed = jwt.encode(claims, self.app.key, algorithm="RS256")
        self._seen = [*self._seen[-3:], signed]
        headers = {"Accept": _ACCEPT, "Authorization": f"Bearer {signed}"}
        return self.exchange(Message(method, self.base + path, headers))

    def _now(self) -> datetime:
        return self.clock.now() + self._skew
