"""The newest commit of a known stack cannot be read: no command claims that it is applied, and nothing older is planned in its place."""

from pathlib import Path

import pytest
from cli_world import MODULE, World, applied, begun, drifted

# The brace of line 7 is never closed.
BROKEN = MODULE + 'resource "terraform_data" "more" {{\n  input = 1\n'


@pytest.fixture
def pushed(tmp_path: Path) -> World:
    return applied(tmp_path)


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"app/main.tf": BROKEN.format(cloud="x")}, "app/main.tf:5:1:"),
        ({"app/more.tf": 'locals {\n  a = "\n}\nmodule "m" {}\n'}, "app/more.tf:2:1:"),
        ({"app/more.tf.json": '{\n  "module": {,}\n}\n'}, "app/more.tf.json:2:1:"),
        ({"app/stack.yaml": "name: app\nvarz: {}\n"}, "app/stack.yaml:2:1:"),
    ],
    ids=["a brace", "a quote", "JSON", "the stack file"],
)
def test_plan_reports_a_broken_newest_revision_and_plans_no_older_one(
    pushed: World, files: dict[str, str], place: str
) -> None:
    broken = pushed.commit(files)
    before = [run["id"] for run in pushed.json("run", "list")]
    said = pushed.run("plan", "app", expect=1).stderr
    assert said.count(place) == 1, said
    assert broken[:12] in said
    assert [run["id"] for run in pushed.json("run", "list")] == before


def test_what_could_not_be_read_is_not_synced(pushed: World) -> None:
    assert pushed.json("stack", "list")[0]["sync"] == "synced"
    pushed.commit({"app/main.tf": BROKEN.format(cloud="x")})
    pushed.run("source", "sync")
    assert pushed.json("stack", "list")[0]["sync"] == "unknown"


def test_what_is_broken_needs_somebody_once(pushed: World) -> None:
    pushed.commit({"app/main.tf": BROKEN.format(cloud="x")})
    pushed.run("source", "sync")
    assert [need["why"] for need in pushed.json("status")["needs"]] == ["problem"]


def test_the_revision_before_is_planned_by_its_name(pushed: World) -> None:
    before = pushed.stack("app", module=MODULE + "# more\n")
    pushed.commit({"app/main.tf": BROKEN.format(cloud="x")})
    pushed.run("plan", "app", expect=1)
    (planned,) = pushed.json("plan", "app", "--ref", before)
    assert planned["revision"] == before


def test_the_stack_is_planned_as_ever_once_it_is_fixed(pushed: World) -> None:
    pushed.commit({"app/main.tf": BROKEN.format(cloud="x")})
    pushed.run("plan", "app", expect=1)
    pushed.stack("app")
    assert pushed.json("plan", "app")[0]["state"] == "no_changes"
    assert pushed.json("stack", "list")[0]["sync"] == "synced"


# What else a person asks for says that it is not about what was just pushed.


def broken(pushed: World) -> str:
    """A push that cannot be read, and that was polled."""
    head = pushed.commit({"app/main.tf": BROKEN.format(cloud="x")})
    pushed.run("source", "sync")
    return head


def test_the_stack_shows_the_revision_that_could_not_be_taken_and_why(pushed: World) -> None:
    assert pushed.json("stack", "show", "app")["newest"] is None
    head = broken(pushed)
    assert f"{head[:12]} cannot be taken: app/main.tf:5:1:" in pushed.run("stack", "show", "app").stdout
    newest = pushed.json("stack", "show", "app")["newest"]
    assert (newest["revision"], newest["problem"].partition(": ")[0]) == (head, "app/main.tf:5:1")


def test_an_apply_says_that_it_is_not_of_what_was_pushed(tmp_path: Path) -> None:
    world = begun(tmp_path, _approved)
    head = broken(world)
    said = world.run("apply", "run-2").stderr
    assert f"the newest revision of infra, {head[:12]}, cannot be taken: app/main.tf:5:1:" in said


def _approved(world: World) -> None:
    world.stack("app")
    world.applied("app")
    world.stack("app", module=MODULE + 'resource "terraform_data" "more" {{}}\n')
    world.run("plan", "app")
    world.approve("run-2")


def test_a_heal_says_that_it_is_not_of_what_was_pushed(tmp_path: Path) -> None:
    world = drifted(tmp_path)
    head = broken(world)
    said = world.run("drift", "heal", "dr-1").stderr
    assert f"the newest revision of infra, {head[:12]}, cannot be taken: app/main.tf:5:1:" in said


# Pushes that never came as far as being read


def test_a_push_that_is_not_trusted_is_reported_and_nothing_older_is_planned(pushed: World) -> None:
    before = pushed.git("rev-parse", "HEAD")
    signers = pushed.root / "signers"
    signers.write_text("")
    verified = f'repository", verify: {{mode: head, allowed_signers: "{signers}"}}}}'
    pushed.config.write_text(pushed.config.read_text().replace('repository"}', verified))
    head = pushed.stack("app", module=MODULE + "# more\n")
    said = pushed.run("plan", "app", expect=1).stderr
    assert f"cannot be planned at {head[:12]}, the newest revision of infra" in said
    assert said.count("Error:") == 1
    assert "Warning:" not in said
    assert f"driftline plan app --ref {before[:12]}" in said
    assert len(pushed.json("run", "list")) == 1


def test_a_push_that_cannot_be_fetched_is_reported_and_nothing_older_is_planned(pushed: World) -> None:
    head = pushed.stack("app", module=MODULE + "# more\n")
    tree = pushed.git("rev-parse", f"{head}^{{tree}}")
    (pushed.repository / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    said = pushed.run("plan", "app", expect=1).stderr
    assert f"cannot be planned at {head[:12]}, the newest revision of infra" in said
    assert len(pushed.json("run", "list")) == 1
