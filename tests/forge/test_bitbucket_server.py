"""What Bitbucket Data Center does unlike others."""

from collections.abc import Iterator

import pytest
from fake_bitbucket_server import FakeBitbucketServer, answered
from forge_opening import opened
from forge_server import Told, served
from forge_world import ANA, START

from runner.errors import ForgeUnreachable
from runner.model.forge.marker import marker

MARK = marker("request")


@pytest.fixture
def fake() -> Iterator[FakeBitbucketServer]:
    one = FakeBitbucketServer()
    with served(one):
        yield one


def test_an_answer_to_a_comment_is_read(fake: FakeBitbucketServer) -> None:
    asked = fake.world.write(1, "who approves this?", ANA)
    since = fake.world.tick()
    answered(fake.world, 1, asked, "driftline approve 1f2e", ANA)
    assert [one.body for one in opened(fake).comments_since(since)] == ["driftline approve 1f2e"]


def test_a_token_of_a_project_is_nobodys(fake: FakeBitbucketServer) -> None:
    fake.faults.append(
        lambda asked: Told(200, {}, {"X-AUSERNAME": "x"}) if "properties" in asked.path else None
    )
    with pytest.raises(ForgeUnreachable, match="does not say whose the token is"):
        opened(fake).comments_since(START)


def test_an_edit_names_the_version_that_it_replaces(fake: FakeBitbucketServer) -> None:
    forge = opened(fake)
    for body in ("first", "second", "third"):
        forge.save_comment(1, MARK, body)
    (one,) = fake.world.comments(1)
    assert fake.plain(one.body) == f"{MARK}\nthird"
