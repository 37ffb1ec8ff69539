"""A GitHub App: whose clock counts, when a token is renewed, and what is never told."""

import traceback
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fake_github_app import BOT, CANARY, FakeGitHubWithApp
from forge_opening import HandClock, opened
from forge_server import Told, served
from forge_world import START

from runner.errors import DriftlineError, ForgeRefused, ForgeUnreachable
from runner.model.forge.marker import marker
from runner.model.settings.forge import AppSettings

MARK = marker("request")


@pytest.fixture
def app(app_key: str) -> AppSettings:
    return AppSettings("Iv23liExample", "12345678", app_key)


@pytest.fixture
def fake(app: AppSettings) -> Iterator[FakeGitHubWithApp]:
    one = FakeGitHubWithApp(app, START)
    with served(one):
        yield one


def issued(fake: FakeGitHubWithApp) -> int:
    return len(fake.tokens)


def test_one_token_serves_for_many_requests(fake: FakeGitHubWithApp) -> None:
    forge = opened(fake, HandClock())
    forge.save_comment(1, MARK, "first")
    forge.save_comment(1, MARK, "second")
    assert [one.author for one in fake.world.comments(1)] == [BOT]
    opened(fake, HandClock()).save_comment(1, MARK, "second")
    assert len(fake.world.comments(1)) == 1
    assert issued(fake) == 2


def test_a_token_is_renewed_before_it_expires(fake: FakeGitHubWithApp) -> None:
    clock = HandClock()
    forge = opened(fake, clock)
    forge.open_requests()
    for at in (clock, fake):
        at.at += timedelta(minutes=54)
    forge.open_requests()
    assert issued(fake) == 1
    for at in (clock, fake):
        at.at += timedelta(minutes=2)
    forge.open_requests()
    assert issued(fake) == 2


def test_a_token_that_was_revoked_is_renewed_once(fake: FakeGitHubWithApp) -> None:
    forge = opened(fake, HandClock())
    forge.open_requests()
    fake.tokens = {"revoked": START}
    assert len(forge.open_requests()) == 1


def test_a_token_that_is_never_accepted_ends_in_a_refusal(fake: FakeGitHubWithApp) -> None:
    fake.faults.append(lambda asked: Told(401, {"message": "no"}) if "/repos/" in asked.path else None)
    with pytest.raises(ForgeRefused, match="401 no"):
        opened(fake, HandClock()).open_requests()
    assert issued(fake) == 2


@pytest.mark.parametrize("hours", [-48, -1, 1, 48])
def test_a_wrong_clock_here_gets_a_token_nevertheless(fake: FakeGitHubWithApp, hours: int) -> None:
    clock = HandClock()
    clock.at += timedelta(hours=hours)
    forge = opened(fake, clock)
    for _ in range(3):
        assert len(forge.open_requests()) == 1
    assert issued(fake) == 1


@pytest.mark.parametrize("missing", ["statuses", "issues", "pull_requests"])
def test_an_installation_without_a_permission_is_told(fake: FakeGitHubWithApp, missing: str) -> None:
    assert opened(fake, HandClock()).may_write() is True
    fake.grants[missing] = "read"
    assert opened(fake, HandClock()).may_write() is False


@pytest.mark.parametrize(
    ("status", "error"), [(401, ForgeRefused), (404, ForgeRefused), (500, ForgeUnreachable)]
)
def test_an_app_that_gets_no_token_tells_no_secret(
    fake: FakeGitHubWithApp, app: AppSettings, status: int, error: type[DriftlineError]
) -> None:
    forge = opened(fake, HandClock())
    forge.open_requests()
    fake.tokens.clear()
    signed = [one.headers["authorization"] for one in fake.asked if "/app/" in one.path]
    fake.faults.append(lambda asked: Told(status, {"message": f"{signed} {CANARY}-0"}))
    with pytest.raises(error) as caught:
        forge.open_requests()
    text = "".join(traceback.format_exception(caught.value)) + repr(vars(forge)) + repr(app)
    for secret in (CANARY, signed[0].removeprefix("Bearer "), app.key.splitlines()[1]):
        assert secret not in text
