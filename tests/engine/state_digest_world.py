"""What a state digest is asked of a world's last execution, and a cloud with a bucket for states."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.request import Request, urlopen

import boto3
import pytest
from engine_world import World
from moto.server import ThreadedMotoServer

from runner.engine.initialised.seal import SEALED, newest
from runner.engine.journal import Journal
from runner.engine.session import Session
from runner.engine.state.digest import StateDigests
from runner.model.code.engines import TERRAFORM
from runner.ports.engine import Fallback

SECRET = "canary-of-the-run"
LOGIN = {"AWS_ACCESS_KEY_ID": "AKIACANARY", "AWS_SECRET_ACCESS_KEY": SECRET}


@pytest.fixture
def digests() -> StateDigests:
    return StateDigests()


def session_of(world: World, **environment: str) -> Session:
    """Of the last execution, with what its `init` left."""
    assert world.last is not None
    seal = newest(world.last.workspace.data.with_name(SEALED))
    given = {**(world.daemon or {}), **environment}
    nowhere = Path("/nonexistent")
    return Session(
        TERRAFORM, nowhere, "1.11.4", world.last, given, nowhere, cast(Journal, None), seal=seal, read={}
    )


def told(digests: StateDigests, world: World, **environment: str) -> str:
    answer = digests.of(session_of(world, **environment))
    assert isinstance(answer, str), answer
    return answer


def refused(digests: StateDigests, world: World, **environment: str) -> str:
    answer = digests.of(session_of(world, **environment))
    assert isinstance(answer, Fallback), answer
    assert SECRET not in answer.reason
    return answer.reason


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(server: str) -> Any:
    urlopen(Request(f"{server}/moto-api/reset", method="POST")).close()
    client = boto3.client(
        "s3", endpoint_url=server, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket="states")
    return client
