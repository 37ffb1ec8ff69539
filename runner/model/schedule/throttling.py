"""When a provider throttles: how it is known, and how many runs its account gets for a while."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from runner.model.plan.changes import Diagnostic
from runner.model.stack.definition import AwsRoles

# What the error text of a provider holds where it was refused for asking too often. Words of a message and names of
# attributes, such as `throttling_burst_limit`, must not be taken for it.
PATTERNS: Mapping[str, re.Pattern[str]] = {
    "the AWS SDK's codes": re.compile(
        r"(?:(?<![\w.])Throttling(?=:)|\b(?:ThrottlingException|ThrottledException|RequestThrottled|RequestThrottledException"
        r"|RequestLimitExceeded|SlowDown|PriorRequestNotComplete|TooManyRequests|TooManyRequestsException)\b)"
    ),
    "AWS in words": re.compile(r"\bRate exceeded\b"),
    "the AWS SDK's own limit": re.compile(r"\bfailed to get rate limit token\b"),
    "HTTP": re.compile(
        r"\b429 Too Many Requests\b|\b(?:status(?: ?code)?|StatusCode|HTTP(?:/[\d.]+)?(?: status)?|Error)[:=]? ?\"?429\b",
        re.IGNORECASE,
    ),
    "Google": re.compile(r"\b(?:user)?rateLimitExceeded\b", re.IGNORECASE),
    "GitHub": re.compile(r"\bAPI rate limit (?:of \S+ )?(?:still )?exceeded\b"),
}
WHY = "the provider throttles: "  # how the reason of a run that waits for it begins
MOST_WAITS = 6  # half an hour in all; then the run fails like any other
FIRST = timedelta(minutes=5)
LONGEST = timedelta(hours=1)
_TOLD = 200


def throttling(diagnostics: Iterable[Diagnostic]) -> str | None:
    """What the provider said, where it was refused for asking too often; else None."""
    for diagnostic in diagnostics:
        if diagnostic.severity != "error":
            continue
        for line in (*diagnostic.summary.splitlines(), *diagnostic.detail.splitlines()):
            if any(pattern.search(line) for pattern in PATTERNS.values()):
                return _around(line.strip())
    return None


def _around(line: str) -> str:
    """The end of a long line: the code comes after what was asked for."""
    return line if len(line) <= _TOLD else "..." + line[-_TOLD:]


_ACCOUNT = re.compile(r"arn:[\w-]+:iam::(\d{12}):")


def account_of(aws: AwsRoles, *, for_apply: bool = False) -> str:
    """What shares one limit of a provider: the account of the role, or that of the daemon's own AWS credentials.

    Empty where nothing tells: such stacks have no limit in common.
    """
    role = (aws.apply_role or aws.plan_role) if for_apply else aws.plan_role
    if role is not None and (found := _ACCOUNT.match(role)):
        return f"aws {found[1]}"
    return "aws" if aws.region is not None and role is None else ""


@dataclass(frozen=True)
class Throttle:
    """An account that gets fewer runs at once until a time."""

    account: str
    at_most: int
    since: datetime
    until: datetime
    times: int  # in a row
    reason: str  # what the provider said

    def holds(self, now: datetime) -> bool:
        """Not for ever where the clock goes back."""
        return now < self.until <= now + LONGEST

    def __str__(self) -> str:
        return f"at most {self.at_most} at once in account {self.account} until {self.until:%H:%M:%S} UTC"


def throttled(
    before: Throttle | None, account: str, executing: int, began: datetime, now: datetime, reason: str
) -> Throttle:
    """Half of what executed there. Those that had begun before the last halving say nothing about it."""
    if before is not None and before.holds(now) and began <= before.since:
        return before
    recent = before is not None and before.until <= now < before.until + LONGEST
    times = before.times + 1 if before is not None and (before.holds(now) or recent) else 1
    pause = min(FIRST * (1 << min(times - 1, 10)), LONGEST)
    return Throttle(account, max(1, executing // 2), now, now + pause, times, reason)


def most_at_once(per_account: int | None, throttle: Throttle | None, now: datetime) -> int | None:
    """How many runs an account gets; None where nothing limits it."""
    limits = [per_account, throttle.at_most if throttle is not None and throttle.holds(now) else None]
    return min((limit for limit in limits if limit is not None), default=None)


def crowded(
    account: str,
    executing: Mapping[str, int],
    per_account: int | None,
    throttles: Mapping[str, Throttle],
    now: datetime,
) -> str | None:
    """Why no run of this account starts now, or None."""
    if not account:
        return None
    throttle = throttles.get(account)
    most, busy = most_at_once(per_account, throttle, now), executing.get(account, 0)
    if most is None or busy < most:
        return None
    if throttle is not None and throttle.holds(now) and throttle.at_most == most:
        return f"{throttle}, since the provider throttles: {throttle.reason}"
    return f"{busy} of at most {most} runs at once go on in account {account}"
