"""Which bytes a state has is told without the engine, and each of them by something else; what is not known is a reason."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_world import World, needs_terraform
from state_digest_world import LOGIN, SECRET, digests, refused, s3, server, session_of, told

from runner.engine.initialised.seal import SEALED
from runner.engine.state.bucket import Buckets
from runner.engine.state.digest import StateDigests
from runner.ports.engine import Fallback

pytestmark = needs_terraform

__all__ = ("digests", "s3", "server")


def test_other_backends_are_named(world: World, digests: StateDigests, tmp_path: Path) -> None:
    with recorded(world, "gcs", {"bucket": "b"}):
        assert refused(digests, world) == "a change of a state in the gcs backend cannot be noticed cheaply"


@contextmanager
def recorded(world: World, kind: str, config: Mapping[str, Any]) -> Iterator[None]:
    """As if `init` had recorded this."""
    import hashlib

    world.managed = False
    world.execution()
    assert world.last is not None
    data = world.last.workspace.data.with_name(SEALED)
    content = json.dumps({"version": 3, "backend": {"type": kind, "config": config, "hash": 1}}).encode()
    manifest: dict[str, Any] = {
        "everything": "", "relevant": "", "backend": kind, "modules": [], "folders": [], "links": {}, "lock": None,
        "files": {"terraform.tfstate": (0o600, hashlib.sha256(content).hexdigest())},
    }  # fmt: skip
    text = json.dumps(manifest).encode()
    place = data / hashlib.sha256(text).hexdigest()
    (place / "data").mkdir(parents=True)
    (place / "data/terraform.tfstate").write_bytes(content)
    (place / "manifest.json").write_bytes(text)
    yield


def test_a_seal_that_may_be_of_another_revision_does_not_count(world: World, digests: StateDigests) -> None:
    with recorded(world, "s3", PLACE):
        answer = digests.of(replace(session_of(world, **LOGIN), read=None))
    assert answer == Fallback("no init of this code is known")


def test_the_same_bytes_at_another_place_are_another_state(
    world: World, digests: StateDigests, server: str, s3: Any
) -> None:
    s3.create_bucket(Bucket="others")
    found = set()
    for bucket, key in (("states", "k"), ("states", "l"), ("others", "k")):
        s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
        place = {"bucket": bucket, "key": key, "endpoint": server, "use_path_style": True}
        with recorded(world, "s3", {**PLACE, **place}):
            found.add(told(digests, world, **LOGIN))
    assert len(found) == 3


PLACE = {"bucket": "states", "key": "k", "region": "us-east-1"}
ODD: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "a setting that is not known": ({"sse_customer_key": "x"}, {}, "sse_customer_key of the s3 backend is not"),
    "a profile": ({"profile": "x"}, {}, "profile of the s3 backend is not understood"),
    "another network": ({"use_fips_endpoint": True}, {}, "use_fips_endpoint of the s3 backend"),
    "no region": ({"region": None}, {}, "does not say its region"),
    "no bucket": ({"bucket": ""}, {}, "does not say its region, its bucket"),
    "a variable that is not known": ({}, {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "AWS_USE_DUALSTACK_ENDPOINT"),
    "a role's setting that is not known": (
        {"assume_role": {"role_arn": "a", "tags": {"a": "b"}}}, {}, "tags of assume_role",
    ),
    "a role without a name": ({"assume_role": {"external_id": "a"}}, {}, "role_arn of assume_role"),
    "settings of another form": ({"endpoints": "x"}, {}, "has an unknown form"),
    "credentials that this process does not have": (
        {}, {"AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "of-the-run"}, "the run has other credentials than this process",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "variables", "reason"), ODD.values(), ids=ODD)
def test_a_setting_that_is_not_understood_is_a_reason(
    world: World,
    digests: StateDigests,
    settings: dict[str, Any],
    variables: dict[str, str],
    reason: str,
) -> None:
    with recorded(world, "s3", {**PLACE, **settings}):
        assert reason in refused(digests, world, **{**LOGIN, **variables})


@contextmanager
def endpoint(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accepts connections, and does this with each."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def says(head: str) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            connection.sendall(f"HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    return answer


ANSWERS = {
    "403 Forbidden": "the bucket of the state answers 403",
    "503 Slow Down": "the bucket of the state answers 503",
    "200 OK": "does not say which version it has",
    "200 OK\r\nETag: x\r\nx-amz-bucket-region: eu-west-1": "is in another region than the backend says",
    "301 Moved\r\nLocation: http://127.0.0.1:1/": "the bucket of the state answers 301",
    "307 Moved\r\nLocation: http://127.0.0.1:1/": "the bucket of the state answers 307",
    "200 OK\r\nETag: x\r\nLast-Modified: never": "the bucket of the state cannot be asked: ",
    "nonsense": "the bucket of the state cannot be asked: ",
}


@pytest.mark.parametrize(("head", "reason"), ANSWERS.items(), ids=[one.split("\r")[0] for one in ANSWERS])
def test_an_endpoint_that_does_not_tell_is_a_reason(
    world: World, digests: StateDigests, head: str, reason: str
) -> None:
    with (
        endpoint(says(head)) as url,
        recorded(world, "s3", {**PLACE, "endpoints": {"s3": url}, "use_path_style": True}),
    ):
        assert reason in refused(digests, world, **LOGIN)
        assert not digests.buckets._clients or "answers" not in reason


def test_an_endpoint_that_is_not_there_is_a_reason(world: World, digests: StateDigests) -> None:
    with recorded(world, "s3", {**PLACE, "endpoint": "http://127.0.0.1:1"}):
        assert refused(digests, world, **LOGIN).startswith("the bucket of the state cannot be asked: ")


def test_an_endpoint_that_drips_is_left_alone_and_no_other_request_waits_for_it(world: World) -> None:
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.05):
                connection.sendall(b"X: y\r\n")

    digests = StateDigests(Buckets(0.3))
    with endpoint(drip) as url, recorded(world, "s3", {**PLACE, "endpoint": url, "use_path_style": True}):
        assert refused(digests, world, **LOGIN) == "the bucket of the state does not answer"
        threads = threading.active_count()
        for _ in range(5):
            assert refused(digests, world, **LOGIN) == "the bucket of the state does not answer"
        assert threading.active_count() == threads
        over.set()


def test_the_role_of_the_backend_is_assumed_with_the_credentials_of_the_run(
    world: World, digests: StateDigests, server: str, s3: Any
) -> None:
    s3.put_object(Bucket="states", Key="k", Body=b"{}")
    role = {
        "role_arn": "arn:aws:iam::123456789012:role/states",
        "external_id": "of-the-team",
        "duration": "1h",
    }
    settings = {
        **PLACE,
        "endpoints": {"s3": server, "sts": server},
        "use_path_style": True,
        "assume_role": role,
    }
    with recorded(world, "s3", settings):
        told(digests, world, **LOGIN)
        [client] = digests.buckets._clients.values()
    used = client._request_signer._credentials.get_frozen_credentials()
    assert used.access_key.startswith("ASIA")
    assert used.secret_key != SECRET


def test_files_of_the_machine_name_credentials_only_where_the_operator_says_so(
    world: World, digests: StateDigests, server: str, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put_object(Bucket="states", Key="k", Body=b"{}")
    file = tmp_path / "credentials"
    file.write_text(f"[team]\naws_access_key_id = AKIATEAM\naws_secret_access_key = {SECRET}\n")
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        monkeypatch.delenv(name)
    named = {"AWS_PROFILE": "team", "AWS_SHARED_CREDENTIALS_FILE": str(file)}
    with recorded(world, "s3", {**PLACE, "endpoint": server, "use_path_style": True}):
        assert "other credentials than this process" in refused(digests, world, **named)
        for name, value in named.items():
            monkeypatch.setenv(name, value)
        told(digests, world, **named)
        [client] = digests.buckets._clients.values()
        assert client._request_signer._credentials.access_key == "AKIATEAM"


def test_nothing_shows_the_credentials(
    world: World, digests: StateDigests, server: str, s3: Any, caplog: pytest.LogCaptureFixture
) -> None:
    s3.put_object(Bucket="states", Key="k", Body=b"{}")
    with recorded(world, "s3", {**PLACE, "endpoint": server, "use_path_style": True}):
        told(digests, world, **LOGIN)
    [kept] = digests.buckets._clients
    assert SECRET not in repr(kept)
    assert SECRET not in repr(digests)
    assert SECRET not in caplog.text


def test_boto3_is_not_imported_before_a_bucket_is_asked() -> None:
    code = "import sys, runner.engine.state.digest; assert not {'boto3', 'botocore'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", code], check=True)
