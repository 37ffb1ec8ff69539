"""The whole tour as a person walks it: real git, real terraform, no daemon."""

from pathlib import Path

from cli_shapes import fits
from cli_world import MODULE, World, applied

OTHER = MODULE.replace('"it"', '"other"').replace(".it.", ".other.")


def test_from_a_fresh_installation_to_healed_drift(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("prod/vpc")

    planned = world.run("plan", "prod/vpc")
    assert "+ terraform_data.it" in planned.stdout
    assert "driftline approve run-1" in planned.stderr
    world.approve("run-1")
    applied = world.run("apply", "run-1")
    assert 'it = "hello\\n"' in applied.stdout
    (stack,) = world.json("stack", "list")
    assert (stack["sync"], stack["drift"], stack["health"]) == ("synced", "clean", "ok")
    world.run("drift", "check", "prod/vpc")

    world.cloud.write_text("by hand\n")
    found = world.json("drift", "check", "--all", expect=2)
    assert found["stacks"][0]["result"] == "drifted"
    assert "by hand" in world.run("drift", "show", "dr-1").stdout

    healing = world.json("drift", "heal", "dr-1")[0]
    world.approve(healing["id"])
    world.run("apply", healing["id"])
    world.run("drift", "check", "--all")
    (report,) = world.json("drift", "list", "--all")
    assert report["status"] == "resolved"
    assert world.json("drift", "list") == []
    assert "Nothing needs you" in world.run("status").stdout


def test_every_json_document_has_the_shape_that_outsiders_rely_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("prod/vpc")
    world.stack("prod/app")
    world.applied("prod/vpc")
    world.run("plan", "prod/app")
    world.cloud.write_text("by hand\n")
    fits("drift check", world.json("drift", "check", "prod/vpc", "prod/app", expect=2))
    world.run("lock", "take", "prod/vpc", "--reason", "maintenance")
    for command in ("stack list", "run list", "drift list", "lock list", "status"):
        document = world.json(*command.split())
        assert document, command
        fits(command, document)


def test_detailed_exitcode_distinguishes_changes_from_none(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("plan", "app", "--detailed-exitcode", expect=2)
    world.applied("app")
    assert "no changes" in world.run("plan", "app", "--detailed-exitcode").stdout


def test_a_plan_that_fails_shows_terraforms_words_with_their_place(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", module='resource "terraform_data" "it" {{ input = nothing.here }}\n')
    failed = world.run("plan", "app", expect=1)
    assert "Reference to undeclared resource" in failed.stderr
    assert "main.tf line 1" in failed.stderr
    assert "could not be planned" in failed.stderr
    assert failed.stdout == ""


def test_one_stack_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("good")
    shown = world.run("plan", "nope", "good", "--detailed-exitcode", expect=5)
    assert "+ terraform_data.it" in shown.stdout


def test_several_stacks_are_planned_one_after_the_other(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("a")
    world.stack("b")
    assert [run["state"] for run in world.json("plan", "a", "b")] == ["awaiting_approval"] * 2


def test_plan_takes_in_what_was_pushed_a_moment_ago(tmp_path: Path) -> None:
    world = applied(tmp_path)
    pushed = world.commit({"app/more.tf": OTHER.format(cloud=world.cloud)})
    (planned,) = world.json("plan", "app")
    assert planned["revision"] == pushed
    assert [r["address"] for r in planned["changes"]["resources"]] == ["terraform_data.other"]


def test_an_older_revision_can_be_planned(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.stack("app")
    world.commit({"app/more.tf": OTHER.format(cloud=world.cloud)})
    world.run("source", "sync")
    (planned,) = world.json("plan", "app", "--ref", first)
    assert planned["revision"] == first
    assert planned["summary"]["create"] == 1


def test_targets_and_destroy_reach_terraform(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", module=MODULE + OTHER)
    (targeted,) = world.json("plan", "app", "--target", "terraform_data.other")
    assert targeted["summary"]["create"] == 1
    assert targeted["changes"]["complete"] is False
    world.applied("app")
    (destroying,) = world.json("plan", "app", "--destroy")
    assert (destroying["kind"], destroying["summary"]["delete"]) == ("destroy", 2)


def test_no_wait_queues_and_prints_the_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    queued = world.run("plan", "app", "--no-wait")
    assert queued.stdout == "run-1\n"
    late = world.run("run", "wait", "run-1", "--timeout", "0s", expect=7)
    assert "still queued" in late.stderr
    world.run("daemon", "--once")
    world.run("run", "wait", "run-1", "--until", "planned")
