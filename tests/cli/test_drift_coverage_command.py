"""`driftline drift coverage`, as it is printed."""

import sys
from pathlib import Path

import pytest
from cli_world import World, planned

sys.path += [str(Path(__file__).parents[1] / room) for room in ("inventory", "store")]

from inventory_listed import listed


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = planned(tmp_path)
    listed(made.app.store)
    return made


def test_it_shows_the_share_what_nobody_manages_and_what_is_missing(world: World) -> None:
    shown = world.run("drift", "coverage")
    assert "50 %, 1 managed and 1 unmanaged" in shown.stdout
    assert "1 belongs to a CloudFormation stack" in shown.stdout
    assert "arn:aws:sqs:eu-west-1:111122223333:by-hand" in shown.stdout
    assert "of-web" not in shown.stdout
    assert (
        "aws_sns_topic in 111122223333/eu-west-1 not listed: denied (missing permission: sns:ListTopics)"
        in shown.stdout
    )
    assert "driftline drift adopt ARN --stack STACK" in shown.stderr
    assert "driftline aws policy" in shown.stderr


def test_all_also_shows_what_does_not_count_with_its_reason(world: World) -> None:
    assert "belongs to a CloudFormation stack: web" in world.run("drift", "coverage", "--all").stdout


def test_another_region_or_type_has_nothing(world: World) -> None:
    assert world.json("drift", "coverage", "--region", "us-east-1")["resources"] == []
    assert world.json("drift", "coverage", "--type", "aws_sns_topic")["types"] == []
    assert world.json("drift", "coverage", "--type", "aws_sqs_queue")["coverage"] == 0.5


def test_an_account_that_is_not_listed_is_an_error(world: World) -> None:
    refused = world.run("drift", "coverage", "--account", "999988887777", expect=3)
    assert "account 999988887777 is not listed" in refused.stderr
    assert "set inventory: true for it" in refused.stderr


def test_more_than_the_limit_is_counted_and_said(world: World) -> None:
    shown = world.run("drift", "coverage", "--limit", "0")
    assert "1 more unmanaged" in shown.stdout


def test_without_a_list_it_says_how_to_make_one(tmp_path: Path) -> None:
    shown = planned(tmp_path).run("drift", "coverage")
    assert "No account was listed yet." in shown.stdout
    assert "driftline drift coverage --now" in shown.stderr


def test_without_an_account_in_the_configuration_nothing_can_be_listed(tmp_path: Path) -> None:
    refused = planned(tmp_path).run("drift", "coverage", "--now", expect=3)
    assert "inventory: true" in refused.stderr
