"""Policies and checks judge plans: they deny, warn and ask for more approvals, and an approval is bound to them."""

from dataclasses import replace
from pathlib import Path

import pytest
from world import ANA, BO, DATA, World

from runner.errors import ApprovalVoid, PolicyDenied
from runner.model.policy.result import PolicyResult
from runner.model.run.life import Run, State
from runner.model.settings.policy import Check, Policy
from runner.model.settings.source import Allow
from runner.model.stack.match import StackMatch
from runner.service.approval.approve import refuse_early
from runner.service.approval.gate import may_start
from runner.service.approval.question import question
from runner.service.operator.request import request_check
from runner.view.run_page import run_page

BAD = """\
package main

deny[msg] {
  change := input.resource_changes[_]
  change.change.after.input == "bad"
  msg := sprintf("%s of %s is bad", [change.address, input.stack.name])
}
"""
SECRET = """\
variable "password" {
  default   = "correct-horse-battery"
  sensitive = true
}
resource "terraform_data" "one" {
  input = var.password
}
"""


@pytest.fixture
def judged(plain: World) -> World:
    return judge(plain, BAD)


def judge(world: World, source: str, *, allow: tuple[str, ...] = (), checks: tuple[Check, ...] = ()) -> World:
    folder = world.root / "policies"
    folder.mkdir(exist_ok=True)
    (folder / "baseline.rego").write_text(source)
    sources = (replace(world.settings.sources[0], allow=Allow(policies=allow)),)
    policies = (Policy("baseline", folder, StackMatch(stacks=("web",)), reason="company rules"),)
    world.configure(replace(world.settings, policies=policies, checks=checks, sources=sources))
    return world


def planned(world: World, value: str, rules: str = "", *, body: str = DATA) -> Run:
    [run] = world.push("web", value, rules, body=body)
    return run


def results(world: World, run: Run) -> tuple[PolicyResult, ...]:
    with world.app.store.reading() as reader:
        return run_page(reader, world.settings, world.app.clock, run.id).policies


def test_a_denied_plan_can_be_neither_approved_nor_applied(judged: World) -> None:
    run = planned(judged, "bad")
    assert run.state is State.AWAITING_APPROVAL
    said = 'policy "baseline" denies it: terraform_data.one of web is bad'
    assert said in run.reason
    with pytest.raises(PolicyDenied, match=said):
        judged.approve(run)
    with judged.app.store.reading() as reader, pytest.raises(PolicyDenied, match=said):
        may_start(judged.app.control, reader, run)
    assert judged.run(run.id).state is State.AWAITING_APPROVAL


def test_no_rule_approves_a_denied_plan(judged: World) -> None:
    assert judged.push("web", "good", "apply: {mode: automatic}", body=DATA)[-1].state is State.APPLIED
    assert planned(judged, "bad", "apply: {mode: automatic}").state is State.AWAITING_APPROVAL


def test_a_plan_that_keeps_to_the_policy_is_applied(judged: World) -> None:
    run = planned(judged, "good")
    [result] = results(judged, run)
    assert (result.name, result.level, result.reason) == ("baseline", "pass", "company rules")
    judged.approve(run)
    assert [one.state for one in judged.work()] == [State.APPLIED]


def test_an_approval_under_other_policies_is_void(judged: World) -> None:
    run = planned(judged, "good")
    judged.approve(run)
    (judged.root / "policies" / "more.rego").write_text(BAD.replace('"bad"', '"good"'))
    void, again = judged.work()
    assert "these have changed since: the policies (baseline)" in void.reason
    assert void.state is State.SUPERSEDED
    assert "terraform_data.one of web is bad" in again.reason


def test_a_plan_from_before_the_policies_changed_cannot_be_approved(judged: World) -> None:
    run = planned(judged, "good")
    judge(judged, BAD + "\n# another text\n")
    with judged.app.store.reading() as reader:
        asked = question(judged.app.settings, judged.app.clock, reader, run.id)
    with pytest.raises(ApprovalVoid, match=r"the policies \(baseline\)"):
        refuse_early(judged.app.control, asked, ANA, frozenset())  # before anybody is asked
    with pytest.raises(ApprovalVoid, match=r"the policies \(baseline\)"):
        judged.approve(run)


def test_a_plan_that_is_made_again_is_judged_again(judged: World) -> None:
    """What is denied now was allowed when it was approved, by the same check."""
    flag = judged.root / "outside" / "flag"
    flag.parent.mkdir()
    check = Check("flag", ("sh", "-c", 'test ! -e "$1"', "sh", str(flag), "{plan}"), blocking=True)
    judge(judged, BAD, checks=(check,))
    judged.approve(planned(judged, "good"))
    judged.age(hours=1)
    flag.touch()
    void, again = judged.work()
    assert 'planned again: check "flag" denies it: exit code 1' in void.reason
    assert again.state is State.AWAITING_APPROVAL


def test_a_policy_can_ask_for_more_people(judged: World) -> None:
    judge(judged, 'package main\n\napprovals := 2\n\nwarn[m] { m := "look twice" }')
    run = planned(judged, "good")
    assert results(judged, run)[0].warnings == ("look twice",)
    assert judged.approve(run, ANA).state is State.AWAITING_APPROVAL
    assert judged.approve(run, BO).state is State.APPROVED


def test_a_policy_that_asks_for_approvals_is_not_passed_by_a_rule(judged: World) -> None:
    judge(judged, "package main\n\napprovals := 1")
    assert planned(judged, "good", "apply: {mode: automatic}").state is State.AWAITING_APPROVAL


def test_a_plan_that_is_read_by_a_process_of_its_own_is_judged_too(judged: World) -> None:
    words = 'join("", [for i in range(1000) : join("", [for j in range(40) : "0123456789abcdef"])])'
    long = DATA.replace('"{value}"', words)
    judge(
        judged,
        'package main\n\ndeny[m] { count(input.resource_changes[0].change.after.input) > 600000; m := "long" }',
    )
    assert "denies it: long" in planned(judged, "", body=long).reason


def test_messages_hide_the_secrets_of_the_plan(judged: World) -> None:
    judge(judged, 'package main\n\nwarn[m] { m := sprintf("it is %s", [input.variables.password.value]) }')
    run = planned(judged, "", body=SECRET.replace("{", "{{").replace("}", "}}"))
    [warning] = results(judged, run)[0].warnings
    assert warning.startswith("it is ")
    assert "correct-horse" not in warning


def test_an_unreadable_policy_denies(judged: World) -> None:
    (judged.root / "policies" / "baseline.rego").unlink()
    assert "has no .rego files" in planned(judged, "good").reason


def test_drift_checks_are_not_judged(judged: World) -> None:
    judged.applied("web", "good", body=DATA)
    judge(judged, 'package main\n\ndeny[m] { m := "always" }')
    request_check(judged.app.control, ["web"], ANA)
    [checked] = judged.work()
    assert checked.state is State.NO_CHANGES


def test_a_repository_adds_policies_and_no_commit_removes_them_at_once(judged: World) -> None:
    judge(judged, BAD, allow=("rules/*",))
    own = BAD.replace('"bad"', '"odd"').replace("is bad", "is odd")
    judged.commit_files({"rules/own/a.rego": own})
    judged.applied("web", "good", body=DATA)
    judged.commit_files({"rules/own/a.rego": None})
    run = planned(judged, "odd")
    assert "is odd" in run.reason
    assert 'policy "rules/own at ' in run.reason


SCANNER = (
    'case "$1" in *judged.json) ;; *) exit 9;; esac; grep -q bad "$1" && { echo "found it"; exit 3; }; exit 0'
)


@pytest.mark.parametrize("blocking", [True, False])
def test_a_check_denies_or_warns_by_its_exit_code(judged: World, *, blocking: bool) -> None:
    check = Check("scan", ("sh", "-c", SCANNER, "sh", "{plan}"), blocking=blocking)
    judge(judged, 'package main\n\ndeny[m] { false; m := "" }', checks=(check,))
    run = planned(judged, "bad")
    found = results(judged, run)[1]
    assert (found.denials or found.warnings) == ("exit code 3", "found it")
    assert found.level == ("deny" if blocking else "warn")
    assert ('check "scan" denies it' in run.reason) is blocking


def test_a_check_sees_the_code_and_no_secret_of_the_installation(judged: World, tmp_path: Path) -> None:
    look = "cat $0/web/main.tf; ls -A ~ | wc -l; env; cat $1/driftline.yaml $1/data/driftline.db; echo x > $0/y; exit 1"
    check = Check("scan", ("sh", "-c", look, "{tree}", str(judged.root)), blocking=True)
    judge(judged, BAD, checks=(check,))
    run = planned(judged, "good")
    said = "\n".join(results(judged, run)[1].denials)
    assert "terraform_data" in said
    assert "data_dir" not in said
    assert "SQLite" not in said
