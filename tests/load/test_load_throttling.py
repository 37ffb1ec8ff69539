"""How a throttling provider is known, and what its account gets."""

from datetime import UTC, datetime, timedelta

import pytest

from runner.model.changes.changes import Diagnostic
from runner.model.schedule.throttling import (
    FIRST,
    LONGEST,
    Throttle,
    account_of,
    crowded,
    run_limit,
    throttled,
    throttling,
)
from runner.model.stack.definition import AwsRoles

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ROLE = "arn:aws:iam::111122223333:role/driftline-plan"


@pytest.mark.parametrize(
    "said",
    [
        "operation error SSM: GetParameter, https response error StatusCode: 400, api error ThrottlingException: Slow",
        "Throttling: Rate exceeded\n\tstatus code: 400, request id: 7",
        "RequestLimitExceeded: Request limit exceeded.",
        "api error TooManyRequestsException: Too Many Requests",
        "api error SlowDown: Please reduce your request rate.",
        "Rate exceeded",
        "failed to get rate limit token, retry quota exceeded, 0 available, 5 requested",
        "unexpected status 429 Too Many Requests",
        'autorest/azure: Service returned an error. Status=429 Code="TooManyRequests"',
        "googleapi: Error 429: Quota exceeded for quota metric 'Read requests', rateLimitExceeded",
        "HTTP/1.1 429",
        "https response error StatusCode: 429, RequestID: 3",
        "GET https://api.github.com/x: 403 API rate limit of 5000 still exceeded until 2026",
    ],
)
def test_a_provider_that_throttles_is_known_by_what_it_says(said: str) -> None:
    assert throttling([Diagnostic("error", said)]) is not None
    assert throttling([Diagnostic("warning", "x"), Diagnostic("error", "Error: reading", said)]) is not None


@pytest.mark.parametrize(
    "said",
    [
        "",
        'An argument named "throttling_burst_limit" is not expected here.',
        "Throttling settings must be a block",
        "invalid value for aws_api_gateway_method_settings.Throttling",
        "expected port to be 429 or less",
        "429 resources would be destroyed",
        "StatusCode: 4290",
        "api error AccessDeniedException: not authorized",
        "QuotaExceeded: the limit of 5 VPCs is reached",
    ],
)
def test_other_errors_are_not_taken_for_it(said: str) -> None:
    assert throttling([Diagnostic("error", said, said)]) is None


def test_a_warning_is_no_reason_and_a_long_line_keeps_its_end() -> None:
    assert throttling([Diagnostic("warning", "Rate exceeded")]) is None
    shown = throttling([Diagnostic("error", "x" * 5000 + " Throttling: Rate exceeded")])
    assert shown is not None
    assert shown.endswith("Throttling: Rate exceeded")
    assert len(shown) < 250


@pytest.mark.parametrize(
    ("aws", "for_apply", "account"),
    [
        (AwsRoles(plan_role=ROLE), False, "aws 111122223333"),
        (AwsRoles(plan_role=ROLE), True, "aws 111122223333"),
        (AwsRoles(plan_role=ROLE, apply_role=ROLE.replace("1111", "9999")), True, "aws 999922223333"),
        (AwsRoles(plan_role="arn:aws-us-gov:iam::111122223333:role/x"), False, "aws 111122223333"),
        (AwsRoles(region="eu-west-1"), False, "aws"),
        (AwsRoles(plan_role="${odd}", region="eu-west-1"), False, ""),
        (AwsRoles(), False, ""),
    ],
)
def test_the_role_names_the_account(aws: AwsRoles, *, for_apply: bool, account: str) -> None:
    assert account_of(aws, for_apply=for_apply) == account


def throttle(at_most: int = 2, times: int = 1, since: datetime = NOW, span: timedelta = FIRST) -> Throttle:
    return Throttle("aws 1", at_most, since, since + span, times, "Rate exceeded")


def after(before: Throttle | None, executing: int, *, at: timedelta, began: timedelta) -> Throttle:
    return throttled(before, "aws 1", executing, NOW + began, NOW + at, "Rate exceeded")


def test_half_of_what_executed_goes_on_for_a_while() -> None:
    made = after(None, 5, at=MINUTE, began=timedelta())
    assert (made.at_most, made.times, made.until - made.since) == (2, 1, FIRST)


def test_one_may_always_go_on() -> None:
    assert after(None, 1, at=MINUTE, began=timedelta()).at_most == 1


def test_those_that_had_begun_before_do_not_halve_it_again() -> None:
    before = throttle()
    assert after(before, 4, at=MINUTE, began=-MINUTE) is before


def test_one_that_began_after_it_halves_again_and_for_longer() -> None:
    made = after(throttle(), 2, at=2 * MINUTE, began=MINUTE)
    assert (made.at_most, made.times, made.until - made.since) == (1, 2, 2 * FIRST)


def test_the_pause_has_an_end_and_what_is_long_past_is_forgotten() -> None:
    most = after(throttle(times=30), 2, at=2 * MINUTE, began=MINUTE)
    assert most.until - most.since == LONGEST
    assert after(throttle(times=3), 2, at=FIRST + LONGEST, began=FIRST).times == 1
    assert after(throttle(times=3), 2, at=FIRST + MINUTE, began=FIRST).times == 4


@pytest.mark.parametrize(
    ("per_account", "held", "at", "most"),
    [
        (None, None, NOW, None),
        (4, None, NOW, 4),
        (None, throttle(), NOW, 2),
        (4, throttle(), NOW, 2),
        (1, throttle(), NOW, 1),
        (4, throttle(), NOW + FIRST, 4),
        (4, throttle(), NOW - 2 * LONGEST, 4),  # the clock went back
    ],
)
def test_the_smaller_limit_counts_while_it_holds(
    per_account: int | None, held: Throttle | None, at: datetime, most: int | None
) -> None:
    assert run_limit(per_account, held, at) == most


@pytest.mark.parametrize(
    ("account", "executing", "per_account", "throttles", "why"),
    [
        ("aws 1", {"aws 1": 2}, 2, {}, "2 of at most 2 concurrent runs are active in account aws 1"),
        ("aws 1", {"aws 1": 1}, 2, {}, None),
        ("aws 1", {"aws 2": 5}, 2, {}, None),
        ("", {"": 9}, 2, {}, None),
        ("aws 1", {"aws 1": 9}, None, {}, None),
        (
            "aws 1",
            {"aws 1": 2},
            None,
            {"aws 1": throttle()},
            "at most 2 at once in account aws 1 until 12:05:00 UTC, because the provider is being throttled: Rate exceeded",
        ),
    ],
)
def test_why_no_run_of_an_account_starts_is_said(
    account: str,
    executing: dict[str, int],
    per_account: int | None,
    throttles: dict[str, Throttle],
    why: str | None,
) -> None:
    assert crowded(account, executing, per_account, throttles, NOW) == why
