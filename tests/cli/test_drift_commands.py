"""Drift checks and reports on the command line."""

import re
from pathlib import Path

from cli_world import MODULE, World, applied, planned


def test_a_check_that_fails_is_an_error_and_drift_says_more_than_an_error(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("a", module=MODULE)
    other = world.root / "other.txt"
    other.write_text("x\n")
    world.commit({"b/stack.yaml": "name: b\n", "b/main.tf": MODULE.format(cloud=other)})
    world.applied("a")
    world.applied("b")
    other.unlink()
    failed = world.json("drift", "check", "a", "b", expect=1)
    assert [entry["result"] for entry in failed["stacks"]] == ["clean", "error"]
    world.cloud.write_text("by hand\n")
    both = world.json("drift", "check", "--all", expect=2)
    assert (both["checked"], both["drifted"], both["errors"]) == (2, 1, 1)
    stack = {stack["name"]: stack for stack in world.json("stack", "list")}
    assert stack["b"]["health"] == "error"


def test_what_was_never_applied_is_skipped_with_the_reason(tmp_path: Path) -> None:
    world = planned(tmp_path)
    (entry,) = world.json("drift", "check", "app")["stacks"]
    assert (entry["result"], entry["reason"]) == ("skipped", "nothing has been applied yet")
    assert world.json("drift", "check", "--all")["stacks"] == []


def test_check_wants_names_or_all(tmp_path: Path) -> None:
    world = planned(tmp_path)
    world.run("drift", "check", expect=64)
    world.run("drift", "check", "app", "--all", expect=64)
    world.run("drift", "check", "nope", expect=5)


def test_an_acknowledged_report_is_listed_and_not_open(tmp_path: Path) -> None:
    world = applied(tmp_path)
    world.cloud.write_text("by hand\n")
    world.run("drift", "check", "app", expect=2)
    world.run("drift", "ack", "1", "--until", "2w", "-m", "known")
    (report,) = world.json("drift", "list")
    assert report["status"] == "acknowledged"
    assert world.json("drift", "list", "--open") == []
    assert re.search(r"root: known \(returns in 1[34] d\)", world.run("drift", "list").stdout)


def test_drift_is_acknowledged_until_a_date_or_a_time(tmp_path: Path) -> None:
    world = applied(tmp_path)
    world.cloud.write_text("by hand\n")
    world.run("drift", "check", "app", expect=2)
    world.run("drift", "ack", "1", "--until", "2090-12-24", "-m", "inclusive")
    (report,) = world.json("drift", "list")
    assert report["acknowledgement"]["until"] == "2090-12-24T23:59:59Z"
    world.run("drift", "ack", "1", "--until", "2090-12-24T12:00:00+02:00", "--reason", "by its other name")
    (report,) = world.json("drift", "list")
    assert report["acknowledgement"]["until"] == "2090-12-24T10:00:00Z"
    for wrong in ("2020-12-24", "2090-02-30", "24.12.2090", "tomorrow", "9999w"):
        world.run("drift", "ack", "1", "--until", wrong, "-m", "x", expect=64)


PROVISIONED = """\
resource "terraform_data" "it" {{
  triggers_replace = file("{cloud}")
  provisioner "local-exec" {{
    command = "echo made ${{self.id}}"
  }}
}}
"""


def test_a_report_says_what_healing_it_would_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.config.write_text(
        world.config.read_text().replace('/repository"}', '/repository", allow: {provisioners: true}}')
    )
    world.stack("app", module=PROVISIONED)
    world.applied("app")
    world.cloud.write_text("by hand\n")
    world.run("drift", "check", "app", expect=2)
    printed = world.run("drift", "show", "1")
    shown = printed.stdout
    for way in ("heal dr-1", "accept dr-1", "ack dr-1 --until"):
        assert f"driftline drift {way}" in printed.stderr
    assert "Healing also does this:" in shown
    assert 'command = "echo made ${self.id}"' in shown
    (report,) = world.json("drift", "list")
    assert report["apply"]["provisioners"] == ["terraform_data.it"]
