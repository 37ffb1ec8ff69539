"""A World and a web server over it, in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from cli_world import World
from fastapi.testclient import TestClient
from starlette.types import ASGIApp

from runner.api.caller import Caller
from runner.api.tokens import create_token
from runner.datadir.refused_reload import RefusedReloads
from runner.errors import BadConfig
from runner.host.clock import SystemClock
from runner.model.access.session import Identity, Session
from runner.model.access.token import digest_of
from runner.model.approval.approval import Person
from runner.web.application import application

BO = Identity("bo@example.com", "oidc", ("oidc:user:bo@example.com", "oidc:group:sre"))
ACCESS = 'web: {{access: [{{role: {role}, subjects: ["token:{name}"], stacks: ["{stacks}"]}}]}}'


@dataclass(frozen=True)
class Served:
    world: World

    def client(
        self, token: str | None, around: Callable[[ASGIApp], ASGIApp] = lambda app: app
    ) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return TestClient(
            around(application(self.world.app)),
            base_url="http://localhost",
            headers=headers,
            raise_server_exceptions=False,
        )

    def token(self, name: str) -> str:
        caller = Caller(self.world.app, lambda: Person("ana", "user"))
        return create_token(caller, name=name).secret


def pass_time(monkeypatch: pytest.MonkeyPatch, *, hours: float) -> None:
    """For whatever asks what time it is, in this process."""
    later = datetime.now(UTC) + timedelta(hours=hours)
    monkeypatch.setattr(SystemClock, "now", lambda _: later)


def refused_reload(world: World) -> RefusedReloads:
    """By this process, which counts if it is the daemon."""
    refused = RefusedReloads(world.app.settings.data_dir)
    with pytest.raises(BadConfig), refused.noted(world.app.clock):
        raise BadConfig("the configuration has 1 problem:\n  /etc/d.yaml:5:13: <b>odd</b>")
    return refused


def logged_in(world: World, secret: str, who: Identity = BO) -> None:
    """As the issuer's answer does."""
    now = world.app.clock.now()
    with world.app.store.writing() as writer:
        session = Session(digest_of(secret), who, now, now + timedelta(hours=12), now)
        writer.add_session(session, address="127.0.0.1")


def access(name: str, role: str = "admin", stacks: str = "**") -> str:
    """The configuration that gives the token of this name a role."""
    return ACCESS.format(name=name, role=role, stacks=stacks)
