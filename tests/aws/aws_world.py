"""An AWS that is moto, with accounts, roles and policies that it enforces."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from runner.model.settings.aws import AwsAccount

ACCOUNT = "111122223333"
OWN = "123456789012"  # moto's, of credentials that it does not know
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/driftline-reads"
READ = AwsAccount(ACCOUNT, (REGION, "us-east-1"), ROLE)


@dataclass(frozen=True)
class Aws:
    url: str

    def client(self, service: str, region: str = REGION, **login: str) -> Any:
        """boto3's, for somebody who works by hand in moto's own account, or with another login."""
        import boto3

        given = login or {"aws_access_key_id": "canary", "aws_secret_access_key": "canary"}
        return boto3.session.Session().client(
            service,
            region_name=region,
            endpoint_url=self.url,
            **given,  # type: ignore[call-overload]
        )

    def inside(self, service: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        """The same inside of another account."""
        role = f"arn:aws:iam::{account}:role/admin"
        keys = self.client("sts").assume_role(RoleArn=role, RoleSessionName="hand")["Credentials"]
        return self.client(
            service,
            region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def role(self, document: dict[str, Any], name: str = "driftline-reads", account: str = ACCOUNT) -> None:
        """A role that may do what the document says."""
        self.inside("iam", account).create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        self.allow(document, name, account)

    def allow(self, document: dict[str, Any], name: str = "driftline-reads", account: str = ACCOUNT) -> None:
        """Only this, from now on."""
        iam = self.inside("iam", account)
        iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=json.dumps(document))

    def reset(self) -> None:
        self._post("reset", b"")

    @contextmanager
    def enforcing(self) -> Iterator[None]:
        """Policies count."""
        self._post("reset-auth", b"0")
        try:
            yield
        finally:
            self._post("reset-auth", b"inf")

    def _post(self, what: str, body: bytes) -> None:
        plain = {"Content-Type": "text/plain"}  # a form would be read away
        urlopen(Request(f"{self.url}/moto-api/{what}", body, plain, method="POST")).close()


def _without_openapi() -> None:
    """moto's API Gateway, and its CloudFormation, import a validator of OpenAPI documents. No test has one."""
    if find_spec("openapi_spec_validator") is not None:
        return
    members: dict[str, dict[str, Any]] = {
        "openapi_spec_validator": {"validate": None},
        "openapi_spec_validator.validation": {},
        "openapi_spec_validator.validation.exceptions": {"OpenAPIValidationError": ValueError},
    }
    for name, has in members.items():
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(has, __spec__=ModuleSpec(name, None))


@contextmanager
def serving() -> Iterator[Aws]:
    _without_openapi()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield Aws(f"http://{host}:{port}")
    finally:
        server.stop()


@pytest.fixture(scope="session")
def moto() -> Iterator[Aws]:
    with serving() as aws:
        yield aws


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the daemon."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADAEMON")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-daemon")
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)


@pytest.fixture
def aws(moto: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """An empty cloud that this process is configured for."""
    moto.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)
    return moto
