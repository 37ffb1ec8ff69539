"""A stack without a backend under a new name keeps its state, or waits for a word: nothing is made a second time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from beginnings import Beginnings
from world import ANA, BO, DATA, World, states

from runner.errors import BadUsage, Conflict
from runner.model.run.life import State
from runner.model.stack.definition import DriftStatus, Sync
from runner.model.stack.lock import Lock
from runner.service.approval.bind import known_state
from runner.service.approval.terms import stack_terms
from runner.service.operator import lock, pause, request
from runner.service.operator.rename import say_renamed

OLD: dict[str, str | None] = {"net/main.tf": DATA.format(value="one"), "net/stack.yaml": "name: net\n"}
RENAMED: dict[str, str | None] = {"net/stack.yaml": "name: network\nrenamed_from: net\n"}


@pytest.fixture
def net(beginnings: Beginnings) -> Iterator[World]:
    """With a stack `net` that is applied."""
    with beginnings.lent(_apply_net, World) as world:
        yield world


def _apply_net(world: World) -> None:
    world.commit_files(dict(OLD))
    assert _apply_all(world) == [State.APPLIED]


def _apply_all(world: World) -> list[State]:
    world.poll()
    for run in world.work():
        if run.state is State.AWAITING_APPROVAL:
            world.approve(run)
    return states(world.work())


def _state(world: World, folder: str = "net") -> Path:
    return world.app.workspaces.state_file(folder, "default")


def _problem(world: World, name: str = "network") -> str:
    with world.app.store.reading() as reader:
        return dict(reader.source("infra").newcomers).get(name, "")


def _names(world: World) -> list[str]:
    with world.app.store.reading() as reader:
        return [stack.name for stack in reader.stacks()]


# Nobody says what it is


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"net/stack.yaml": "name: network\n"}, id="another-name"),
        pytest.param(
            {"net/main.tf": DATA.format(value="two"), "net/stack.yaml": "name: network\n"},
            id="and-other-code",
        ),
        pytest.param(
            {
                "net/main.tf": None,
                "net/stack.yaml": None,
                "network/main.tf": OLD["net/main.tf"],
                "network/stack.yaml": "name: network\nvars: {}\nlabels: {a: b}\n",
            },
            id="in-another-folder",
        ),
        pytest.param(
            {
                "net/main.tf": None,
                "network/main.tf": DATA.format(value="two"),
                "net/stack.yaml": "name: network\npath: ../network\n",
            },
            id="in-the-same-file",
        ),
    ],
)
def test_a_stack_that_looks_like_one_that_left_waits_for_an_answer(
    net: World, files: dict[str, str | None]
) -> None:
    net.commit_files(files)
    net.poll()
    assert net.work() == []
    shown = _problem(net)
    assert "driftline stack rename net network" in shown
    assert "driftline stack forget net" in shown
    assert "renamed_from: net" in shown


def test_the_question_also_comes_if_the_old_one_left_in_an_earlier_commit(net: World) -> None:
    net.commit_files({"net/main.tf": None, "net/stack.yaml": None})
    net.poll()
    net.commit_files({"b/main.tf": OLD["net/main.tf"], "b/stack.yaml": "name: network\n"})
    net.poll()
    assert net.work() == []
    assert "stack rename net network" in _problem(net)


def test_a_newcomer_older_than_the_departure_is_asked_about_too(net: World) -> None:
    net.commit_files({"b/main.tf": OLD["net/main.tf"], "b/stack.yaml": "name: network\n"})
    net.poll()
    (waiting,) = net.work()
    assert waiting.state is State.AWAITING_APPROVAL
    net.commit_files({"net/main.tf": None, "net/stack.yaml": None})
    net.poll()
    assert net.work() == []
    assert net.run(waiting.id).state is State.SUPERSEDED
    assert "stack rename net network" in (net.look("network").problem or "")


def test_another_stack_with_other_code_in_another_folder_is_new(net: World) -> None:
    net.commit_files(
        {
            "net/main.tf": None,
            "net/stack.yaml": None,
            "b/main.tf": DATA.format(value="b"),
            "b/stack.yaml": "name: b\n",
        }
    )
    net.poll()
    assert states(net.work()) == [State.AWAITING_APPROVAL]


def test_a_stack_that_was_never_applied_leaves_nothing_to_ask_about(plain: World) -> None:
    plain.commit_files(dict(OLD))
    plain.poll()
    plain.work()
    plain.commit_files({"net/stack.yaml": "name: network\n"})
    plain.poll()
    assert states(plain.work()) == [State.AWAITING_APPROVAL]


# The stack file says it


def test_a_stack_that_says_what_it_was_keeps_its_state_and_changes_nothing(net: World) -> None:
    before = _state(net).read_bytes()
    net.commit_files(RENAMED)
    net.poll()
    assert net.look("network").renamed_from == "net"
    assert net.look("network").sync is Sync.PENDING
    assert states(net.work()) == [State.NO_CHANGES]
    assert net.look("network").sync is Sync.SYNCED
    assert _state(net).read_bytes() == before
    assert _names(net) == ["network"]
    assert net.look("net").left == "renamed to network"


def test_the_next_change_works_on_the_old_state(net: World) -> None:
    net.commit_files({**RENAMED, "net/main.tf": DATA.format(value="two")})
    net.poll()
    (planned,) = net.work()
    assert (planned.summary.update, planned.summary.create) == (1, 0)
    net.approve(planned)
    assert states(net.work()) == [State.APPLIED]
    assert b'"two"' in _state(net).read_bytes()
    assert not _state(net, "network").exists()


def test_a_check_before_the_first_plan_compares_with_the_old_names_apply(net: World) -> None:
    net.commit_files({**RENAMED, "net/main.tf": DATA.format(value="two")})
    net.poll()
    runs, _ = request.request_check(net.app.control, ["network"], ANA)
    done = {run.id: run for run in net.work()}[runs[0].id]
    assert (done.stack, done.state) == ("network", State.NO_CHANGES)


def test_it_may_say_so_for_ever_and_the_old_name_is_free_again(net: World) -> None:
    net.commit_files(RENAMED)
    _apply_all(net)
    net.commit_files({"b/main.tf": DATA.format(value="other"), "b/stack.yaml": "name: net\n"})
    assert _apply_all(net) == [State.APPLIED]
    assert net.look("net").folder == "net@2"
    assert b'"one"' in _state(net).read_bytes()
    assert b'"other"' in _state(net, "net@2").read_bytes()
    net.commit_files({"net/main.tf": DATA.format(value="two")})
    _apply_all(net)
    assert b'"two"' in _state(net).read_bytes()


def test_a_stack_can_be_renamed_there_and_back(net: World) -> None:
    net.commit_files(RENAMED)
    _apply_all(net)
    net.commit_files({"net/stack.yaml": "name: net\nrenamed_from: network\n"})
    net.poll()
    assert states(net.work()) == [State.NO_CHANGES]
    assert (net.look("net").folder, net.look("net").left) == ("net", None)
    assert net.look("network").left == "renamed to net"


def test_a_name_that_nobody_knows_is_no_problem_in_a_new_installation(plain: World) -> None:
    plain.commit_files({**OLD, **RENAMED})
    plain.poll()
    assert states(plain.work()) == [State.AWAITING_APPROVAL]


# What a commit may not


def test_nothing_takes_the_state_of_a_stack_that_is_still_in_git(net: World) -> None:
    net.commit_files({"b/main.tf": "", "b/stack.yaml": "name: thief\nrenamed_from: net\n"})
    net.poll()
    assert net.work() == []
    assert "is still in Git" in _problem(net, "thief")
    assert net.look("net").pinned_identity is not None


def test_only_one_can_be_its_successor(net: World) -> None:
    net.commit_files(
        {
            "net/stack.yaml": None,
            "a/main.tf": "",
            "a/stack.yaml": "name: a\nrenamed_from: net\n",
            "b/main.tf": "",
            "b/stack.yaml": "name: b\nrenamed_from: net\n",
        }
    )
    net.poll()
    assert net.work() == []
    assert "only one can take over its state" in _problem(net, "a")


def test_the_old_terms_hold_for_the_first_change_under_the_new_name(plain: World) -> None:
    plain.commit_files({**OLD, "net/stack.yaml": "name: net\napply: {approvals: 2}\n"})
    plain.poll()
    (run,) = plain.work()
    plain.approve(run, ANA)
    plain.approve(run, BO)
    assert states(plain.work()) == [State.APPLIED]
    plain.commit_files({**RENAMED, "net/main.tf": DATA.format(value="two")})
    plain.poll()
    with plain.app.store.reading() as reader:
        assert stack_terms(plain.settings, reader, reader.stack("network")).required == 2


def test_a_pause_and_what_is_known_of_the_state_go_over(net: World) -> None:
    pause.pause(net.app.control, "net", ANA, "freeze", None)
    with net.app.store.reading() as reader:
        seen = known_state(reader, "net")
    net.commit_files(RENAMED)
    net.poll()
    assert net.work() == []
    with net.app.store.reading() as reader:
        now = known_state(reader, "network")
    assert net.look("network").pause is not None
    assert seen is not None
    assert now is not None
    assert (now.lineage, now.resources) == (seen.lineage, seen.resources)


def test_a_lock_on_the_old_one_is_waited_for(net: World) -> None:
    taken: Lock = lock.take(net.app.control, "net", ANA, "by hand")
    net.commit_files(RENAMED)
    net.poll()
    assert "once the lock on net is released" in _problem(net)
    with net.app.store.writing() as writer:
        writer.release_lock(taken.stack, by="ana", reason="done")
    net.poll()
    assert states(net.work()) == [State.NO_CHANGES]


def test_the_report_of_its_drift_goes_over(applied: World) -> None:
    applied.cloud_set(value="by hand")
    request.request_check(applied.app.control, ["web"], ANA)
    assert states(applied.work()) == [State.DRIFTED]
    applied.commit_files({"web/stack.yaml": "name: site\nrenamed_from: web\n"})
    applied.poll()
    report = applied.report("site")
    assert report is not None
    assert (report.stack, applied.look("site").drift) == ("site", DriftStatus.DRIFTED)
    assert applied.report("web") is None


# The operator says it


def test_an_operators_word_answers_the_question(net: World) -> None:
    net.commit_files({"net/stack.yaml": "name: network\n"})
    net.poll()
    say_renamed(net.app.control, "net", "network", ANA)
    net.poll()
    assert states(net.work()) == [State.NO_CHANGES]
    with net.app.store.reading() as reader:
        actions = [(entry.action, entry.actor) for entry in reader.audit(subject="network", limit=20)]
        assert reader.successions() == {}
    assert ("stack.succession", "ana") in actions
    assert "stack.rename" in dict(actions)


def test_it_can_be_said_before_git_says_it(net: World) -> None:
    say_renamed(net.app.control, "net", "network", ANA)
    net.poll()
    assert _names(net) == ["net"]
    net.commit_files({"net/stack.yaml": "name: network\n"})
    net.poll()
    assert states(net.work()) == [State.NO_CHANGES]


def test_a_stack_with_a_state_of_its_own_takes_over_no_other(net: World) -> None:
    net.commit_files({"b/main.tf": DATA.format(value="b"), "b/stack.yaml": "name: b\n"})
    _apply_all(net)
    with pytest.raises(Conflict, match="has its own state"):
        say_renamed(net.app.control, "net", "b", ANA)
    with pytest.raises(BadUsage):
        say_renamed(net.app.control, "net", "net", ANA)
