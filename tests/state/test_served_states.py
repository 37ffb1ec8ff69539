"""Terraform's `http` backend over the versions of a state, with terraform itself on the other side."""

import base64
import hashlib
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from cli_world import until
from served_world import CODE, SLOW, Elsewhere, confined, elsewhere
from web_world import pass_time

from runner import failpoint
from runner.model.execution.job import Phase
from runner.model.run.life import Event
from runner.model.state.header import header_of
from runner.model.state.served import LARGEST, ServedState
from runner.model.state.version import Origin, StateKey
from runner.service.state.access import renew_access
from runner.service.state.record import record
from runner.web import served_states

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")
LOCK = {"ID": "11111111-2222-3333-4444-555555555555", "Operation": "OperationTypeApply", "Who": "ana@laptop"}


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Elsewhere]:
    with elsewhere(tmp_path) as made:
        yield made


def applied(remote: Elsewhere) -> None:
    for words in (("init", "-input=false"), ("apply", "-auto-approve", "-input=false")):
        done = remote.terraform(*words)
        assert done.returncode == 0, done.stdout + done.stderr


def state(serial: int, lineage: str = "lineage-a", **outputs: object) -> bytes:
    document = {"version": 4, "serial": serial, "lineage": lineage, "outputs": outputs, "resources": []}
    return json.dumps(document).encode()


def locked(remote: Elsewhere) -> dict[str, str]:
    """The query with which terraform writes."""
    assert remote.ask("LOCK", json.dumps(LOCK).encode()).status_code == 200
    return {"ID": LOCK["ID"]}


# What works


def test_an_apply_elsewhere_makes_a_version_that_local_commands_use(remote: Elsewhere) -> None:
    applied(remote)
    (version,) = remote.world.json("state", "list", "app")
    assert (version["origin"], version["by"], version["resources"]) == ("apply", "run-1", 1)
    assert remote.terraform("plan", "-detailed-exitcode").returncode == 0
    assert remote.ask("GET").headers["content-md5"]
    remote.moves(Event.SUCCEED)
    remote.world.run("plan", "app")
    file = remote.app.workspaces.state_file("app", "default")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == version["sha256"]
    assert remote.world.json("lock", "list") == []


def test_the_server_stores_states_behind_its_wall(tmp_path: Path) -> None:
    with elsewhere(tmp_path, server=confined) as remote:
        applied(remote)
        assert remote.terraform("plan", "-detailed-exitcode").returncode == 0
        assert len(remote.world.json("state", "list", "app")) == 1


def test_what_one_apply_writes_again_and_again_is_one_version(remote: Elsewhere) -> None:
    query = locked(remote)
    for serial in (1, 2, 3):
        assert remote.ask("POST", state(serial), params=query).status_code == 200
    assert [(one["version"], one["serial"]) for one in remote.world.json("state", "list", "app")] == [(1, 3)]


def test_a_state_that_is_sent_twice_is_taken_once(remote: Elsewhere) -> None:
    query = locked(remote)
    for _ in range(2):
        assert remote.ask("POST", state(1), params=query).status_code == 200
    assert len(remote.world.json("state", "list", "app")) == 1


def test_a_plan_elsewhere_reads_the_state_that_a_local_run_left(tmp_path: Path) -> None:
    with elsewhere(tmp_path, applies=False) as remote:
        assert remote.ask("GET").status_code == 204
        done = remote.terraform("init", "-input=false"), remote.terraform("plan", "-input=false")
        assert [one.returncode for one in done] == [0, 0], done[1].stderr


# Its lock


def test_two_terraforms_are_told_of_each_other(remote: Elsewhere) -> None:
    remote.code(SLOW)
    assert remote.terraform("init", "-input=false").returncode == 0
    first = remote.start("apply", "-auto-approve", "-input=false")
    until((remote.folder / "begun").exists)
    second = remote.terraform("plan", "-input=false")
    assert second.returncode == 1
    assert "Error acquiring the state lock" in second.stderr
    (row,) = [one for one in remote.world.json("lock", "list") if one["holder"] == "terraform of run-1"]
    assert row["stack"] == "app"
    assert row["reason"].split()[2] in second.stderr  # the id of the lock
    (remote.folder / "go").touch()
    assert first.wait(30) == 0
    assert remote.terraform("plan", "-input=false").returncode == 0


def test_the_lock_of_a_killed_apply_is_shown_and_freed_by_a_person(remote: Elsewhere) -> None:
    remote.code(SLOW)
    assert remote.terraform("init", "-input=false").returncode == 0
    process = remote.start("apply", "-auto-approve", "-input=false")
    until((remote.folder / "begun").exists)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)
    free = ("lock", "force-unlock", "app", "--reason", "its host is gone", "--yes")
    # While its run executes it may still come back.
    assert "run-1" in remote.world.run(*free, expect=4).output
    assert "Error acquiring the state lock" in remote.terraform("plan", "-input=false").stderr
    remote.moves(Event.INTERRUPT)
    assert [one["holder"] for one in remote.world.json("lock", "list")] == ["terraform of run-1"]
    assert "is held" in remote.world.run("state", "rollback", "app", "--to", "1", "--yes", expect=4).output
    # Nor does a run on this host go on beside it.
    remote.world.run("run", "resolve", "run-1", "--as", "failed", "-m", "looked", "--yes")
    assert "is held" in remote.world.json("plan", "app", expect=1)[0]["reason"]
    assert "unlocked" in remote.world.run(*free).output
    assert remote.world.json("lock", "list") == []
    assert remote.world.json("plan", "app")[0]["state"] == "awaiting_approval"
    (entry,) = [one for one in remote.world.json("audit", "log") if one["action"] == "lock.force_unlock"]
    assert entry["detail"]["run"] == "run-1"


def test_a_run_that_ends_well_leaves_no_lock(remote: Elsewhere) -> None:
    locked(remote)
    remote.moves(Event.SUCCEED)
    assert remote.world.json("lock", "list") == []


def test_what_executes_the_run_anew_is_not_kept_out_by_its_former_process(remote: Elsewhere) -> None:
    locked(remote)
    fresh = remote.again(Phase.APPLY)
    assert remote.ask("POST", state(1), params={"ID": LOCK["ID"]}).status_code == 401
    other = {**LOCK, "ID": "99999999-2222-3333-4444-555555555555"}
    assert remote.ask("LOCK", json.dumps(other).encode(), served=fresh).status_code == 200


def test_an_apply_that_is_adopted_goes_on_with_the_token_it_has(remote: Elsewhere) -> None:
    query = locked(remote)
    fresh = remote.again(Phase.ADOPT)
    assert remote.ask("POST", state(1), params=query).status_code == 200
    assert remote.ask("GET", served=fresh).status_code == 200


def test_only_who_holds_the_lock_releases_it(remote: Elsewhere) -> None:
    locked(remote)
    other = json.dumps({**LOCK, "ID": "99999999-2222-3333-4444-555555555555"}).encode()
    answer = remote.ask("LOCK", other)
    assert (answer.status_code, answer.json()["ID"]) == (423, LOCK["ID"])
    assert [remote.ask("UNLOCK", body).status_code for body in (other, b"", json.dumps(LOCK).encode())] == [
        409,
        409,
        200,
    ]


@pytest.mark.parametrize(
    "info", [b"", b"{", b"[]", b'{"ID": 1}', b'{"ID": ""}', b'{"ID": "a\\u0000"}', b"x" * 20_000]
)
def test_what_is_no_lock_locks_nothing(remote: Elsewhere, info: bytes) -> None:
    assert remote.ask("LOCK", info).status_code == 409
    assert all(one["holder"] == "run-1" for one in remote.world.json("lock", "list"))


# Who may


def other_password(of: ServedState) -> ServedState:
    return replace(of, password="driftstate_wrong")


def nobody(of: ServedState) -> ServedState:
    return replace(of, username="", password="")


def other_run(of: ServedState) -> ServedState:
    return replace(of, username="run-2")


def odd_name(of: ServedState) -> ServedState:
    return replace(of, username="run-\u0661")


def other_stack(of: ServedState) -> ServedState:
    return replace(of, address=of.address.replace("/state/app", "/state/db"))


Harm = Callable[[ServedState], ServedState]


@pytest.mark.parametrize("harm", [other_password, nobody, other_run, odd_name, other_stack])
def test_nobody_else_reads_or_writes_the_state(remote: Elsewhere, harm: Harm) -> None:
    applied(remote)
    stranger = harm(remote.served)
    for method in ("GET", "POST", "LOCK", "UNLOCK"):
        assert remote.ask(method, state(9), served=stranger).status_code == 401
    assert "requires auth" in remote.terraform("plan", "-input=false", served=stranger).stderr
    assert len(remote.world.json("state", "list", "app")) == 1


def test_a_login_that_is_no_text_is_nobodys(remote: Elsewhere) -> None:
    given = {b"Authorization": b"Basic \xe9"}
    answer = httpx2.get(remote.served.address, headers=given, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (401, "StateAccessRefused")


def test_the_token_ends_with_its_run(remote: Elsewhere) -> None:
    applied(remote)
    remote.moves(Event.SUCCEED)
    with remote.app.store.reading() as reader:
        assert reader.state_tokens(remote.run.id) == []
    assert remote.ask("GET").status_code == 401
    assert remote.terraform("plan", "-input=false").returncode == 1


def test_the_token_of_a_run_that_nobody_hears_of_expires(
    remote: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remote.ask("GET").status_code == 204
    pass_time(monkeypatch, hours=25)
    assert remote.ask("GET").status_code == 401


def test_the_token_of_a_run_that_is_heard_of_lasts_as_long_as_its_apply(
    remote: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in (20, 40, 60):
        pass_time(monkeypatch, hours=hours)
        with remote.app.store.writing() as writer:
            renew_access(remote.app.control, writer, remote.run.id)
    assert remote.ask("GET").status_code == 204


def test_the_secret_is_kept_nowhere(remote: Elsewhere) -> None:
    files = [path for path in (remote.world.root / "data").rglob("*") if path.is_file()]
    assert not any(remote.served.password.encode() in path.read_bytes() for path in files)
    assert remote.served.password not in repr(remote.served)


def test_whoever_guesses_is_told_to_wait_and_the_run_itself_is_not(
    remote: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_states, "MOST_WRONG", 3)
    wrong = other_password(remote.served)
    assert [remote.ask("GET", served=wrong).status_code for _ in range(4)] == [401, 401, 429, 429]
    assert remote.ask("GET").status_code == 204


def test_a_plan_cannot_write_the_state(tmp_path: Path) -> None:
    with elsewhere(tmp_path, applies=False) as remote:
        query = locked(remote)
        assert remote.ask("POST", state(1), params=query).status_code == 409
        assert "only an apply may write the state" in remote.diagnostics


# What is refused, and told with the run


@pytest.mark.parametrize(
    ("content", "headers", "code", "told"),
    [
        (b"{", {}, 422, "not JSON"),
        (b"[]", {}, 422, "not a JSON object"),
        (state(6), {"Content-MD5": base64.b64encode(b"0" * 16).decode()}, 422, "its MD5 is another one"),
        (state(4), {}, 409, "its serial 4 is older than 5"),
        (state(5, other={"value": 1}), {}, 409, "the same serial 5"),
        (state(6, "lineage-b"), {}, 409, "it has lineage lineage-b"),
    ],
)
def test_a_state_that_cannot_be_right_is_refused(
    remote: Elsewhere, content: bytes, headers: dict[str, str], code: int, told: str
) -> None:
    with remote.app.store.writing() as writer:
        first = state(5)
        key = StateKey("app", "default")
        record(remote.app.states, writer, key, first, header_of(first), origin=Origin.APPLY, by="run-0")
    query = locked(remote)
    assert remote.ask("POST", content, params=query, headers=headers).status_code == code
    assert told in remote.diagnostics
    assert remote.ask("GET").content == first


def test_a_state_that_is_too_large_is_refused_in_words(remote: Elsewhere) -> None:
    query = locked(remote)
    assert remote.ask("POST", b" " * (LARGEST + 1), params=query).status_code == 413
    assert f"more than {LARGEST} bytes" in remote.diagnostics


def test_nothing_is_written_without_the_lock(remote: Elsewhere) -> None:
    assert remote.ask("POST", state(1), params={"ID": LOCK["ID"]}).status_code == 409
    locked(remote)
    assert remote.ask("POST", state(1)).status_code == 409
    assert remote.world.run("state", "list", "app").stdout == ""


def test_nobody_deletes_a_state(remote: Elsewhere) -> None:
    applied(remote)
    assert remote.ask("DELETE").status_code == 405
    assert len(remote.world.json("state", "list", "app")) == 1


def test_on_a_full_disk_terraform_keeps_its_state_and_the_run_says_so(
    remote: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remote.terraform("init", "-input=false").returncode == 0
    with monkeypatch.context() as full:
        full.setattr(failpoint, "_ARMED", {"file.before_rename": ("ENOSPC", 0)})
        failed = remote.terraform("apply", "-auto-approve", "-input=false")
    assert failed.returncode == 1
    errored = remote.folder / "errored.tfstate"
    assert len(json.loads(errored.read_text())["resources"]) == 1
    assert "No space left" in remote.diagnostics
    assert remote.world.json("state", "list", "app") == []
    remote.moves(Event.FAIL_APPLY)
    # As the run says, a person pushes it, and nothing is made twice.
    remote.world.run("state", "push", "app", str(errored))
    assert remote.world.json("state", "show", "app")["resources"][0]["address"] == "terraform_data.it"


def test_a_state_with_a_password_is_only_kept_sealed(remote: Elsewhere) -> None:
    remote.code(CODE % "hunter2-in-a-state")
    applied(remote)
    files = [path for path in (remote.world.root / "data").rglob("*") if path.is_file()]
    assert not any(b"hunter2-in-a-state" in path.read_bytes() for path in files)
