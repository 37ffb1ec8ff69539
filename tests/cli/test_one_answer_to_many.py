"""One answer to several runs: which ones a pattern chooses, what came of each, and the exit code of it all."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from cli_world import World
from put_back import PutBack
from terminal_talk import Meanwhile, converse
from unrecorded import forget_authors

from runner.api.answers import MOST, Approving, approve_runs, ask_questions
from runner.api.caller import Caller
from runner.cli.answering import Outcomes, answer_all
from runner.cli.invocation import Cli
from runner.cli.several import BATCH
from runner.errors import BadUsage, ServerUnreachable
from runner.model.access.access import Access, Binding
from runner.model.approval.approval import Person
from runner.view.answered import Answered, AnsweredRuns

ANYBODY = "approvals: {author_may_approve: true}\n"
NAMES = ("dev/a", "dev/b", "prod/a", "prod/db/main")


@pytest.fixture(scope="module")
def many_planned(tmp_path_factory: pytest.TempPathFactory) -> PutBack:
    many = World(tmp_path_factory.mktemp("many"), more=ANYBODY)
    for name in NAMES:
        many.stack(name)
    many.run("plan", *NAMES)
    return PutBack.kept(many.root)


@pytest.fixture
def many(many_planned: PutBack) -> World:
    """run-1 to run-4 wait for approval, of dev/a, dev/b, prod/a and prod/db/main."""
    return World.found(many_planned.again())


def states(many: World) -> list[str]:
    return [run["state"] for run in reversed(many.json("run", "list"))]


def with_digests(many: World, *runs: str) -> list[str]:
    found = {run["id"]: run["binding_digest"] for run in many.json("run", "list")}
    return [f"{run}@{found[run][:12]}" for run in runs]


def told(outcomes: list[dict[str, Any]]) -> dict[str, str]:
    return {one["id"]: one["outcome"] for one in outcomes}


# Choosing


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (["--stack", "dev/*"], ["run-1", "run-2"]),
        (["--stack", "prod/*"], ["run-3"]),
        (["--stack", "prod/**"], ["run-3", "run-4"]),
        (["--stack", "dev/a", "--stack", "prod/a"], ["run-1", "run-3"]),
        (["--source", "infra", "--stack", "*/a"], ["run-1", "run-3"]),
        (["--source", "infra"], ["run-1", "run-2", "run-3", "run-4"]),
        (["--stack", "dev/*", "-l", "env=test"], ["run-1", "run-2"]),
    ],
)
def test_stacks_are_chosen_by_pattern_source_and_label(
    many: World, words: list[str], runs: list[str]
) -> None:
    hint = many.run("approve", *words, expect=64).stderr
    assert [word.partition("@")[0] for word in hint.split() if "@" in word] == runs
    assert told(many.json("reject", *words, "-m", "no")) == dict.fromkeys(runs, "rejected")


def test_a_pattern_that_matches_no_stack_is_not_found(many: World) -> None:
    for words in (["--stack", "stage/*"], ["--source", "infro"]):
        assert "no stacks" in many.run("approve", *words, expect=5).stderr


def test_a_source_that_is_not_there_is_answered_with_the_list_of_sources(many: World) -> None:
    assert "hint: driftline source list" in many.run("approve", "--source", "nowhere", expect=5).stderr


@pytest.mark.parametrize("command", ["approve", "apply"])
def test_names_beside_a_choice_are_refused_with_the_help_of_the_command(many: World, command: str) -> None:
    assert f"hint: driftline {command} --help" in many.run(command, "run-1", "--stack", "x", expect=64).stderr


def test_one_question_answers_all_that_a_pattern_chooses(many: World) -> None:
    code, heard = converse(
        many, ["approve", "--stack", "*/a"], {"Type `yes` to approve these 2 plans": "yes\n"}
    )
    assert code == 0, heard
    assert states(many) == ["approved", "awaiting_approval", "approved", "awaiting_approval"]


# Outcomes


def test_json_has_the_outcome_of_each_run_in_the_order_asked_for(many: World) -> None:
    plans = ["run-3@" + "0" * 12, *with_digests(many, "run-2", "run-1"), "run-99@" + "0" * 12]
    outcomes = many.json("approve", *plans, "--yes", expect=8)
    assert told(outcomes) == {
        "run-3": "refused",
        "run-2": "approved",
        "run-1": "approved",
        "run-99": "refused",
    }
    refused, approved = outcomes[0], outcomes[1]
    assert (refused["error"]["code"], refused["error"]["exit_code"]) == ("ApprovalForOtherPlan", 3)
    assert (approved["approvals"], approved["missing"], approved["error"]) == ("1 of 1", 0, None)
    assert approved["run"]["state"] == "approved"
    assert (outcomes[3]["run"], outcomes[3]["error"]["code"]) == (None, "RunNotFound")


def test_runs_that_are_all_refused_end_with_the_code_of_the_refusal(many: World) -> None:
    many.run("approve", "run-98@" + "0" * 12, "run-99@" + "0" * 12, "--yes", expect=5)
    many.run("approve", "run-1@" + "0" * 12, "run-2@" + "0" * 12, "--yes", expect=3)


def test_bad_syntax_approves_none(many: World) -> None:
    good = with_digests(many, "run-1")
    for bad in (["run-x"], ["run-1@" + "0" * 12], ["run-2"], ["--stack", "dev/b"]):
        many.run("approve", *good, *bad, "--yes", expect=64)
    assert set(states(many)) == {"awaiting_approval"}


def test_a_run_that_is_named_twice_is_approved_once(many: World) -> None:
    (one,) = with_digests(many, "run-1")
    assert told(many.json("approve", one, "run-1", one, *with_digests(many, "run-2"), "--yes")) == {
        "run-1": "approved",
        "run-2": "approved",
    }


def test_a_plan_that_changed_while_somebody_read_the_list_is_left_out(many: World) -> None:
    def shift() -> None:
        with many.app.store.writing() as writer:
            changes = writer.changes(2)
            assert changes is not None
            writer.save_plan(2, replace(changes, outputs=()))

    answers = Meanwhile(shift, {"Type `yes`": "yes\n"})
    code, heard = converse(many, ["approve", "--stack", "dev/*"], answers)
    assert code == 8, heard
    assert "the plan of run-2 is" in heard
    assert states(many)[:2] == ["approved", "awaiting_approval"]


# Applying


def test_approved_runs_are_applied_one_after_the_other(many: World) -> None:
    many.run("approve", *with_digests(many, "run-1", "run-2"), "--yes")
    outcomes = many.json("apply", "--stack", "**")
    assert told(outcomes) == {"run-1": "applied", "run-2": "applied"}
    assert [one["run"]["state"] for one in outcomes] == ["applied", "applied"]
    assert states(many)[:2] == ["applied", "applied"]


def test_what_happens_to_each_of_several_runs_is_told_under_its_name(many: World) -> None:
    many.run("approve", *with_digests(many, "run-1", "run-2"), "--yes")
    lines = many.run("apply", "run-1", "run-2").stderr.splitlines()
    ends = [lines.index(line) for line in lines if line.startswith("✔")]
    assert lines.index("run-1 of dev/a") < ends[0] < lines.index("run-2 of dev/b") < ends[1]


def test_a_run_that_may_not_be_applied_stops_no_other(many: World) -> None:
    many.run("approve", *with_digests(many, "run-1", "run-3"), "--yes")
    many.run("lock", "take", "dev/a", "--reason", "maintenance")
    said = many.run("apply", "run-1", "run-2", "run-3", expect=8)
    assert 'stack "dev/a" is locked' in said.stderr
    assert states(many) == ["approved", "awaiting_approval", "applied", "awaiting_approval"]


def test_applying_several_asks_on_a_terminal(many: World) -> None:
    many.run("approve", *with_digests(many, "run-1", "run-2"), "--yes")
    code, heard = converse(many, ["apply", "--stack", "dev/*"], {"Type `yes` to apply these 2 plans": "no\n"})
    assert (code, "nothing was applied" in heard) == (1, True)
    assert states(many)[:2] == ["approved", "approved"]


def test_glass_is_broken_for_one_run_at_a_time(many: World) -> None:
    many.run("apply", "run-1", "run-2", "--break-glass", "-m", "fire", expect=64)


# As an operation


def caller(many: World, *stacks: str, person: str = "bo") -> Caller:
    access = Access((Binding("approver", (), stacks or ("**",)),))
    return Caller(many.app, lambda: Person(person, "oidc"), access, person)


def approving(many: World, *runs: int) -> tuple[Approving, ...]:
    with many.app.store.reading() as reader:
        return tuple(Approving(run, reader.run(run).binding_digest or "") for run in runs)


def test_a_role_for_some_stacks_approves_only_those(many: World) -> None:
    answered = approve_runs(caller(many, "dev/*"), approving=approving(many, 1, 3, 2))
    assert [one.outcome for one in answered] == ["approved", "refused", "approved"]
    assert answered[1].run is None
    assert answered[1].error is not None
    assert answered[1].error["code"] == "RunNotFound"


def test_what_one_may_not_see_is_refused_as_what_is_not_there(many: World) -> None:
    hidden, missing = ask_questions(caller(many, "dev/*"), runs=(3, 99))
    assert (hidden.page, missing.page) == (None, None)
    assert str(hidden.error).replace("run-3", "run-N") == str(missing.error).replace("run-99", "run-N")


def test_an_answer_that_is_repeated_after_a_crash_is_the_same_answer(many: World) -> None:
    of, answers = caller(many), approving(many, 1, 2)
    approve_runs(of, approving=answers[:1])
    again = approve_runs(of, approving=answers)
    assert [one.outcome for one in again] == ["approved", "approved"]
    with many.app.store.reading() as reader:
        assert [len(reader.approvals(run)) for run in (1, 2)] == [1, 1]


def test_another_persons_yes_is_not_repeated_as_ones_own(many: World) -> None:
    answers = approving(many, 1)
    approve_runs(caller(many), approving=answers)
    (again,) = approve_runs(caller(many, person="cy"), approving=answers)
    assert again.outcome == "refused"


def test_a_yes_to_another_plan_is_no_repetition(many: World) -> None:
    approve_runs(caller(many), approving=approving(many, 1))
    (again,) = approve_runs(caller(many), approving=(Approving(1, "0" * 64),))
    assert again.outcome == "refused"


def test_more_runs_than_a_request_may_have_are_refused_before_any_is_approved(many: World) -> None:
    with pytest.raises(BadUsage, match="at most"):
        approve_runs(caller(many), approving=approving(many, 1) * (MOST + 1))
    assert set(states(many)) == {"awaiting_approval"}


def test_what_is_recorded_of_the_runs_is_not_read_from_git(many: World) -> None:
    of = caller(many)
    git = CountedGit(of.app.git)
    vars(of.app)["git"] = git
    answered = approve_runs(of, approving=approving(many, 1, 2, 3, 4))
    assert {one.outcome for one in answered} == {"approved"}
    assert not git.asked


def test_what_the_runs_share_is_read_from_git_once(many: World) -> None:
    forget_authors(many.root / "data")
    of = caller(many)
    git = CountedGit(of.app.git)
    vars(of.app)["git"] = git
    answered = approve_runs(of, approving=approving(many, 1, 2, 3, 4))
    assert {one.outcome for one in answered} == {"approved"}
    revisions = {one.run.revision for one in answered if one.run is not None}
    assert git.asked["tree"] == len(revisions)
    assert git.asked["blobs"] <= len(revisions) * 3


@pytest.mark.parametrize(
    "answer", [(), (Answered("run-9", "approved"),), (Answered("run-1", "refused", error={}),)]
)
def test_a_run_that_a_server_does_not_answer_for_is_no_success(answer: AnsweredRuns) -> None:
    outcomes = Outcomes(Cli(), [1])
    assert list(answer_all(outcomes, {1: 1}, lambda _: answer)) == []
    assert outcomes.code == 1
    assert [one.id for one in outcomes.all] == ["run-1"]


def test_a_request_that_fails_stops_no_other() -> None:
    outcomes, asked = Outcomes(Cli(), range(BATCH + 1)), list[int]()

    def answer(some: tuple[int, ...]) -> AnsweredRuns:
        asked.append(len(some))
        if len(asked) == 1:
            raise ServerUnreachable(url="https://x", reason="gone")
        return tuple(Answered(f"run-{run}", "approved") for run in some)

    done = list(answer_all(outcomes, {run: run for run in range(BATCH + 1)}, answer))
    assert (asked, len(done), outcomes.code) == ([BATCH, 1], 1, 8)


class CountedGit:
    def __init__(self, git: Any) -> None:
        self.git, self.asked = git, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self.git, name)
