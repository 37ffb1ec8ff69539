"""A commit cannot loosen the rules by which it is judged: the stricter of old and new holds until it was applied."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from beginnings import Beginnings
from world import ANA, BO, DATA, World

from runner.errors import GuardrailHit, NotAllowed
from runner.model.approval.approval import Person
from runner.model.run.life import Run, State
from runner.model.stack.definition import Sync

STRICT = "apply: {approvals: 2, approvers: [ana, bo], protect: ['terraform_data.db']}\n"
CY = Person("cy", "user")
BOTH = DATA + 'resource "terraform_data" "db" {{\n  input = 1\n}}\n'
BACKEND = 'terraform {{\n  backend "local" {{\n    path = "{root}/states/db.tfstate"\n  }}\n}}\n'


def apply_all(world: World, run: Run, *people: Person, typed_name: str | None = None) -> None:
    for person in people:
        world.approve(run, person, typed_name=typed_name)
    assert State.APPLIED in [done.state for done in world.work()]


def pushed(world: World, files: dict[str, str | None]) -> Run:
    world.commit_files(files)
    world.poll()
    (run,) = [run for run in world.work() if not run.final]
    return run


def stack(name: str, rules: str, path: str = ".") -> str:
    return f"name: {name}\npath: {path}\n{rules}"


@pytest.fixture
def strict(beginnings: Beginnings) -> Iterator[World]:
    """Applied on loose rules; then made strict by a commit that plans nothing."""
    with beginnings.lent(apply_and_make_strict, World) as world:
        yield world


def apply_and_make_strict(world: World) -> None:
    world.applied(body=BOTH)
    world.push(rules=STRICT, body=BOTH)
    assert world.look().sync is Sync.SYNCED


@pytest.fixture
def dependent(beginnings: Beginnings) -> Iterator[World]:
    """`net`, and `web` that depends on it, both applied."""
    with beginnings.lent(apply_dependent, World) as world:
        yield world


def apply_dependent(world: World) -> None:
    world.applied("net", body=DATA)
    world.applied("web", rules="depends_on: [net]\n", body=DATA)


def test_rules_that_a_commit_takes_away_still_hold_for_it(strict: World) -> None:
    run = pushed(strict, {"web/stack.yaml": stack("web", ""), "web/main.tf": DATA.format(value="one")})
    with pytest.raises(GuardrailHit, match="would be destroyed"):
        strict.approve(run, ANA)
    with pytest.raises(NotAllowed, match="only ana, bo may approve"):
        strict.approve(run, CY, typed_name="web")
    assert strict.approve(run, ANA, typed_name="web").state is State.AWAITING_APPROVAL
    assert strict.approve(run, BO, typed_name="web").state is State.APPROVED


def test_once_that_was_applied_only_the_new_rules_hold(strict: World) -> None:
    run = pushed(strict, {"web/stack.yaml": stack("web", ""), "web/main.tf": DATA.format(value="one")})
    apply_all(strict, run, ANA, BO, typed_name="web")
    later = pushed(strict, {"web/main.tf": DATA.format(value="three")})
    assert strict.approve(later, CY).state is State.APPROVED


def test_a_loosening_without_a_plan_is_not_in_force_for_the_next_commit(strict: World) -> None:
    strict.push(rules="", body=BOTH)
    strict.push(rules="labels: {a: b}\n", body=BOTH)
    run = pushed(strict, {"web/main.tf": BOTH.format(value="two")})
    with pytest.raises(NotAllowed, match="only ana, bo"):
        strict.approve(run, CY)
    assert strict.approve(run, ANA).state is State.AWAITING_APPROVAL


def test_a_stack_that_left_and_came_back_is_judged_by_what_it_was(strict: World) -> None:
    strict.commit_files({"web/stack.yaml": None})
    strict.poll()
    run = pushed(strict, {"web/stack.yaml": stack("web", ""), "web/main.tf": BOTH.format(value="two")})
    with pytest.raises(NotAllowed, match="only ana, bo"):
        strict.approve(run, CY)


def test_a_stack_file_that_moves_takes_its_rules_along(strict: World) -> None:
    run = pushed(
        strict,
        {
            "web/stack.yaml": None,
            "defs/stack.yaml": stack("web", "", "../web"),
            "web/main.tf": BOTH.format(value="two"),
        },
    )
    with pytest.raises(NotAllowed, match="only ana, bo"):
        strict.approve(run, CY)


def test_another_name_for_the_same_root_module_is_judged_by_the_old_one(strict: World) -> None:
    renamed = stack("other", "renamed_from: web\n")
    run = pushed(strict, {"web/stack.yaml": renamed, "web/main.tf": BOTH.format(value="two")})
    assert run.stack == "other"
    with pytest.raises(NotAllowed, match="only ana, bo"):
        strict.approve(run, CY)


def test_a_second_document_for_the_same_root_module_is_judged_by_the_first(strict: World) -> None:
    run = pushed(strict, {"web/two/stack.yaml": stack("second", "", "..")})
    assert run.stack == "second"
    with pytest.raises(NotAllowed, match="only ana, bo"):
        strict.approve(run, CY)


def test_stacks_that_are_new_together_do_not_judge_each_other(plain: World) -> None:
    plain.commit_files(
        {
            "web/a/stack.yaml": stack("a-strict", STRICT, ".."),
            "web/b/stack.yaml": stack("b-loose", "", ".."),
            "web/main.tf": DATA.format(value="one"),
        }
    )
    plain.poll()
    (loose,) = [run for run in plain.work() if run.stack == "b-loose"]
    assert plain.approve(loose, CY).state is State.APPROVED


@pytest.fixture
def remote(tmp_path: Path) -> World:
    world = World(tmp_path)
    (tmp_path / "states").mkdir()
    text = world.config.read_text()
    own = f'url: "{world.repository}"'
    world.config.write_text(
        text.replace(own, f"{own}, allow: {{backends: [local], state_folders: [{tmp_path}/states]}}")
    )
    body = BACKEND.replace("{root}", str(tmp_path)) + BOTH
    world.applied("db", body=body)
    world.push("db", rules=STRICT, body=body)
    return world


def test_a_stack_that_is_renamed_and_moved_is_known_by_its_state(remote: World) -> None:
    text = (remote.repository / "db/main.tf").read_text()
    run = pushed(
        remote,
        {
            "db/main.tf": None,
            "db/stack.yaml": None,
            "elsewhere/main.tf": text.replace('"one"', '"two"'),
            "elsewhere/stack.yaml": stack("fresh", ""),
        },
    )
    assert run.stack == "fresh"
    with pytest.raises(NotAllowed, match="only ana, bo"):
        remote.approve(run, CY)


@pytest.mark.parametrize("change", ["labels: {env: dev}\n", ""], ids=["relabelled", "without its label"])
def test_a_rule_by_label_is_not_dodged_by_another_label(tmp_path: Path, change: str) -> None:
    rules = "{rules: [{match: {labels: {env: prod}}, required: 2}, {match: {labels: {env: dev}}, mode_at_most: automatic}]}"
    world = World(tmp_path, f"approvals: {rules}\n")
    (run,) = world.push(rules="labels: {env: prod}\n", body=DATA)
    apply_all(world, run, ANA, BO)
    run = pushed(
        world,
        {
            "web/stack.yaml": stack("web", f"{change}apply: {{mode: automatic}}\n"),
            "web/main.tf": DATA.format(value="two"),
        },
    )
    assert run.state is State.AWAITING_APPROVAL
    assert world.approve(run, ANA).state is State.AWAITING_APPROVAL


def test_a_rule_by_name_is_not_dodged_by_another_name(tmp_path: Path) -> None:
    world = World(tmp_path, "approvals: {rules: [{match: {stacks: ['prod/**']}, required: 2}]}\n")
    (run,) = world.push("web", body=DATA)
    world.commit_files({"web/stack.yaml": stack("prod/web", "")})
    world.poll()
    world.work()
    run = pushed(world, {"web/stack.yaml": stack("dev-web", "")})
    assert world.approve(run, ANA).state is State.AWAITING_APPROVAL


def test_a_former_dependency_holds_back_the_commit_that_drops_it(dependent: World) -> None:
    dependent.commit_files(
        {
            "net/main.tf": DATA.format(value="two"),
            "web/stack.yaml": stack("web", ""),
            "web/main.tf": DATA.format(value="two"),
        }
    )
    dependent.poll()
    (run,) = dependent.work()
    assert run.stack == "net"
    dependent.approve(run)
    assert [done.stack for done in dependent.work()] == ["net", "web"]


@pytest.mark.parametrize(
    "files",
    [
        {"net/stack.yaml": None, "net/main.tf": None},
        {"net/stack.yaml": stack("net", "depends_on: [web]\n")},
    ],
    ids=["that left Git", "that now waits for it"],
)
def test_nothing_waits_for_ever_for_an_old_dependency(dependent: World, files: dict[str, str | None]) -> None:
    run = pushed(
        dependent,
        {**files, "web/stack.yaml": stack("web", ""), "web/main.tf": DATA.format(value="two")},
    )
    assert run.stack == "web"
