"""What nobody would write code for is left out, each with its reason."""

from collections.abc import Mapping

import pytest

from runner.model.aws.place import Place
from runner.model.inventory.coverage import Count, Tally, judge, share
from runner.model.inventory.driftignore import DriftIgnore
from runner.model.inventory.left_out import SENTENCES, TAG_RULES, LeftOut, Reason, left_out
from runner.model.inventory.managed import Managed, ManagedObject
from runner.model.inventory.resource import CloudResource

HERE = Place("111122223333", "eu-west-1")


def queue(name: str = "jobs", owner: str = "", tags: Mapping[str, str] | None = None) -> CloudResource:
    url = f"https://sqs.eu-west-1.amazonaws.com/111122223333/{name}"
    return CloudResource(
        HERE,
        "aws_sqs_queue",
        url,
        f"arn:aws:sqs:eu-west-1:111122223333:{name}",
        name,
        tags=tags or {},
        owner=owner,
    )


def nothing(_: CloudResource) -> bool:
    return False


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({"aws:cloudformation:stack-name": "web"}, LeftOut(Reason.CLOUDFORMATION, "web")),
        ({"aws:autoscaling:groupName": "workers"}, LeftOut(Reason.AUTOSCALING, "workers")),
        ({"kubernetes.io/cluster/main": "owned"}, LeftOut(Reason.EKS, "main")),
        ({"kubernetes.io/cluster/main": "shared"}, None),
        ({"team": "data"}, None),
    ],
)
def test_a_tag_tells_which_other_tool_owns_it(tags: Mapping[str, str], found: LeftOut | None) -> None:
    assert left_out(queue(tags=tags), nothing) == found


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
    assert {rule.reason for rule in TAG_RULES} <= set(Reason)


def test_what_a_stack_manages_is_managed_whatever_its_tags_say() -> None:
    one = queue(tags={"aws:cloudformation:stack-name": "web"})
    managed = Managed.of([ManagedObject("app", "aws_sqs_queue.x", one.type, one.arn, ())])
    (judged,) = judge([one], managed, nothing)
    assert judged.by is not None
    assert judged.left_out is None


def test_counts_are_by_place_and_type() -> None:
    tally = Tally()
    managed = Managed.of([ManagedObject("app", "aws_sqs_queue.x", "aws_sqs_queue", queue("a").arn, ())])
    for one in judge([queue("a"), queue("b"), queue("c", owner=Reason.AWS_MANAGED)], managed, nothing):
        tally.add(one)
    assert tally.rows() == [Count(HERE, "aws_sqs_queue", 1, 1, 1)]


@pytest.mark.parametrize(("managed", "unmanaged", "found"), [(3, 1, 0.75), (0, 0, None), (0, 2, 0.0)])
def test_coverage_is_the_share_of_what_should_be_managed(
    managed: int, unmanaged: int, found: float | None
) -> None:
    assert share(managed, unmanaged) == found


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("aws_sqs_queue.jobs", True),
        ("aws_sqs_queue.*", True),
        ("aws_sqs_queue", True),
        ("*", True),
        ("*.jobs", True),
        ("aws_sqs_queue.jo*", True),
        ("# aws_sqs_queue.jobs", False),
        ("aws_sqs_queue.job", False),
        ("aws_sns_topic.jobs", False),
        ("aws_sqs_queue.jobs.tags", False),
        ("aws_sqs_queue.jobs # made by hand", True),
        ("*\n!aws_sqs_queue", False),
        ("*\n!aws_sqs_queue.jobs", False),
        ("!aws_sqs_queue.jobs\n*", True),
        ("", False),
    ],
)
def test_driftignore_leaves_out_what_its_last_matching_rule_says(text: str, *, ignored: bool) -> None:
    assert DriftIgnore.read(text).ignores(queue()) is ignored


@pytest.mark.parametrize(
    ("text", "name"),
    [(r"aws_sqs_queue.jobs\.fifo", "jobs.fifo"), (r"aws_sqs_queue.a\\b", r"a\b"), (r"aws_sqs_queue.\*", "*")],
)
def test_an_escaped_character_of_an_id_stands_for_itself(text: str, name: str) -> None:
    rules = DriftIgnore.read(text)
    assert rules.ignores(queue(name))
    assert not rules.ignores(queue("other"))


def test_rules_about_attributes_are_named_and_leave_nothing_out() -> None:
    assert DriftIgnore.read("aws_sqs_queue.jobs.tags\naws_sqs_queue.other").unread == (1,)
