"""How many requests a second AWS gets from Driftline. Its quotas are shared with everybody who works in the account."""

from collections.abc import Mapping

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Rate:
    per_second: float
    burst: int


DEFAULT = Rate(10, 20)
# By service and operation, or by service alone.
RATES: Mapping[str, Rate] = {
    # "limited to two per second, per account, per Region":
    # https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    # One of the two, with a burst of two, leaves room for people who look there.
    "cloudtrail:LookupEvents": Rate(1, 2),
    "s3": Rate(50, 50),
    # Standard queues take any number; a burst of events is read in calls of ten messages.
    "sqs": Rate(100, 100),
}


def rate_of(service: str, operation: str) -> Rate:
    return RATES.get(f"{service}:{operation}") or RATES.get(service) or DEFAULT


def bucket_of(service: str, operation: str) -> str:
    """What shares one bucket: an operation with a rate of its own, or the rest of its service."""
    own = f"{service}:{operation}"
    return own if own in RATES else service


@dataclass(frozen=True)
class Bucket:
    """A token bucket at a time. It goes below zero, so that each of several callers waits for a token of its own."""

    rate: Rate
    tokens: float
    at: float

    def take(self, now: float) -> tuple["Bucket", float]:
        """The bucket without one token, and for how many seconds to wait before using it."""
        elapsed = max(0.0, now - self.at)
        left = min(self.rate.burst, self.tokens + elapsed * self.rate.per_second) - 1
        return Bucket(self.rate, left, now), max(0.0, -left / self.rate.per_second)


def full(rate: Rate, now: float) -> Bucket:
    return Bucket(rate, float(rate.burst), now)
