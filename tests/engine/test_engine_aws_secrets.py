"""Secrets that contexts name in AWS, from a real interface (moto)."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from runner.engine.aws_secrets import fetch
from runner.host.reference import Unresolved, resolve


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIADAEMON",
        "AWS_SECRET_ACCESS_KEY": "of-the-daemon",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    return boto3.session.Session()


def test_a_secret_is_fetched_by_its_name_and_by_its_arn(aws: Any) -> None:
    made = aws.client("secretsmanager").create_secret(Name="prod/db", SecretString="tr0ub4dor")
    assert resolve("user:${aws-secret:prod/db}", {}, fetch) == "user:tr0ub4dor"
    assert fetch("aws-secret", made["ARN"]) == "tr0ub4dor"


def test_a_parameter_is_fetched_decrypted(aws: Any) -> None:
    aws.client("ssm").put_parameter(Name="/prod/db", Value="tr0ub4dor", Type="SecureString")
    assert fetch("aws-ssm", "/prod/db") == "tr0ub4dor"


@pytest.mark.parametrize("kind", ["aws-secret", "aws-ssm"])
def test_a_secret_that_is_not_there_is_named(aws: Any, kind: str) -> None:
    with pytest.raises(Unresolved, match=rf"\$\{{{kind}:/no/such\}}: (ResourceNotFound|ParameterNotFound)"):
        fetch(kind, "/no/such")


def test_a_binary_secret_is_refused(aws: Any) -> None:
    aws.client("secretsmanager").create_secret(Name="binary", SecretBinary=b"\x00\x01")
    with pytest.raises(Unresolved, match="is binary"):
        fetch("aws-secret", "binary")
