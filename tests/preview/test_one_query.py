"""A source with previews needs one query of its remote, and its branch does not depend on its pull requests."""

from pathlib import Path

import pytest
from pulls_world import PullsWorld, module, previewing

from runner.errors import GitFailed
from runner.source import pulls
from runner.source.mirror import Mirror


@pytest.fixture
def world(tmp_path: Path) -> PullsWorld:
    return previewing(tmp_path)


def test_one_query_finds_the_branch_and_its_pull_requests(
    world: PullsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.commit({"app/other.tf": 'resource "terraform_data" "other" {}\n'})
    world.pull(7, {"app/main.tf": module("new")})
    asked = []
    usual = Mirror.remote_refs

    def counting(mirror: Mirror, *refs: str) -> dict[str, str]:
        asked.append(refs)
        return usual(mirror, *refs)

    monkeypatch.setattr(Mirror, "remote_refs", counting)
    world.once()
    assert len(asked) == 1
    assert world.shown(7)["base"] == world.git("rev-parse", "main")


def test_too_many_pull_requests_do_not_stop_the_branch(
    world: PullsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = world.commit({"app/other.tf": 'resource "terraform_data" "other" {}\n'})

    def too_many(mirror: Mirror, *_: object) -> None:
        raise GitFailed(command="ls-remote", source=mirror.source.name, problem="it printed more than 64 MiB")

    monkeypatch.setattr(pulls, "heads", too_many)
    said = world.run("daemon", "--once").output
    assert f"source infra: {head}" in said
    assert "pull requests of infra: git ls-remote failed" in said
