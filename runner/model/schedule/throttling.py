"""When a provider throttles: how it is detected, and how many runs its account gets for a while."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from runner.model.changes.changes import Diagnostic
from runner.model.stack.definition import AwsRoles
from runner.model.values.frozen import dataclass
from runner.model.values.regex import regex

# Error texts of providers that refuse because of too many requests. Words of a message and names of
# attributes, such as `throttling_burst_limit`, must not match.
PATTERNS: Mapping[str, re.Pattern[str]] = {
    "the AWS SDK's codes": regex(
        r"(?:(?<![\w.])Throttling(?=:)|\b(?:ThrottlingException|ThrottledException|RequestThrottled|RequestThrottledException"
        r"|RequestLimitExceeded|SlowDown|PriorRequestNotComplete|TooManyRequests|TooManyRequestsException)\b)"
    ),
    "AWS in words": regex(r"\bRate exceeded\b"),
    "the AWS SDK's own limit": regex(r"\bfailed to get rate limit token\b"),
    "HTTP": regex(
        r"\b429 Too Many Requests\b|\b(?:status(?: ?code)?|StatusCode|HTTP(?:/[\d.]+)?(?: status)?|Error)[:=]? ?\"?429\b",
        re.IGNORECASE,
    ),
    "Google": regex(r"\b(?:user)?rateLimitExceeded\b", re.IGNORECASE),
    "GitHub": regex(r"\bAPI rate limit (?:of \S+ )?(?:still )?exceeded\b"),
}
WHY = "the provider is being throttled: "  # prefix of a waiting run's reason
MAX_WAITS = 6  # half an hour in total; then the run fails like any other
FIRST = timedelta(minutes=5)
LONGEST = timedelta(hours=1)
_MAX_REASON = 200


def throttling(diagnostics: Iterable[Diagnostic]) -> str | None:
    """The provider's message, if it refused because of too many requests; otherwise None."""
    for diagnostic in diagnostics:
        if diagnostic.severity != "error":
            continue
        for line in (*diagnostic.summary.splitlines(), *diagnostic.detail.splitlines()):
            if any(pattern.search(line) for pattern in PATTERNS.values()):
                return _around(line.strip())
    return None


def _around(line: str) -> str:
    """The end of a long line: the code comes after the request."""
    return line if len(line) <= _MAX_REASON else "..." + line[-_MAX_REASON:]


_ACCOUNT = regex(r"arn:[\w-]+:iam::(\d{12}):")


def account_of(aws: AwsRoles, *, for_apply: bool = False) -> str:
    """What shares one rate limit: the account of the role, or that of the daemon's own AWS credentials.

    Empty if unknown: such stacks share no limit.
    """
    role = (aws.apply_role or aws.plan_role) if for_apply else aws.plan_role
    if role is not None and (found := _ACCOUNT.match(role)):
        return f"aws {found[1]}"
    return "aws" if aws.region is not None and role is None else ""


@dataclass(frozen=True)
class Throttle:
    """An account that gets fewer concurrent runs until a time."""

    account: str
    at_most: int
    since: datetime
    until: datetime
    times: int  # consecutive
    reason: str  # the provider's message

    def holds(self, now: datetime) -> bool:
        """Ends even if the clock goes back."""
        return now < self.until <= now + LONGEST

    def __str__(self) -> str:
        return f"at most {self.at_most} at once in account {self.account} until {self.until:%H:%M:%S} UTC"


def throttled(
    before: Throttle | None, account: str, executing: int, began: datetime, now: datetime, reason: str
) -> Throttle:
    """Half of what executed there. Runs that began before the last halving do not count against it."""
    if before is not None and before.holds(now) and began <= before.since:
        return before
    recent = before is not None and before.until <= now < before.until + LONGEST
    times = before.times + 1 if before is not None and (before.holds(now) or recent) else 1
    pause = min(FIRST * (1 << min(times - 1, 10)), LONGEST)
    return Throttle(account, max(1, executing // 2), now, now + pause, times, reason)


def run_limit(per_account: int | None, throttle: Throttle | None, now: datetime) -> int | None:
    """How many runs an account gets; None if unlimited."""
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
    limit, busy = run_limit(per_account, throttle, now), executing.get(account, 0)
    if limit is None or busy < limit:
        return None
    if throttle is not None and throttle.holds(now) and throttle.at_most == limit:
        return f"{throttle}, because the provider is being throttled: {throttle.reason}"
    return f"{busy} of at most {limit} concurrent runs are active in account {account}"
