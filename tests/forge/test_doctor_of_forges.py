"""`driftline doctor` asks each forge, and writes nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from forge_opening import source_at
from forge_server import TOKEN, Fake, Told

from runner.app import App
from runner.doctor.finding import Scene
from runner.doctor.forges import forges
from runner.model.settings.server import Settings
from runner.model.settings.source import SourceSettings
from runner.view.finding import Finding, State


def said(*sources: SourceSettings) -> list[Finding]:
    return list(forges(Scene(App(Settings(Path("/nowhere"), sources), Path("/nowhere/config.yaml")))))


def test_a_forge_that_accepts_the_token_is_fine(fake: Fake) -> None:
    (finding,) = said(SourceSettings("local", "/srv/local.git"), source_at(fake))
    assert (finding.check, finding.state) == ("forge infra", State.OK)
    assert "accepts the token" in finding.message
    assert not fake.writes


def test_a_token_that_may_only_read_is_a_warning(fake: Fake) -> None:
    fake.pushes = False
    (finding,) = said(source_at(fake))
    assert finding.state is (State.WARN if fake.tells_what_it_allows else State.OK)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_a_forge_that_refuses_is_a_failure_with_a_hint(fake: Fake, status: int) -> None:
    fake.faults.append(lambda _: Told(status, {"message": f"no {TOKEN}"}))
    (finding,) = said(source_at(fake))
    assert finding.state is State.FAIL
    assert finding.hint
    assert TOKEN not in f"{finding.message}{finding.hint}"


def test_every_forge_is_asked_though_one_fails(fake: Fake) -> None:
    source = source_at(fake)
    assert source.forge is not None
    gone = replace(source, name="gone", forge=replace(source.forge, url="http://127.0.0.1:1"))
    assert [one.state for one in said(gone, source)] == [State.FAIL, State.OK]
