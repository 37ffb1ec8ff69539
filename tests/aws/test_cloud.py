"""Reading accounts: credentials, pace and errors, against a real interface (moto)."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_world import ACCOUNT, OWN, READ, REGION, ROLE, Aws
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from runner.aws.cloud import SESSION_NAME, Cloud
from runner.aws.pace import Pace
from runner.errors import (
    AwsAccountDiffers,
    AwsAccountUnknown,
    AwsDenied,
    AwsForbidden,
    AwsGone,
    AwsIdentityMissing,
    AwsRefused,
    AwsThrottled,
    AwsUnreachable,
    CredentialsFailed,
    DriftlineError,
    Interrupted,
)
from runner.model.aws.place import Place
from runner.model.settings.aws import AwsAccount

HERE = Place(ACCOUNT, REGION)


def refused(code: str, message: str, status: int = 400) -> None:
    cloud = Cloud([READ])
    with Stubber(cloud.client(HERE, "cloudtrail")) as stub:
        stub.add_client_error("lookup_events", code, message, status)
        cloud.call(HERE, "cloudtrail", "lookup_events")


def who(cloud: Cloud, place: Place) -> str:
    return str(cloud.call(place, "sts", "get_caller_identity")["Arn"])


def test_an_account_is_read_under_its_role_and_under_a_name_that_its_trail_shows(aws: Aws) -> None:
    assert who(Cloud([READ]), HERE) == (f"arn:aws:sts::{ACCOUNT}:assumed-role/driftline-reads/{SESSION_NAME}")


def test_each_account_is_read_under_its_own_role(aws: Aws) -> None:
    other = AwsAccount("444455556666", (REGION,), "arn:aws:iam::444455556666:role/reads")
    cloud = Cloud([READ, other])
    assert "444455556666" in who(cloud, Place("444455556666", REGION))
    assert ACCOUNT in who(cloud, HERE)


def test_a_role_is_assumed_once_for_all_services_and_regions(aws: Aws) -> None:
    cloud = Cloud([READ])
    for place in (HERE, Place(ACCOUNT, "us-east-1")):
        cloud.call(place, "sqs", "list_queues")
        cloud.call(place, "sns", "list_topics")
    keys = {
        cloud.client(place, service)._request_signer._credentials.access_key
        for place in (HERE, Place(ACCOUNT, "us-east-1"))
        for service in ("sqs", "sns")
    }
    assert len(keys) == 1


def test_credentials_are_renewed_before_they_expire(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud([READ])
    cloud.call(HERE, "sqs", "list_queues")
    credentials = cloud.client(HERE, "sqs")._request_signer._credentials
    before = credentials.access_key
    later = datetime.now(UTC) + timedelta(minutes=50)
    monkeypatch.setattr(credentials, "_time_fetcher", lambda: later)
    monkeypatch.setattr("botocore.credentials._local_now", lambda: later)
    cloud.call(HERE, "sqs", "list_queues")
    assert credentials.access_key != before


def test_without_a_role_the_daemons_own_identity_reads_its_account(aws: Aws) -> None:
    cloud = Cloud([AwsAccount(OWN, (REGION,))])
    assert cloud.call(Place(OWN, REGION), "sqs", "list_queues")["ResponseMetadata"]


def test_the_daemons_own_identity_never_answers_for_another_account(aws: Aws) -> None:
    cloud = Cloud([AwsAccount("444455556666", (REGION,))])
    with pytest.raises(AwsAccountDiffers, match=f"444455556666 belong to account {OWN}"):
        cloud.call(Place("444455556666", REGION), "sqs", "list_queues")


def test_an_account_that_is_not_configured_is_not_read() -> None:
    with pytest.raises(AwsAccountUnknown, match="999999999999"):
        Cloud([READ]).call(Place("999999999999", REGION), "sqs", "list_queues")


def test_every_page_is_fetched_and_only_when_it_is_asked_for(aws: Aws) -> None:
    sqs = aws.inside("sqs")
    for number in range(5):
        sqs.create_queue(QueueName=f"queue-{number}")
    sent: list[str] = []
    cloud = Cloud([READ])
    cloud.client(HERE, "sqs").meta.events.register(
        "before-send", lambda event_name, **_: sent.append(event_name)
    )
    pages = cloud.pages(HERE, "sqs", "list_queues", PaginationConfig={"PageSize": 2})
    assert len(next(pages)["QueueUrls"]) == 2
    assert len(sent) == 1
    assert sum(len(page["QueueUrls"]) for page in pages) == 3


def test_each_attempt_waits_for_its_turn(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Place, str, str]] = []
    pace = Pace()
    monkeypatch.setattr(pace, "keep", lambda *what: asked.append(what))
    cloud = Cloud([READ], pace)
    cloud.call(HERE, "sqs", "list_queues")
    assert asked == [(HERE, "sqs", "ListQueues")]


def test_two_regions_and_two_services_do_not_share_a_bucket() -> None:
    waited: list[float] = []
    pace = Pace(monotonic=lambda: 0.0)
    pace.wait = lambda seconds: bool(waited.append(seconds))  # type: ignore[method-assign, func-returns-value]
    for place in (HERE, Place(ACCOUNT, "us-east-1")):
        for _ in range(2):
            pace.keep(place, "cloudtrail", "LookupEvents")
            pace.keep(place, "sqs", "ListQueues")
    assert set(waited) == {0.0}
    pace.keep(HERE, "cloudtrail", "LookupEvents")
    assert waited[-1] == 1.0


def test_whoever_waits_for_a_turn_leaves_when_driftline_ends() -> None:
    pace = Pace(monotonic=lambda: 0.0)
    pace.stop()
    with pytest.raises(Interrupted):
        pace.keep(HERE, "sqs", "ListQueues")


@pytest.mark.parametrize(
    ("code", "message", "error", "says"),
    [
        pytest.param(
            "AccessDeniedException",
            f"User: {ROLE} is not authorized to perform: cloudtrail:LookupEvents",
            AwsDenied,
            "may not use cloudtrail:LookupEvents in account 111122223333, eu-west-1",
            id="denied",
        ),
        pytest.param(
            "AccessDenied",
            "is not authorized to perform: cloudtrail:LookupEvents with an explicit deny in a service control policy",
            AwsForbidden,
            "a service control policy denies it explicitly",
            id="organization",
        ),
        pytest.param("ThrottlingException", "Rate exceeded", AwsThrottled, "AWS throttles", id="throttled"),
        pytest.param("QueueDoesNotExist", "no", AwsGone, "QueueDoesNotExist", id="gone"),
        pytest.param("InvalidTimeRangeException", "no", AwsRefused, "InvalidTimeRange", id="refused"),
    ],
)
def test_what_aws_answers_is_one_of_our_errors(
    code: str, message: str, error: type[DriftlineError], says: str
) -> None:
    with pytest.raises(error, match=says):
        refused(code, message)


@pytest.mark.parametrize(("status", "error"), [(403, AwsDenied), (429, AwsThrottled), (418, AwsRefused)])
def test_an_answer_without_a_code_is_understood_by_its_status(
    status: int, error: type[DriftlineError]
) -> None:
    with pytest.raises(error):
        refused("", "", status)


def test_an_error_repeats_no_request() -> None:
    with pytest.raises(AwsRefused) as caught:
        refused("Odd", "canary-of-the-request")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_role_that_cannot_be_assumed_is_named(aws: Aws) -> None:
    with aws.enforcing(), pytest.raises(CredentialsFailed, match=ROLE):
        Cloud([READ]).call(HERE, "sqs", "list_queues")


def test_a_daemon_without_an_identity_is_said_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for account in (READ, AwsAccount(ACCOUNT, (REGION,))):
        with pytest.raises(AwsIdentityMissing, match="no AWS credentials to read account 111122223333"):
            Cloud([account]).call(HERE, "sqs", "list_queues")


def test_an_aws_that_does_not_answer_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs.eu-west-1.amazonaws.com")

    cloud = Cloud([READ])
    monkeypatch.setattr(cloud.client(HERE, "sqs"), "_make_request", fail)
    with pytest.raises(AwsUnreachable, match=r"EndpointConnectionError at https://sqs"):
        cloud.call(HERE, "sqs", "list_queues")


def test_an_error_of_whoever_reads_pages_is_their_own(aws: Aws) -> None:
    aws.inside("sqs").create_queue(QueueName="one")
    own = ClientError({"Error": {"Code": "AccessDenied"}}, "Own")
    pages = Cloud([READ]).pages(HERE, "sqs", "list_queues")
    next(pages)
    with pytest.raises(ClientError):
        pages.throw(own)  # type: ignore[attr-defined]


def test_boto3_is_imported_only_to_reach_an_account() -> None:
    code = (
        "import sys, runner.app, runner.daemon.loop, runner.cli.commands.aws, runner.aws.permissions, runner.aws.cloud\n"
        "sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
