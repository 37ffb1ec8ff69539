"""Every fake, and how a test opens it."""

from dataclasses import replace
from datetime import datetime

from fake_bitbucket import FakeBitbucket
from fake_bitbucket_server import FakeBitbucketServer
from fake_gitea import FakeGitea
from fake_github import FakeGitHub
from fake_gitlab import FakeGitLab
from forge_server import TOKEN, Fake
from forge_world import START

from runner.forge.repository import Repository
from runner.forge.table import open_forge
from runner.host.clock import SystemClock
from runner.model.settings.forge import ForgeSettings
from runner.model.settings.source import SourceSettings
from runner.ports.basics import Clock

ALL: tuple[type[Fake], ...] = (FakeBitbucket, FakeBitbucketServer, FakeGitea, FakeGitHub, FakeGitLab)
FAKES = {one.kind: one for one in ALL}


class HandClock:
    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


def source_at(fake: Fake) -> SourceSettings:
    settings = ForgeSettings(fake.kind, url=fake.url, repository="acme/infra", token=TOKEN)
    if fake.app is not None:
        settings = replace(settings, token=None, app=fake.app)
    return SourceSettings("infra", "/srv/infra.git", forge=settings)


def opened(fake: Fake, clock: Clock | None = None) -> Repository:
    forge = open_forge(source_at(fake), clock or SystemClock())
    assert forge is not None
    fake.ends.callback(forge.close)
    return forge
