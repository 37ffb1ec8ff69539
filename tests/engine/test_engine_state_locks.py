"""terraform's locks on states in remote backends: whose a lock is that was left behind, and freeing exactly that one."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from engine_world import World, needs_terraform, state_of, wait_until
from moto.server import ThreadedMotoServer
from remote.state_backend import StateBackend, state_backend

from runner.datadir.claims import FileClaims
from runner.engine.state import lock as state_lock
from runner.errors import Conflict
from runner.host.clock import SystemClock
from runner.model.run.evidence import Evidence
from runner.model.stack.definition import StackDefinition
from runner.model.stack.lock import StateLock
from runner.model.values.span import Seconds
from runner.ports.engine import ApplyEnd, EngineError, Execution, Planned, StillApplying

pytestmark = needs_terraform

# A daemon that abandons an apply is gone afterwards; this process still is its parent.
abandons = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

NAME = "app"
HTTP = 'terraform {\n  backend "http" {}\n}\n'
# The first resource is made at once, the second one when the file `go` is there.
STEPS = """
resource "terraform_data" "a" {}
resource "terraform_data" "b" {
  depends_on = [terraform_data.a]
  provisioner "local-exec" { command = "until [ -e %s ]; do echo waiting; sleep 0.05; done" }
}
"""


@pytest.fixture
def backend() -> Iterator[StateBackend]:
    with state_backend() as running:
        yield running


@pytest.fixture
def remote(world: World, backend: StateBackend) -> World:
    world.managed = False
    world.write({"main.tf": STEPS % (world.outside / "go"), "backend.tf": HTTP})
    world.stack = StackDefinition(name="prod/app", backend_config=backend.config(NAME))
    return world


@dataclass
class Apply:
    """One that runs in a thread, under a claim as the daemon's do."""

    world: World
    execution: Execution
    leave: threading.Event
    outcome: ApplyEnd | None = None

    @property
    def digest(self) -> str:
        return f"{self.world.run:064x}"

    @property
    def scratch(self) -> Path:
        return self.execution.workspace.scratch

    def follow(self, planned: Planned) -> None:
        self.outcome = self.world.engine.apply(self.execution, planned.plan_file, self.digest)

    def kill(self) -> None:
        """The shim, terraform, its providers and provisioners, as a reboot would."""
        receipts = self.execution.workspace.receipts.glob("*.json")
        shown = [json.loads(receipt.read_bytes()) for receipt in receipts]
        (shim,) = [one["pid"] for one in shown if one["run"] == self.execution.run]
        os.killpg(shim, signal.SIGKILL)

    def abandon(self) -> None:
        """As a daemon does that ends."""
        self.leave.set()
        wait_until(lambda: isinstance(self.outcome, StillApplying), "nobody follows it")

    def adopt(self) -> EngineError:
        """As the next daemon does."""
        assert self.execution.claim is not None
        claim = FileClaims(self.world.folder, SystemClock()).adopt(self.execution.claim.claim)
        assert claim is not None
        outcome = self.world.engine.adopt(replace(self.execution, claim=claim, leave=None), self.digest)
        claim.release()
        assert isinstance(outcome, EngineError), outcome
        return outcome

    @property
    def error(self) -> EngineError:
        assert isinstance(self.outcome, EngineError), self.outcome
        return self.outcome

    @property
    def evidence(self) -> Evidence:
        assert self.error.evidence is not None
        return self.error.evidence


@contextmanager
def applying(world: World, planned: Planned | None = None) -> Iterator[Apply]:
    """Until the block has ended it all: entered when the second resource is being made."""
    planned = planned or world.planned(lock=True)
    claim = FileClaims(world.folder, SystemClock()).take(world.run + 1)
    leave = threading.Event()
    execution = world.execution(for_apply=True, lock=True, claim=claim, leave=leave)
    apply = Apply(world, execution, leave)
    thread = threading.Thread(target=apply.follow, args=[planned])
    thread.start()
    try:
        log = world.workspaces.log(world.run)
        wait_until(lambda: log.exists() and "terraform_data.b: Creating" in log.read_text(), "b has begun")
        yield apply
    except BaseException:
        apply.kill()
        raise
    finally:
        thread.join()
        assert claim is not None
        claim.release()


def held(lock: StateLock | None) -> str | None:
    """Its id: newer engines tell more of the holder than terraform 1.11 does."""
    return None if lock is None else lock.id


def seen(apply: Apply) -> bool:
    return (apply.execution.workspace.control / state_lock.WITNESSED).exists()


def test_the_lock_of_an_apply_that_was_killed_is_known_to_be_its_own(
    remote: World, backend: StateBackend
) -> None:
    with applying(remote) as apply:
        wait_until(lambda: seen(apply), "it was seen to hold the lock")
        apply.kill()
    left = backend.locks[NAME]["ID"]
    assert apply.error.lost
    assert apply.evidence.unfinished == ("terraform_data.b",)
    assert (held(apply.evidence.lock), apply.evidence.lock_is_ours) == (left, True)


def test_exactly_that_lock_is_freed_and_the_next_plan_works(remote: World, backend: StateBackend) -> None:
    with applying(remote) as apply:
        wait_until(lambda: seen(apply), "it was seen to hold the lock")
        apply.kill()
    lock = apply.evidence.lock
    assert lock is not None
    engine = remote.engine
    engine.settings = replace(engine.settings, apply=replace(engine.settings.apply, lock_timeout=Seconds(0)))
    refused = engine.plan(remote.execution(lock=True))
    assert isinstance(refused, EngineError)
    assert (refused.state_locked, refused.lock) == (True, lock)
    assert remote.engine.force_unlock(remote.execution(), lock.id) is None
    assert backend.locks == {}
    assert "unlocked" in remote.log
    assert remote.planned(lock=True).changed


@abandons
def test_a_lock_that_somebody_took_meanwhile_is_not_ours(remote: World, backend: StateBackend) -> None:
    with applying(remote) as apply:
        wait_until(lambda: seen(apply), "it was seen to hold the lock")
        apply.abandon()
        apply.kill()
    # While no daemon lives, somebody frees the lock by hand and starts an apply.
    backend.take(NAME, "7f7f7f7f-0000", who="ana@laptop")
    evidence = apply.adopt().evidence
    assert evidence is not None
    assert (held(evidence.lock), evidence.lock_is_ours) == ("7f7f7f7f-0000", False)


def test_a_lock_of_which_nothing_is_known_is_not_ours(
    remote: World, backend: StateBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_lock.Witness, "notice", lambda *_: None)
    with applying(remote) as apply:
        apply.kill()
    assert held(apply.evidence.lock) == backend.locks[NAME]["ID"]
    assert not apply.evidence.lock_is_ours


@abandons
def test_an_apply_that_was_adopted_is_seen_to_hold_its_lock_too(
    remote: World, backend: StateBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(state_lock.Witness, "notice", lambda *_: None)
        with applying(remote) as apply:
            apply.abandon()
    assert not seen(apply)

    def kill() -> None:
        wait_until(lambda: seen(apply), "it was seen to hold the lock")
        apply.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    evidence = apply.adopt().evidence
    killer.join()
    assert evidence is not None
    assert (held(evidence.lock), evidence.lock_is_ours) == (backend.locks[NAME]["ID"], True)


def test_a_stopped_apply_releases_its_lock_and_names_what_it_had_begun(
    remote: World, backend: StateBackend
) -> None:
    with applying(remote) as apply:
        remote.cancel.set()
    assert apply.error.canceled
    assert apply.error.unclear
    assert apply.evidence.lock is None
    assert backend.locks == {}
    # Saved before it ended: the serial has moved, and the file that told it is gone.
    assert apply.evidence.serial_after == backend.state(NAME)["serial"]
    assert not list(apply.scratch.glob("state-pull*l"))


def test_an_apply_that_fails_by_itself_is_not_looked_into(remote: World, backend: StateBackend) -> None:
    remote.write({"main.tf": STEPS.replace("until [ -e %s ]; do echo waiting; sleep 0.05; done", "exit 1")})
    with applying(remote) as apply:
        pass
    assert not apply.error.unclear
    assert apply.evidence.lock is None
    assert backend.locks == {}


def test_a_backend_that_does_not_answer_changes_nothing_of_how_it_ended(
    remote: World, backend: StateBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_lock, "SECONDS", 0.3)
    monkeypatch.setattr(state_lock, "LOOK_STOP", state_lock.LOOK_STOP[-1:])
    with applying(remote) as apply:
        backend.silent = True
        apply.kill()
    assert apply.error.lost
    assert apply.evidence.lock is None
    assert apply.evidence.unfinished == ("terraform_data.b",)


def test_somebody_elses_lock_is_in_the_way_before_anything_begins(
    remote: World, backend: StateBackend
) -> None:
    planned = remote.planned(lock=True)
    backend.take(NAME, "5f5f5f5f-1111")
    engine = remote.engine
    engine.settings = replace(engine.settings, apply=replace(engine.settings.apply, lock_timeout=Seconds(0)))
    error = engine.apply(remote.execution(for_apply=True, lock=True), planned.plan_file, "0" * 64)
    assert isinstance(error, EngineError)
    assert (error.state_locked, error.begun, error.unclear) == (True, False, False)
    # Not the id under "Lock Info", which is that of the lock that could not be taken.
    assert held(error.lock) == "5f5f5f5f-1111"


def test_a_lock_that_has_moved_is_not_freed(remote: World, backend: StateBackend) -> None:
    remote.planned()
    backend.take(NAME, "5f5f5f5f-1111")
    with pytest.raises(Conflict, match="no longer locked with 0000"):
        remote.engine.force_unlock(remote.execution(), "0000")
    with pytest.raises(Conflict, match="is not a lock id"):
        remote.engine.force_unlock(remote.execution(), "-help")
    assert backend.locks[NAME]["ID"] == "5f5f5f5f-1111"
    lock = remote.engine.state_lock(remote.execution())
    assert isinstance(lock, StateLock)
    assert lock.id == "5f5f5f5f-1111"


def test_looking_leaves_state_and_lock_as_they_are(remote: World, backend: StateBackend) -> None:
    (remote.outside / "go").touch()
    remote.applied(remote.planned())
    before = backend.states[NAME]
    backend.requests.clear()
    assert remote.engine.state_lock(remote.execution()) is None
    # Terraform 1.15 looks before it locks too.
    methods = [method for method, _ in backend.requests]
    assert [method for method in methods if method != "GET"] == ["LOCK", "UNLOCK"]
    assert (backend.states[NAME], backend.locks) == (before, {})


def test_a_managed_state_has_no_lock_that_could_be_left(world: World) -> None:
    world.applied(world.planned())
    assert world.engine.state_lock(world.execution()) is None


def test_a_killed_check_leaves_no_lock(remote: World, backend: StateBackend) -> None:
    remote.planned()
    backend.requests.clear()
    backend.silent = True
    for _ in range(20):
        outcomes: list[Any] = []
        execution = remote.execution()
        asked = backend.asked("GET", NAME)
        check = threading.Thread(target=lambda: outcomes.append(remote.engine.plan(execution)))  # noqa: B023
        check.start()
        wait_until(lambda: backend.asked("GET", NAME) > asked, "it reads the state")  # noqa: B023
        send(signal.SIGKILL, execution.workspace.scratch)
        check.join()
        assert outcomes[0].signal == signal.SIGKILL
    assert backend.asked("LOCK", NAME) == 0
    assert backend.locks == {}


def send(number: signal.Signals, scratch: Path) -> None:
    """To the terraform whose HOME this is."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            binary = (folder / "cmdline").read_bytes().split(b"\0")[0]
        except OSError:
            continue
        if f"HOME={scratch}".encode() in environment and binary.endswith(b"terraform"):
            os.kill(int(folder.name), number)


def test_a_state_that_cannot_be_saved_is_kept_and_leaves_no_lock(
    remote: World, backend: StateBackend
) -> None:
    (remote.outside / "go").touch()
    planned = remote.planned(lock=True)
    backend.fail_saves = True
    with applying(remote, planned) as apply:
        pass
    [kept] = apply.error.salvaged
    assert apply.error.unclear
    assert (kept.stat().st_mode & 0o777, len(state_of(kept)["resources"])) == (0o600, 2)
    assert apply.evidence.salvaged == (str(kept),)
    assert (apply.evidence.lock, backend.locks) == (None, {})


def test_a_terraform_that_gave_up_while_it_saved_has_no_clear_end(
    remote: World, backend: StateBackend
) -> None:
    planned = remote.planned(lock=True)
    backend.hold_saves = True
    with applying(remote, planned) as apply:
        wait_until(lambda: seen(apply), "it was seen to hold the lock")
        (remote.outside / "go").touch()
        assert backend.saving.wait(30)
        send(signal.SIGINT, apply.scratch)
        wait_until(lambda: "Gracefully shutting down" in remote.log, "it heard that")
        send(signal.SIGINT, apply.scratch)
    # Everything was made, nothing was saved, and the exit code is that of a failure.
    assert (apply.error.exit_code, apply.error.unfinished) == (1, ())
    assert apply.error.unclear
    assert apply.evidence.lock_is_ours


def test_a_lock_that_could_not_be_released_is_reported(remote: World, backend: StateBackend) -> None:
    planned = remote.planned(lock=True)
    with applying(remote, planned) as apply:
        wait_until(lambda: seen(apply), "it was seen to hold the lock")
        backend.fail_unlocks = True
        (remote.outside / "go").touch()
    assert not apply.error.unclear
    assert held(apply.evidence.lock) == backend.locks[NAME]["ID"]
    assert apply.evidence.lock_is_ours


@pytest.fixture
def bucket(world: World) -> Iterator[Any]:
    """A stack whose state is in S3, and that bucket."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    login = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    world.daemon = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": f"http://{host}:{port}", **login}
    world.engines = replace(world.engines, env=("AWS_*",))
    world.managed = False
    world.write(
        {"main.tf": STEPS % (world.outside / "go"), "backend.tf": 'terraform {\n  backend "s3" {}\n}\n'}
    )
    flags = ("use_lockfile", "use_path_style", "skip_credentials_validation", "skip_requesting_account_id")
    settings = {"bucket": "states", "key": NAME, "region": "us-east-1", **dict.fromkeys(flags, "true")}
    world.stack = StackDefinition(name="prod/app", backend_config=settings)
    # The buckets are those of every moto in this process.
    urlopen(Request(f"{world.daemon['AWS_ENDPOINT_URL']}/moto-api/reset", method="POST")).close()
    found = boto3.resource(
        "s3",
        endpoint_url=world.daemon["AWS_ENDPOINT_URL"],
        aws_access_key_id="a",
        aws_secret_access_key="b",
        region_name="us-east-1",
    ).create_bucket(Bucket="states")
    try:
        yield found
    finally:
        found.objects.delete()
        server.stop()


def test_a_lock_in_s3_is_known_by_its_marks_and_freed(world: World, bucket: Any) -> None:
    with applying(world) as apply:
        apply.kill()
    assert [one.key for one in bucket.objects.all()] == [f"{NAME}.tflock"]
    lock = apply.evidence.lock
    assert lock is not None
    assert (lock.operation, apply.evidence.lock_is_ours) == ("OperationTypeApply", True)
    assert lock.path == f"states/{NAME}"
    assert world.engine.force_unlock(world.execution(), lock.id) is None
    assert list(bucket.objects.all()) == []


def test_a_later_lock_of_this_host_in_s3_is_not_ours(world: World, bucket: Any) -> None:
    with applying(world) as apply:
        lock = bucket.Object(f"{NAME}.tflock")
        theirs = json.loads(lock.get()["Body"].read())
        # Somebody on this machine frees it by hand, and applies, before anybody looks.
        later = datetime.now(UTC) + timedelta(minutes=1)
        lock.put(Body=json.dumps({**theirs, "ID": "9999", "Created": later.isoformat()}))
        apply.kill()
    assert apply.evidence.lock is not None
    assert (apply.evidence.lock.id, apply.evidence.lock_is_ours) == ("9999", False)
