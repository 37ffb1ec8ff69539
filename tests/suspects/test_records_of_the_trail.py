"""What of a record is kept: who changed what, and no value."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from labelled_drifts import record

from runner.model.suspects.event import TrailEvent
from runner.model.suspects.parameters import LONGEST, MOST, MOST_KEPT, mark_of, names_in, settings_in
from runner.model.suspects.record import changed
from runner.model.values.codec import from_plain, to_plain

CALL = {
    "by": "ana",
    "at": "21:58:00",
    "call": "rds ModifyDBInstance",
    "request": {"dBInstanceIdentifier": "orders", "backupRetentionPeriod": 1},
}


def read(**more: Any) -> TrailEvent | None:
    return changed(record(CALL) | more)


def test_a_change_is_kept_with_who_when_where_and_how() -> None:
    event = read()
    assert event is not None
    assert (event.name, event.service, event.account, event.region) == (
        "ModifyDBInstance", "rds", "111122223333", "eu-west-1",
    )  # fmt: skip
    assert (str(event.actor), event.address, event.console) == ("ana", "198.51.100.7", True)
    assert ("dbinstanceidentifier", "orders") in event.names
    assert ("backupretentionperiod", mark_of(1)) in event.sets


@pytest.mark.parametrize(
    "more",
    [
        {"errorCode": "AccessDenied"},
        {"readOnly": True},
        {"readOnly": "true"},
        {"readOnly": None, "eventName": "DescribeDBInstances"},
        {"requestParameters": {"dryRun": True}},
        {"eventTime": "yesterday"},
        {"eventTime": 7},
        {"eventTime": "0001-01-01T00:00:00+14:00"},
        {"eventTime": "9999-12-31T23:59:59Z"},  # nothing can be added to it
        {"eventID": None},
        {"eventName": ["x"]},
    ],
)
def test_what_is_no_successful_change_is_no_event(more: dict[str, Any]) -> None:
    assert read(**more) is None


def test_an_answer_names_the_resource_but_does_not_count_as_set() -> None:
    """RDS answers with the whole database, as it was before."""
    event = read(
        responseElements={"dBInstanceArn": "arn:aws:rds:eu-west-1:111122223333:db:orders", "multiAZ": True}
    )
    assert event is not None
    assert ("dbinstancearn", "arn:aws:rds:eu-west-1:111122223333:db:orders") in event.names
    assert "multiaz" not in dict(event.sets)


def test_no_value_of_a_request_is_kept() -> None:
    secrets = {
        "masterUserPassword": "canary-1", "userData": "canary-2", "environment": {"variables": {"KEY": "canary-3"}},
        "value": "canary-4", "secretString": "canary-5", "tags": [{"key": "a", "value": "canary-6"}], "policy": "canary-7",
        "secretName": "canary-8", "accessToken": {"id": "x", "name": "canary-9"}, "authTokenId": "canary-10",
    }  # fmt: skip
    event = read(requestParameters=secrets)
    kept = json.dumps(to_plain(event))
    left = [
        one
        for one in (
            "canary-1",
            "canary-2",
            "canary-3",
            "canary-4",
            "canary-5",
            "canary-6",
            "canary-7",
            "canary-10",
        )
        if f'{one}"' in kept
    ]
    assert left == []
    assert "masteruserpassword" in dict(event.sets if event else ())
    assert not dict(event.sets if event else {"masteruserpassword": "x"})["masteruserpassword"]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (
            "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs",
        ),
        ("https://bot:canary@git.example.com/infra.git", "https://git.example.com/infra.git"),
        ("https://hooks.example.com/x?token=canary#canary", "https://hooks.example.com/x"),
        ("https://bot:canary@[broken/x", None),
    ],
)
def test_a_url_is_kept_without_its_login_and_query(url: str, kept: str | None) -> None:
    assert names_in({"repositoryUrl": url}) == (() if kept is None else (("repositoryurl", kept),))


def test_an_event_is_the_same_after_it_was_stored() -> None:
    event = read()
    assert from_plain(TrailEvent, json.loads(json.dumps(to_plain(event)))) == event


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, "1", True),
        (1.0, 1, True),
        (True, "true", True),
        ("TRUE", True, True),
        ("db.t3.large", "db.t3.large", True),
        ("db.t3.large", "db.t3.small", False),
        (1, True, False),
        (1, 2, False),
    ],
)
def test_marks_are_equal_for_equal_values_however_they_are_written(
    one: Any, other: Any, *, same: bool
) -> None:
    assert (mark_of(one) == mark_of(other)) is same


def test_what_has_no_value_has_no_mark() -> None:
    hidden = ("HIDDEN_DUE_TO_SECURITY_REASONS", "****")
    assert [mark_of(one) for one in (None, [], {}, "", [1], {"a": 1}, *hidden)] == [""] * 8


def test_a_huge_request_is_read_within_bounds() -> None:
    wide = {f"name{number}": "x" * (LONGEST + 1) for number in range(MOST * 5)}
    deep: Any = "end"
    for _ in range(MOST * 5):
        deep = {"id": deep}
    assert len(settings_in(wide)) <= MOST_KEPT
    assert names_in(wide) == ()
    assert names_in(deep) == ()


def test_a_number_of_hundreds_of_digits_has_a_mark() -> None:
    assert mark_of(int("9" * 400)) == mark_of("9" * 400) != ""


def test_half_a_character_is_replaced_wherever_it_is() -> None:
    """No database takes it, and it must not hide the call."""
    half = "a\ud800"
    who = {"type": "IAMUser", "userName": half, "accountId": half}
    event = read(
        eventID=half,
        userAgent=half,
        userIdentity=who,
        resources=[{"ARN": half}],
        requestParameters={"name": half, "other": half},
    )
    assert event is not None
    assert (event.id, event.actor.name, event.arns) == ("a\ufffd", "a\ufffd", ("a\ufffd",))
    json.dumps(to_plain(event), ensure_ascii=False).encode()


_trees = some.recursive(
    some.none() | some.booleans() | some.floats() | some.text() | some.integers(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=20,
)


@given(_trees, _trees)
def test_no_record_however_odd_breaks_the_reader(request: Any, identity: Any) -> None:
    changed(request)
    odd = record(CALL) | {
        "requestParameters": request,
        "userIdentity": identity,
        "resources": request,
        "sourceIPAddress": identity,
    }
    event = changed(odd)
    assert event is None or event.id
