"""Short-lived AWS credentials from a real STS interface (moto)."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from moto.server import ThreadedMotoServer

from runner.engine.credentials import AwsCredentials
from runner.errors import CredentialsFailed
from runner.model.stack.definition import AwsRoles

PLAN = "arn:aws:iam::111122223333:role/driftline-plan"
APPLY = "arn:aws:iam::111122223333:role/driftline-apply"
BOTH = AwsRoles(region="eu-west-1", plan_role=PLAN, apply_role=APPLY)


@pytest.fixture(scope="module")
def sts() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def asked(sts: str, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What STS was asked for, by the daemon's own identity."""
    requests: list[dict[str, str]] = []
    from botocore.httpsession import URLLib3Session

    send = URLLib3Session.send

    def note(self: URLLib3Session, request: Any) -> Any:
        body = request.body
        fields = parse_qs(body.decode() if isinstance(body, bytes) else str(body))
        requests.append({name: values[0] for name, values in fields.items()})
        return send(self, request)

    monkeypatch.setattr(URLLib3Session, "send", note)
    monkeypatch.setenv("AWS_ENDPOINT_URL", sts)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADAEMON")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-daemon")
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    return requests


def test_a_stack_without_roles_gets_nothing_and_nobody_is_asked(asked: list[dict[str, str]]) -> None:
    assert AwsCredentials().environment(AwsRoles(region="eu-west-1"), "run-1", for_apply=True) == {}
    assert asked == []


def test_a_child_gets_short_lived_credentials_of_its_role(asked: list[dict[str, str]]) -> None:
    given = AwsCredentials().environment(BOTH, "run-184", for_apply=False)
    assert set(given) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    assert given["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    [request] = asked
    assert request["RoleArn"] == PLAN
    assert request["RoleSessionName"] == "driftline-run-184"
    assert int(request["DurationSeconds"]) <= 3600
    assert "ExternalId" not in request


def test_planning_and_applying_use_different_roles_and_never_share(asked: list[dict[str, str]]) -> None:
    credentials = AwsCredentials()
    plan = credentials.environment(BOTH, "run-1", for_apply=False)
    apply = credentials.environment(BOTH, "run-1", for_apply=True)
    assert [request["RoleArn"] for request in asked] == [PLAN, APPLY]
    assert not set(plan.values()) & set(apply.values())


def test_even_one_role_for_both_is_taken_twice(asked: list[dict[str, str]]) -> None:
    credentials = AwsCredentials()
    same = AwsRoles(region="eu-west-1", plan_role=PLAN, apply_role=PLAN)
    assert credentials.environment(same, "run-1", for_apply=False) != credentials.environment(
        same, "run-1", for_apply=True
    )


def test_planning_never_gets_the_role_for_applying(asked: list[dict[str, str]]) -> None:
    only_apply = AwsRoles(region="eu-west-1", apply_role=APPLY)
    assert AwsCredentials().environment(only_apply, "run-1", for_apply=False) == {}
    assert asked == []


def test_an_apply_without_its_own_role_uses_the_plans(asked: list[dict[str, str]]) -> None:
    AwsCredentials().environment(AwsRoles(region="eu-west-1", plan_role=PLAN), "run-1", for_apply=True)
    assert asked[0]["RoleArn"] == PLAN


def test_credentials_are_kept_until_five_minutes_before_they_expire(asked: list[dict[str, str]]) -> None:
    now = datetime.now(UTC)
    clock = [now]
    credentials = AwsCredentials(now=lambda: clock[0])
    first = credentials.environment(BOTH, "run-1", for_apply=False)
    clock[0] = now + timedelta(minutes=54)
    assert credentials.environment(BOTH, "run-1", for_apply=False) == first
    clock[0] = now + timedelta(minutes=56)
    assert credentials.environment(BOTH, "run-1", for_apply=False) != first
    assert len(asked) == 2


def test_another_run_has_a_session_of_its_own(asked: list[dict[str, str]]) -> None:
    credentials = AwsCredentials()
    credentials.environment(BOTH, "run-1", for_apply=False)
    credentials.environment(BOTH, "run-2", for_apply=False)
    assert [request["RoleSessionName"] for request in asked] == ["driftline-run-1", "driftline-run-2"]


def test_an_external_id_may_be_a_credential_of_the_unit(
    asked: list[dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ext").write_text("shared-secret\n")
    roles = AwsRoles(region="eu-west-1", plan_role=PLAN, external_id="${cred:ext}")
    AwsCredentials(credentials_folder=tmp_path).environment(roles, "run-1", for_apply=False)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    AwsCredentials().environment(roles, "run-1", for_apply=False)
    assert [request["ExternalId"] for request in asked] == ["shared-secret", "shared-secret"]


@pytest.mark.parametrize("reference", ["${cred:missing}", "${cred:ext}"])
def test_an_external_id_that_is_not_there_is_an_error(
    asked: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, reference: str
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    roles = AwsRoles(region="eu-west-1", plan_role=PLAN, external_id=reference)
    with pytest.raises(CredentialsFailed, match="external id"):
        AwsCredentials().environment(roles, "run-1", for_apply=False)
    assert asked == []


def test_a_reference_cannot_leave_the_folder_of_credentials(
    asked: list[dict[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("of somebody else")
    inside = tmp_path / "credentials"
    inside.mkdir()
    roles = AwsRoles(region="eu-west-1", plan_role=PLAN, external_id="${cred:../secret}")
    AwsCredentials(credentials_folder=inside).environment(roles, "run-1", for_apply=False)
    assert asked[0]["ExternalId"] == "${cred:../secret}"


def test_a_refusal_names_the_role_and_no_secret(
    asked: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = AwsRoles(region="eu-west-1", plan_role="arn:x", external_id="the-external-id")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(CredentialsFailed) as caught:
        AwsCredentials().environment(roles, "run-1", for_apply=False)
    assert "arn:x" in caught.value.message
    assert "the-external-id" not in caught.value.message
    assert "of-the-daemon" not in str(caught.value.facts)


def test_a_region_that_does_not_answer_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def assume(session: Any) -> tuple[dict[str, str], datetime]:
        if session.region == "eu-dead-1":
            asked.set()
            assert go_on.wait(30)
        return {"AWS_ACCESS_KEY_ID": session.region}, datetime.now(UTC) + timedelta(hours=1)

    monkeypatch.setattr("runner.engine.credentials._assume", assume)
    credentials = AwsCredentials()
    dead = replace(BOTH, region="eu-dead-1")
    with ThreadPoolExecutor(1) as threads:
        hung = threads.submit(credentials.environment, dead, "run-1", for_apply=False)
        assert asked.wait(30)
        given = credentials.environment(BOTH, "run-2", for_apply=False)
        assert given == {"AWS_ACCESS_KEY_ID": "eu-west-1"}
        assert not hung.done()
        go_on.set()
        assert hung.result() == {"AWS_ACCESS_KEY_ID": "eu-dead-1"}
