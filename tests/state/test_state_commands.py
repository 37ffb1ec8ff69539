"""`driftline state`: what a person sees of a state's versions, and can do with them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cli_world import World, applied, begun
from web_world import Served, access

from runner.model.run.life import Kind
from runner.model.state.version import Origin
from runner.service.state import read
from runner.service.state.file import origin_of

SECRET = "hunter2-in-a-state"
SECRETIVE = """\
variable "password" {{
  default   = "hunter2-in-a-state"
  sensitive = true
}}
resource "terraform_data" "it" {{
  input = {{ user = file("{cloud}"), password = var.password }}
}}
output "user" {{ value = nonsensitive(terraform_data.it.output.user) }}
"""


def _secretive(world: World) -> None:
    world.cloud.write_text("ana")
    world.stack("app", module=SECRETIVE)
    world.applied("app")
    world.cloud.write_text("bo")
    world.applied("app")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """With two versions."""
    return begun(tmp_path, _secretive)


def state_of(world: World) -> Path:
    return next((world.root / "data").glob("workspaces/*/state/terraform.tfstate"))


def test_each_apply_makes_a_version_that_says_which_run_made_it(world: World) -> None:
    versions = world.json("state", "list", "app")
    assert [(one["version"], one["origin"], one["by"]) for one in versions] == [
        (2, "apply", "run-2"),
        (1, "apply", "run-1"),
    ]
    (row,) = world.json("state", "list")
    assert (row["stack"], row["versions"], row["newest"]) == ("app", 2, versions[0])
    assert versions[0]["serial"] == json.loads(state_of(world).read_text())["serial"]
    assert "run-2" in world.run("state", "list").output
    assert versions[1]["lineage"] in world.run("state", "list", "app").output


@pytest.mark.parametrize(
    ("kind", "healing", "origin"),
    [
        (Kind.CHANGE, False, Origin.APPLY),
        (Kind.CHANGE, True, Origin.HEAL),
        (Kind.DESTROY, False, Origin.DESTROY),
    ],
)
def test_a_heal_and_a_destroy_are_told_apart(kind: Kind, *, healing: bool, origin: Origin) -> None:
    assert origin_of(kind, healing=healing) is origin


def test_the_stack_itself_shows_its_serial_and_how_many_versions_there_are(world: World) -> None:
    newest = world.json("state", "list", "app")[0]
    told = f"version 2, serial {newest['serial']}; 2 versions kept"
    assert told in world.run("stack", "show", "app").output
    shown = world.json("stack", "show", "app")["state"]
    assert (shown["version"], shown["serial"], shown["versions"]) == (2, newest["serial"], 2)
    world.more = access("ana", "viewer")
    world.configured()
    served = Served(world)
    assert told in served.client(served.token("ana")).get("/stacks/app").text


def test_a_version_is_shown_without_its_secrets(world: World) -> None:
    page = world.json("state", "show", "app", "--version", "1")
    assert page["outputs"] == [{"name": "user", "value": "ana", "sensitive": False}]
    (resource,) = page["resources"]
    assert resource["address"] == "terraform_data.it"
    shown = world.run("state", "show", "app").output
    assert 'user = "bo"' in shown
    for text in (json.dumps(page), shown, world.run("state", "diff", "app", "1", "2").output):
        assert SECRET not in text


def test_a_diff_shows_what_the_second_apply_changed(world: World) -> None:
    changes = world.json("state", "diff", "app", "1", "2")["changes"]
    (resource,) = changes["resources"]
    assert (resource["address"], resource["action"]) == ("terraform_data.it", "update")
    assert {(one["name"], one["before"], one["after"]) for one in changes["outputs"]} == {
        ("user", "ana", "bo")
    }
    assert "terraform_data.it" in world.run("state", "diff", "app", "1", "2").output
    assert "the same resources" in world.run("state", "diff", "app", "2", "2").output


def test_no_version_is_on_disk_or_in_the_records_in_clear(world: World) -> None:
    data = world.root / "data"
    sealed = [path for path in (data / "state-versions").rglob("*") if path.is_file()]
    assert len(sealed) == 2
    kept = [*sealed, *data.glob("driftline.db*")]
    assert not any(SECRET.encode() in path.read_bytes() for path in kept)
    assert {path.stat().st_mode & 0o777 for path in sealed} == {0o600}


def test_a_pull_gives_the_state_itself_and_is_audited(world: World) -> None:
    pulled = world.run("state", "pull", "app")
    assert pulled.stdout == state_of(world).read_text()
    assert "secrets in clear" in pulled.stderr
    (entry,) = [one for one in world.json("audit", "log") if one["action"] == "state.pull"]
    assert (entry["subject"], entry["detail"]["version"]) == ("app", 2)


def test_a_rollback_makes_a_new_version_that_the_next_plan_works_with(world: World) -> None:
    world.run("state", "rollback", "app", "--to", "1", "--yes")
    versions = world.json("state", "list", "app")
    assert [(one["version"], one["origin"]) for one in versions][:1] == [(3, "rollback")]
    assert versions[0]["serial"] > versions[1]["serial"]
    one, three = (json.loads(world.run("state", "pull", "app", "--version", n).stdout) for n in "13")
    assert {**one, "serial": 0} == {**three, "serial": 0}
    # terraform itself takes it: it knows the value of the first apply again.
    run = world.json("plan", "app")[0]
    assert (run["state"], run["summary"]["update"]) == ("awaiting_approval", 1)
    world.approve(run["id"])
    world.run("apply", run["id"])
    assert world.json("state", "list", "app")[0]["by"] == run["id"]
    (entry,) = [one for one in world.json("audit", "log") if one["action"] == "state.rollback"]
    assert entry["detail"]["to"] == 1
    (event,) = world.json("events", "--topic", "state.rollback")
    assert event["payload"]["version"] == 3


def test_a_rollback_supersedes_the_plan_that_was_made_on_the_former_state(world: World) -> None:
    world.cloud.write_text("cy")
    world.stack("app", "parallelism: 3\n", module=SECRETIVE)
    run = world.json("plan", "app")[0]["id"]
    world.run("state", "rollback", "app", "--to", "1", "--yes")
    assert world.json("run", "show", run)["state"] == "superseded"


def test_a_locked_stack_is_not_rolled_back_nor_pushed_to(world: World, tmp_path: Path) -> None:
    world.run("lock", "take", "app", "--reason", "looking")
    assert "looking" in world.run("state", "rollback", "app", "--to", "1", "--yes", expect=4).output
    world.run("state", "push", "app", str(state_of(world)), expect=4)
    assert len(world.json("state", "list", "app")) == 2


def test_a_rollback_asks_a_person_to_type_the_name(world: World) -> None:
    assert "--yes" in world.run("state", "rollback", "app", "--to", "1", expect=64).output


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (("show", "app", "--version", "9"), 5, "version 9"),
        (("rollback", "app", "--to", "9", "--yes"), 5, "version 9"),
        (("rollback", "app", "--to", "2", "--yes"), 4, "has already"),
        (("diff", "app", "1", "9"), 5, "version 9"),
        (("show", "nothing"), 5, "nothing"),
        (("list", "nothing"), 5, "nothing"),
    ],
)
def test_what_is_not_there_is_said(world: World, words: tuple[str, ...], code: int, shown: str) -> None:
    assert shown in world.run("state", *words, expect=code).output


def test_a_stack_with_a_backend_has_no_managed_state(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", module='terraform {{ backend "http" {{ address = "http://127.0.0.1:9/x" }} }}\n')
    world.run("source", "sync")
    assert "keeps its state in a backend" in world.run("state", "show", "app", expect=3).output
    assert world.json("state", "list") == []


def test_a_state_that_takes_long_to_mask_is_not_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "LARGEST_SHOWN", 100)
    for words in (("show", "app"), ("diff", "app", "1", "2")):
        assert "state pull app --version" in world.run("state", *words, expect=3).output


# Push


def pushed(world: World, *words: str, expect: int = 0, **fields: Any) -> str:
    file = world.root / "pushed.tfstate"
    file.write_text(json.dumps({**json.loads(state_of(world).read_text()), **fields}))
    shown: str = world.run("state", "push", "app", str(file), *words, expect=expect).output
    return shown


def test_a_pushed_state_is_the_one_that_the_next_run_uses(world: World) -> None:
    pushed(world, serial=50, outputs={})
    newest = world.json("state", "list", "app")[0]
    assert (newest["version"], newest["serial"], newest["origin"]) == (3, 50, "push")
    world.run("plan", "app")
    assert json.loads(state_of(world).read_text())["serial"] == 50


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"serial": 0}, "older"),
        ({"outputs": {}}, "same serial"),
        ({"lineage": "00000000-0000-0000-0000-000000000000", "serial": 90}, "lineage"),
    ],
)
def test_a_state_that_cannot_follow_is_pushed_only_by_force(
    world: World, fields: dict[str, Any], shown: str
) -> None:
    assert shown in pushed(world, expect=4, **fields)
    before = world.json("state", "list", "app")[0]
    assert "--yes" in pushed(world, "--force", expect=64, **fields)
    pushed(world, "--force", "--yes", **fields)
    after = world.json("state", "list", "app")[0]
    assert after["serial"] > before["serial"]
    (entry,) = [one for one in world.json("audit", "log") if one["action"] == "state.push"]
    assert entry["detail"]["force"] is True
    assert shown in entry["detail"]["refused"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]"])
def test_a_file_that_is_no_state_is_not_pushed(world: World, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "no.tfstate"
    file.write_bytes(content)
    world.run("state", "push", "app", str(file), "--force", "--yes", expect=1)
    assert len(world.json("state", "list", "app")) == 2


# The file that local runs use


def test_a_state_from_before_versions_were_kept_is_the_first_version(tmp_path: Path) -> None:
    world = applied(tmp_path)
    forget_versions(world)
    world.run("plan", "app")
    (version,) = world.json("state", "list", "app")
    assert (version["version"], version["origin"]) == (1, "file")


def test_a_file_that_is_gone_is_put_back_from_the_newest_version(world: World) -> None:
    before = state_of(world).read_bytes()
    state_of(world).unlink()
    assert world.json("plan", "app")[0]["state"] == "no_changes"
    assert state_of(world).read_bytes() == before


def test_a_file_that_somebody_put_there_is_a_new_version(world: World) -> None:
    state = json.loads(state_of(world).read_text())
    state_of(world).write_text(json.dumps({**state, "serial": state["serial"] + 1}))
    world.run("plan", "app")
    newest = world.json("state", "list", "app")[0]
    assert (newest["version"], newest["origin"], newest["by"]) == (3, "file", "unknown")


def test_two_changes_at_once_stop_the_next_plan_until_a_person_chose(world: World) -> None:
    state = json.loads(state_of(world).read_text())
    pushed(world, serial=50)
    state_of(world).write_text(json.dumps({**state, "serial": 60}))
    refused = world.run("plan", "app", expect=None).output
    assert "was changed twice" in refused
    assert len(world.json("state", "list", "app")) == 3
    (path,) = set(re.findall(r"push app (\S+) --force", refused))
    world.run("state", "push", "app", path, "--force", "--yes")
    world.run("plan", "app")
    assert json.loads(state_of(world).read_text())["serial"] == 60


def forget_versions(world: World) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(world.root / "data/driftline.db", isolation_level=None)) as database:
        database.execute("DELETE FROM state_versions")
        database.execute("DELETE FROM state_files")
