"""What Git says is taken in, whatever happens to the repository."""

import shutil
from dataclasses import replace

from world import ANA, BO, DATA, World, states

from runner.model.run.life import State
from runner.model.stack.definition import Sync
from runner.service.cycle.left_git import retire_sources


def test_a_head_that_stands_still_is_only_asked_for(plain: World) -> None:
    plain.stack(body=DATA)
    assert plain.poll().moved
    again = plain.poll()
    assert (again.moved, again.problem) == (False, None)


def test_one_broken_stack_never_stops_the_others(plain: World) -> None:
    plain.stack("good", body=DATA)
    plain.commit_files({"bad/stack.yaml": "name: bad\naprovals: 2\n"})
    polled = plain.poll()
    assert [run.stack for run in plain.work()] == ["good"]
    assert any(
        "bad/stack.yaml:2:1" in problem and "approvals" not in problem.split(":")[0]
        for problem in polled.problems
    )


def test_a_stack_with_a_broken_file_keeps_its_state_and_shows_the_problem(plain_applied: World) -> None:
    plain_applied.commit_files({"web/stack.yaml": "name: web\napply: {mode: sometimes}\n"})
    plain_applied.poll()
    assert plain_applied.work() == []
    stack = plain_applied.look()
    assert stack.applied_revision is not None
    assert "web/stack.yaml:2" in (stack.problem or "")


def test_a_repaired_stack_file_clears_the_problem(plain_applied: World) -> None:
    plain_applied.commit_files({"web/stack.yaml": "name: web\napply: {mode: sometimes}\n"})
    plain_applied.poll()
    plain_applied.commit_files({"web/stack.yaml": "name: web\n"})
    plain_applied.poll()
    assert plain_applied.look().problem is None


def test_a_force_push_is_taken_and_shown(plain: World) -> None:
    plain.stack(body=DATA)
    before = plain.poll().revision
    plain.rewrite()
    polled = plain.poll()
    assert polled.rewritten_from == before
    with plain.app.store.reading() as reader:
        assert reader.source("infra").rewritten_from == before
        assert [entry.action for entry in reader.audit(subject="infra")][:1] == ["source.rewritten"]


def test_a_branch_that_disappears_leaves_its_stacks_as_missing(plain_applied: World) -> None:
    plain_applied._git("branch", "--move", "main", "other")
    polled = plain_applied.poll()
    assert "main" in (polled.problem or "")
    assert plain_applied.look().missing_since is not None
    assert plain_applied.work() == []


def test_a_repository_that_disappears_changes_nothing_and_is_reported(plain_applied: World) -> None:
    shutil.rmtree(plain_applied.repository)
    assert plain_applied.poll().problem
    stack = plain_applied.look()
    assert stack.sync is Sync.SYNCED
    assert plain_applied.work() == []


def test_a_stack_that_comes_back_goes_on_where_it_was(plain_applied: World) -> None:
    plain_applied.commit_files({"web/stack.yaml": None})
    plain_applied.poll()
    plain_applied.commit_files({"web/stack.yaml": "name: web\n"})
    plain_applied.poll()
    assert plain_applied.look().missing_since is None
    assert states(plain_applied.work()) in ([], [State.NO_CHANGES])


def test_a_shared_module_that_moves_plans_all_its_callers(plain: World) -> None:
    call = 'module "m" {\n  source = "../modules/m"\n}\n'
    plain.commit_files(
        {
            "modules/m/main.tf": 'resource "terraform_data" "one" {\n  input = "one"\n}\n',
            "a/main.tf": call,
            "a/stack.yaml": "name: a\n",
            "b/main.tf": call,
            "b/stack.yaml": "name: b\n",
            "c/main.tf": DATA.format(value="one"),
            "c/stack.yaml": "name: c\n",
        }
    )
    plain.poll()
    for run in plain.work():
        plain.approve(run)
    plain.work()
    plain.commit_files({"modules/m/main.tf": 'resource "terraform_data" "one" {\n  input = "two"\n}\n'})
    plain.poll()
    assert sorted(run.stack for run in plain.work()) == ["a", "b"]


def test_a_cycle_of_dependencies_is_reported_and_stops_only_its_own_stacks(plain: World) -> None:
    plain.stack("a", body=DATA, rules="depends_on: [b]\n")
    plain.stack("b", body=DATA, rules="depends_on: [a]\n")
    plain.stack("c", body=DATA)
    polled = plain.poll()
    assert [run.stack for run in plain.work()] == ["c"]
    assert any("cycle" in problem for problem in polled.problems)


def test_two_stacks_with_one_state_are_refused(plain: World) -> None:
    backend = 'terraform {{\n  backend "local" {{\n    path = "/tmp/never-made.tfstate"\n  }}\n}}\n'
    plain.stack("a", body=backend)
    plain.stack("b", body=backend)
    polled = plain.poll()
    assert any("state" in problem and "a" in problem for problem in polled.problems)


def test_the_audit_log_has_the_whole_story(plain_applied: World) -> None:
    (done,) = plain_applied.runs()
    with plain_applied.app.store.reading() as reader:
        story = [(entry.actor, entry.action) for entry in reversed(reader.audit(subject=done.name))]
    assert [actor for actor, _ in story if actor == ANA.name] or [
        actor for actor, _ in story if actor == BO.name
    ]
    assert plain_applied.app.store.verify_audit() is None


def test_a_branch_that_returns_at_the_same_revision_restores_its_stacks(plain_applied: World) -> None:
    plain_applied._git("branch", "--move", "main", "other")
    plain_applied.poll()
    plain_applied._git("branch", "--move", "other", "main")
    plain_applied.poll()
    assert plain_applied.look().missing_since is None


def test_a_source_that_the_operator_names_again_brings_its_stacks_back(plain_applied: World) -> None:
    settings = plain_applied.settings
    retire_sources(plain_applied.app.store, replace(settings, sources=()))
    assert plain_applied.look().missing_since is not None
    plain_applied.poll()
    assert plain_applied.look().missing_since is None


def test_a_poll_without_changes_writes_nothing_but_its_time_is_known(plain: World) -> None:
    plain.stack(body=DATA)
    plain.poll()
    source = plain.settings.sources[0]
    before, mark = plain.app.git.answered_at(source), plain.app.store.changed_since(None)
    with plain.app.store.reading() as reader:
        entries = len(reader.audit(limit=1000))
    plain.poll()
    after = plain.app.git.answered_at(source)
    assert before is not None
    assert after is not None
    assert after > before
    assert plain.app.store.changed_since(mark) == mark
    with plain.app.store.reading() as reader:
        assert len(reader.audit(limit=1000)) == entries


def test_a_plan_broken_by_an_odd_file_elsewhere_is_made_again_once_fixed(plain: World) -> None:
    plain.config.write_text(plain.config.read_text().replace("name: infra,", "name: infra, max_size: 1MB,"))
    plain.stack(body=DATA)
    plain.commit_files({"odd": "x" * 2_000_000})
    plain.poll()
    assert states(plain.work()) == [State.PLAN_FAILED]
    plain.commit_files({"odd": None})
    plain.poll()
    assert states(plain.work()) == [State.AWAITING_APPROVAL]


def test_a_link_out_of_the_repository_stops_only_stacks_in_its_folders(plain: World) -> None:
    plain.stack("good", body=DATA)
    plain.stack("bad", body=DATA)
    for folder in ("bad", "sym"):
        (plain.repository / folder).mkdir(exist_ok=True)
        (plain.repository / folder / "abs").symlink_to("/etc/passwd")
    plain.commit_files({})
    plain.poll()
    assert [(run.stack, run.state) for run in plain.work()] == [("good", State.AWAITING_APPROVAL)]


def test_a_file_that_is_no_longer_yaml_shows_a_problem_and_loses_no_stack(plain_applied: World) -> None:
    plain_applied.commit_files({"web/stack.yaml": "name: [web\n"})
    plain_applied.poll()
    stack = plain_applied.look()
    assert stack.missing_since is None
    assert "web/stack.yaml" in (stack.problem or "")


def test_a_new_file_cannot_take_over_the_name_of_a_stack(plain_applied: World) -> None:
    before = plain_applied.look().file
    plain_applied.commit_files({"a/stack.yaml": "name: web\n", "a/main.tf": DATA.format(value="evil")})
    polled = plain_applied.poll()
    assert plain_applied.look().file == before
    assert any("web" in problem and problem.startswith("a/stack.yaml") for problem in polled.problems)
