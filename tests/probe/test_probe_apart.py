"""Nothing of one check is visible to another, nor to anybody else: each has processes and sockets of its own."""

import asyncio
import json
import os
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from probing_world import ADDRESS, Stage, applied, faulty, needs_terraform, stage, wait_until
from provider.cloudfile import edit
from provider.mirror import aws_mirror

from runner.engine.warm.meeting import command_in, meeting_in
from runner.ports.engine import Probed
from runner.probe.admitted import Admitted
from runner.probe.backend import Backend
from runner.probe.cache import Cache
from runner.probe.identity import new_identity
from runner.probe.installed import Installed, installed
from runner.probe.launch import launch
from runner.probe.prober import Probe
from runner.probe.proxy import Proxy
from runner.process.run import Command

pytestmark = needs_terraform
__all__ = ("applied", "faulty", "stage")

SCHEMA = "/tfplugin6.Provider/GetProviderSchema"


# ---- two checks of one provider


def test_two_checks_at_once_see_only_their_own_clouds_and_credentials(applied: Stage, tmp_path: Path) -> None:
    first = applied.copied(tmp_path, variables={"TF_VAR_token": "canary-first", "OWN": "first"})
    second = applied.copied(
        tmp_path, "db", variables={"TF_VAR_token": "canary-second", "OWN": "second"}, shared=first.engine
    )
    both = (first, second)
    second.change(value="by hand")
    for each in both:
        each.forget_processes()
        each.order("hold")
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(each.probe, each.record.types) for each in both]
        wait_until(lambda: all(each.pids("hold") for each in both), "both are being asked")
        for each in both:
            (each.orders / "hold").unlink()
        one, other = (answer.result() for answer in answers)
    assert isinstance(one, Probed), one
    assert isinstance(other, Probed), other
    assert (one.planned.changed, other.planned.changed) == (False, True)
    assert [each.reported("configured") for each in both] == [
        [{"path": str(first.cloud), "token": "canary-first"}],
        [{"path": str(second.cloud), "token": "canary-second"}],
    ]
    assert [[text["env"]["OWN"] for text in each.reported("started")] for each in both] == [
        ["first"],
        ["second"],
    ]
    assert len({*first.pids(), *second.pids()}) == 2
    first.engine.prober.close()


ALIASES = """\
terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}
variable "cloud" {}
provider "cloudfile" {
  path  = var.cloud
  token = "canary-first"
}
provider "cloudfile" {
  alias = "other"
  path  = "${var.cloud}.other"
  token = "canary-second"
}
resource "cloudfile_object" "web" {
  name  = "web"
  value = "one"
}
resource "cloudfile_object" "other" {
  provider = cloudfile.other
  name     = "web"
  value    = "two"
}
"""


@pytest.fixture
def aliases(tmp_path: Path, faulty: Path) -> Iterator[Stage]:
    """One name in two clouds, which only the configuration tells apart."""
    made = Stage(tmp_path, faulty, main=ALIASES)
    made.apply()
    yield made
    made.engine.prober.close()


def test_each_configuration_of_a_provider_has_a_process_of_its_own(aliases: Stage) -> None:
    aliases.compared()
    clean = aliases.probed(aliases.record.types).planned
    assert not clean.changed
    text = sorted(aliases.reported("configured"), key=lambda one: str(one["token"]))
    assert text == [
        {"path": str(aliases.cloud), "token": "canary-first"},
        {"path": f"{aliases.cloud}.other", "token": "canary-second"},
    ]
    assert len(set(aliases.pids("configured"))) == 2
    with edit(Path(f"{aliases.cloud}.other")) as objects:
        objects["web"]["value"] = "by hand"
    probed = aliases.probed(aliases.record.types).planned
    shown = aliases.shown(probed)
    plain = aliases.plan()
    assert plain.drifted_addresses == probed.drifted_addresses == ("cloudfile_object.other",)
    assert shown == aliases.shown(plain)
    assert aliases.living() == []


# ---- the sockets of a check


@contextmanager
def sockets(stage: Stage) -> Iterator[tuple[Probe, str]]:
    """A check that was not announced yet, and the path that terraform would get."""
    execution = stage.execution()
    lock_file, data = execution.workspace.module / ".terraform.lock.hcl", execution.workspace.data
    providers: tuple[Installed, ...] = installed(lock_file, data, stage.engine.prober.folder / "verified")
    with (
        stage.engine.sessions.open(execution) as session,
        meeting_in(session) as (meeting, folder),
        stage.engine.prober.probing(providers, None, command_in(meeting, folder), folder) as probe,
    ):
        yield probe, path_in(probe.attach(("terraform",)))


def path_in(argv: tuple[str, ...]) -> str:
    found = re.search(r'"String": "([^"]+)"', " ".join(argv))
    assert found is not None
    return found[1]


def asked(path: str, method: str = SCHEMA) -> Future[bytes]:
    """Of the socket as terraform would, by this process."""
    answer: Future[bytes] = Future()

    def ask() -> None:
        with grpc.insecure_channel(f"unix:{path}", [("grpc.max_receive_message_length", -1)]) as channel:
            try:
                answer.set_result(channel.unary_unary(method)(b"", timeout=20))
            except grpc.RpcError as error:
                answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    return answer


def test_who_connects_before_terraform_is_known_waits_until_it_is(stage: Stage) -> None:
    with sockets(stage) as (probe, path):
        answer = asked(path)
        with pytest.raises(NotYet):
            answer.result(timeout=0.5)
        probe.admit(os.getsid(0))
        assert b"cloudfile_object" in answer.result()


def test_a_process_of_another_session_gets_nothing(stage: Stage) -> None:
    with (
        subprocess.Popen(["cat"], stdin=subprocess.PIPE, start_new_session=True) as other,
        sockets(stage) as (probe, path),
    ):
        early = connected(path)
        probe.admit(other.pid)
        late = connected(path)
        assert [refused(one) for one in (early, late)] == [True, True]
        with pytest.raises(grpc.RpcError):
            asked(path).result()
        other.communicate()
    assert probe.seen is not None
    assert "schema" not in probe.seen.calls


def connected(path: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(20)
    made.connect(path)
    return made


def refused(connection: socket.socket) -> bool:
    """Whether the other end closes without a word; a server of HTTP/2 speaks first."""
    with connection:
        try:
            return connection.recv(1) == b""
        except ConnectionResetError:
            return True


def test_the_sockets_lie_where_only_their_owner_comes(stage: Stage) -> None:
    with sockets(stage) as (_, path):
        folder = Path(path).parent
        assert folder.stat().st_mode & 0o777 == 0o700
        # And none of a process behind it.
        assert [one.name for one in sockets_in(folder)] == ["0"]
    assert not folder.exists()


def test_the_socket_of_a_provider_has_no_name_once_it_is_reached(stage: Stage) -> None:
    """Whoever may list the temporary folder of a run cannot connect to a provider that has its credentials."""
    stage.order("hold")
    thread = threading.Thread(target=stage.probe, args=(stage.record.types,))
    thread.start()
    wait_until(lambda: stage.pids("hold"), "the provider is asked")
    assert stage.last is not None
    left = [path for path in stage.last.workspace.scratch.rglob("*") if path.is_socket()]
    (stage.orders / "hold").unlink()
    thread.join()
    assert left == []


def test_what_serves_a_connection_serves_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its socket has a name for as long as it takes to connect to it."""

    async def scene() -> tuple[object, list[str]]:
        async def start() -> Backend:
            raise AssertionError("no provider is to be asked")

        admitted = Admitted()
        proxy = Proxy("h1:one", None, "", Cache(tmp_path / "cache"), tmp_path, start, admitted)
        codes: list[object] = []

        async def between(_outer: socket.socket, _dial: object) -> None:
            [path] = sockets_in(tmp_path)
            async with grpc.aio.insecure_channel(f"unix:{path}") as channel:
                try:
                    await channel.unary_unary(SCHEMA)(b"", timeout=20)
                except grpc.aio.AioRpcError as error:
                    codes.append(error.code())

        monkeypatch.setattr("runner.probe.proxy.splice", between)
        monkeypatch.setattr("pathlib.Path.unlink", lambda _path: None)
        admitted.add(os.getsid(0))
        ours, theirs = socket.socketpair()
        with ours:
            await proxy.attend(theirs)
        return codes, proxy.seen.trouble

    codes, trouble = asyncio.run(scene())
    assert codes == [grpc.StatusCode.PERMISSION_DENIED]
    assert trouble == ["another process connected to it"]


def test_once_a_command_has_ended_its_session_is_not_let_in_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process of the run may get its number before the next command has ended."""
    monkeypatch.setattr("runner.probe.admitted.ANNOUNCED_SECONDS", 0.0)

    async def scene() -> list[bool]:
        admitted = Admitted()
        admitted.add(11)
        before = await admitted.has(11)
        admitted.add(12)
        return [before, await admitted.has(11), await admitted.has(12)]

    assert asyncio.run(scene()) == [True, False, True]


def sockets_in(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.is_socket()]


def test_a_provider_learns_its_client_out_of_the_runs_reach(
    stage: Stage,
) -> None:
    stage.order("hold")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(stage.probe, stage.record.types)
        wait_until(lambda: stage.pids("hold"), "the provider is asked")
        [text] = stage.reported("started")
        said = {Path(f"/proc/{pid}/fd/1").readlink().parent.parent for pid in stage.living()}
        (stage.orders / "hold").unlink()
        assert isinstance(answer.result(), Probed)
    assert text["env"]["PLUGIN_CLIENT_CERT"].startswith("-----BEGIN CERTIFICATE-----")
    assert stage.data / "probe" in said


@pytest.mark.aws
def test_a_provider_of_go_plugin_serves_nobody_who_lacks_our_certificate(tmp_path: Path) -> None:
    mirror = aws_mirror()
    assert mirror is not None
    [executable] = mirror.glob("*/hashicorp/aws/*/*/terraform-provider-aws_*")
    ours, stranger = new_identity(tmp_path), new_identity(tmp_path)
    command = Command(
        ("terraform",), tmp_path, {"TMPDIR": str(tmp_path)}, tmp_path / "stdout", tmp_path / "stderr"
    )
    aws = Installed("hashicorp/aws", "5", executable, "h1:")
    launched = launch(aws, command, tmp_path / "handshake", ours.certificate)
    try:
        wait_until(lambda: launched.handshake(late=False), "it says where it answers")
        text = launched.handshake(late=False)
        assert text is not None
        served = [spoken_to(text.path, one.context) for one in (ours, stranger)]
        assert served == [True, False]
        assert not spoken_to(text.path, None)
    finally:
        launched.end(0)


def spoken_to(path: str, context: ssl.SSLContext | None) -> bool:
    """Whether a server of HTTP/2 answers; with TLS 1.3 a client that is refused learns it when it reads."""
    with connected(path) as plain, ExitStack() as open_ones:
        try:
            connection = plain
            if context is not None:
                connection = open_ones.enter_context(context.wrap_socket(plain))
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
            return connection.recv(9)[3:4] == b"\4"  # its settings
        except (ssl.SSLError, ConnectionResetError):
            return False


def test_the_schema_of_a_check_is_cut_for_this_check_alone(stage: Stage) -> None:
    text = replace(stage, shared=stage.engine)
    assert text.probed({ADDRESS: ("resource cloudfile_object",)})
    with sockets(stage) as (probe, path):
        probe.admit(os.getsid(0))
        whole = asked(path).result()
    assert b"cloudfile_lookup" in whole


@pytest.mark.parametrize(
    ("call", "trouble"), [("GetResourceIdentitySchemas", []), ("MakeCoffee", ["MakeCoffee"])]
)
def test_a_call_the_provider_lacks_is_fine_but_one_the_proxy_lacks_is_not(
    stage: Stage, call: str, trouble: list[str]
) -> None:
    with sockets(stage) as (probe, path):
        probe.admit(os.getsid(0))
        failure = asked(path, f"/tfplugin6.Provider/{call}").exception()
    assert isinstance(failure, grpc.Call)
    assert failure.code() is grpc.StatusCode.UNIMPLEMENTED
    assert probe.seen is not None
    assert [word for text in probe.seen.trouble for word in trouble if word in text] == trouble
    assert len(probe.seen.trouble) == len(trouble)


def test_an_order_that_cannot_be_carried_out_harms_no_other_check(stage: Stage) -> None:
    (stage.root / "in-the-way").touch()
    with sockets(stage) as (probe, path):
        ours, theirs = socket.socketpair()
        order = {"cache": str(stage.root / "in-the-way"), "own": "", "folder": "", "providers": []}
        stage.engine.prober._process.order(order, [theirs])
        theirs.close()
        assert refused(ours)
        probe.admit(os.getsid(0))
        assert b"cloudfile_object" in asked(path).result()
    assert probe.seen is not None


def test_terraform_only_learns_its_own_sockets(stage: Stage) -> None:
    with sockets(stage) as (probe, path):
        argv = probe.attach(("terraform", "plan"))
    assert argv[-2:] == ("terraform", "plan")
    found = re.search(r"TF_REATTACH_PROVIDERS='(\{.*\})'", " ".join(argv).replace("'$$'", "1"))
    assert found is not None
    text = json.loads(found[1])
    assert {name: one["Addr"]["String"] for name, one in text.items()} == {ADDRESS: path}
