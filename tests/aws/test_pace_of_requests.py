"""How often AWS is asked."""

from runner.model.aws.rate import DEFAULT, RATES, Bucket, Rate, bucket_of, full, rate_of


def waits(bucket: Bucket, times: list[float]) -> list[float]:
    waited = []
    for now in times:
        bucket, seconds = bucket.take(now)
        waited.append(seconds)
    return waited


def test_a_burst_passes_and_what_comes_then_waits_for_a_token_of_its_own() -> None:
    assert waits(full(Rate(2, 3), 0.0), [0.0] * 6) == [0, 0, 0, 0.5, 1.0, 1.5]


def test_a_bucket_fills_while_nobody_asks_but_never_beyond_its_burst() -> None:
    assert waits(full(Rate(2, 2), 0.0), [0.0, 0.0, 100.0, 100.0, 100.0]) == [0, 0, 0, 0, 0.5]


def test_a_clock_that_stands_still_or_goes_back_gives_no_tokens() -> None:
    assert waits(full(Rate(1, 1), 50.0), [50.0, 40.0]) == [0, 1.0]


def test_over_a_long_time_no_more_is_sent_than_the_rate_allows() -> None:
    bucket, at, sent = full(Rate(2, 2), 0.0), 0.0, 0
    while at < 60:
        bucket, seconds = bucket.take(at)
        at += seconds
        sent += at < 60
    assert 119 <= sent <= 122


def test_lookups_of_the_event_history_have_a_bucket_of_their_own_below_the_quota_of_aws() -> None:
    assert rate_of("cloudtrail", "LookupEvents").per_second < 2
    assert bucket_of("cloudtrail", "LookupEvents") != bucket_of("cloudtrail", "DescribeTrails")


def test_a_service_without_a_row_gets_the_default() -> None:
    assert "workspaces" not in RATES
    assert rate_of("workspaces", "DescribeWorkspaces") == DEFAULT
    assert bucket_of("workspaces", "DescribeWorkspaces") == bucket_of("workspaces", "DescribeTags")
