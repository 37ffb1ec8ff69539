"""GitHub for an App: tokens last an hour by GitHub's clock, and a JWT has to be valid by that clock."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fake_github import PUBLISHED, FakeGitHub
from forge_server import Asked, Told
from forge_world import Person, told

from runner.model.settings.forge import AppSettings

CANARY = "ghs_canary8d1f"
BOT = Person(99, "driftline-bot[bot]")
APP: Mapping[str, str] = {
    "GET /app": "about_app",
    "GET /users/{username}": "bot",
    "POST /app/installations/{installation_id}/access_tokens": "issue_token",
}


class FakeGitHubWithApp(FakeGitHub):
    routes: ClassVar[Mapping[str, str]] = {**FakeGitHub.routes, **APP}

    def __init__(self, app: AppSettings, at: datetime) -> None:
        super().__init__()
        self.app: AppSettings = app
        self.at, self.world.me = at, BOT
        self.tokens: dict[str, datetime] = {}
        self.grants = {"statuses": "write", "issues": "write", "pull_requests": "write"}

    def judged_without_faults(self, asked: Asked) -> Told:
        answer = super().judged_without_faults(asked)
        answer.headers["Date"] = format_datetime(self.at, usegmt=True)
        return answer

    def check(self, route: str, asked: Asked, answer: Told) -> None:
        if route in APP:
            PUBLISHED.check(route, asked, answer)
        else:
            super().check(route, asked, answer)

    def knows(self, asked: Asked) -> bool:
        token = asked.headers["authorization"].removeprefix("Bearer ")
        if not asked.path.startswith("/api/v3/app"):
            return token in self.tokens and self.at < self.tokens[token]
        key = load_pem_private_key(self.app.key.encode(), None).public_key()
        assert isinstance(key, RSAPublicKey)
        claims = jwt.decode(token, key, ["RS256"], options={"verify_exp": False, "verify_iat": False})
        assert claims["iss"] == self.app.id
        now = self.at.timestamp()
        return bool(claims["iat"] <= now < claims["exp"] <= now + 600)

    def about_app(self, _: Asked) -> Any:
        return PUBLISHED.example("GET /app", slug="driftline-bot")

    def bot(self, _: Asked, username: str) -> Any:
        assert username == BOT.login
        return PUBLISHED.example("GET /users/{username}", id=BOT.id, login=BOT.login)

    def issue_token(self, _: Asked, installation_id: str) -> Any:
        assert installation_id == self.app.installation
        token, ends = f"{CANARY}-{len(self.tokens)}", self.at + timedelta(hours=1)
        self.tokens[token] = ends
        issued = PUBLISHED.example("POST /app/installations/{installation_id}/access_tokens", "201")
        return {
            **issued,
            "repositories": [],
            "token": token,
            "expires_at": told(ends),
            "permissions": self.grants,
        }
