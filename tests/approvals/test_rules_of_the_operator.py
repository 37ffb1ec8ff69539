"""The operator's rules are a floor: no stack file goes below them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from world import ANA, BO, DATA, World

from runner.cli.main import main
from runner.errors import GuardrailHit, NeverApplies, NotAllowed
from runner.model.approval.approval import Person
from runner.model.run.life import Run, State
from runner.model.settings.guardrails import GuardrailRule, Guardrails, ValueRule
from runner.service.approval.approve import refuse_early
from runner.service.approval.question import question

Make = Callable[[str], World]
RUNS_A_COMMAND = DATA + 'resource "terraform_data" "more" {{\n  input = "more"\n}}\n'


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda approvals: World(tmp_path, f"approvals: {approvals}\n")


def output_of(world: World, *words: str) -> str:
    result = CliRunner().invoke(main, ["-c", str(world.config), *words], prog_name="driftline")
    assert result.exit_code == 0, result.output
    return result.output


def pushed(world: World, value: str = "two", rules: str = "", body: str = DATA, name: str = "web") -> Run:
    (run,) = world.push(name, value, rules, body=body)
    return run


def test_a_commit_that_makes_its_own_stack_automatic_is_applied_by_nobody(make: Make) -> None:
    world = make("{required: 2}")
    pushed(world, "one", "apply: {approvals: 3, approvers: [bo, cy, di], protect: ['*']}\n")
    run = pushed(world, "two", "apply: {mode: automatic}\n", RUNS_A_COMMAND)
    assert (run.state, run.stack) == (State.AWAITING_APPROVAL, "web")
    assert world.work() == []


def test_a_new_stack_that_says_automatic_waits_too(make: Make) -> None:
    run = pushed(make("{required: 1}"), rules="apply: {mode: automatic}\n")
    assert run.state is State.AWAITING_APPROVAL


def test_automatic_applies_where_a_rule_allows_it_and_the_rule_is_recorded(make: Make) -> None:
    world = make("{rules: [{match: {stacks: [web]}, mode_at_most: automatic, reason: a playground}]}")
    assert [run.state for run in world.push(body=DATA, rules="apply: {mode: automatic}\n")] == [
        State.APPROVED,
        State.APPLIED,
    ]
    (other,) = world.push("other", body=DATA, rules="apply: {mode: automatic}\n")
    assert other.state is State.AWAITING_APPROVAL
    shown = output_of(world, "audit", "log", "-o", "json")
    assert "rule 1 of approvals.rules: a playground" in shown


def test_a_rule_asks_for_more_people_than_the_stack_file(make: Make) -> None:
    world = make("{rules: [{match: {labels: {env: prod}}, required: 2}]}")
    run = pushed(world, rules="labels: {env: prod}\napply: {approvals: 1}\n")
    assert world.approve(run, ANA).state is State.AWAITING_APPROVAL
    assert world.approve(run, BO).state is State.APPROVED


def test_who_is_not_named_by_the_rule_may_not_approve(make: Make) -> None:
    world = make("{rules: [{match: {sources: [infra]}, from: [bo], reason: on call}]}")
    run = pushed(world)
    with pytest.raises(
        NotAllowed, match=r"only bo may approve this stack \(rule 1 of approvals\.rules: on call"
    ):
        world.approve(run, ANA)
    assert world.approve(run, BO).state is State.APPROVED


def test_disjoint_lists_of_rule_and_stack_file_are_reported(make: Make) -> None:
    world = make("{rules: [{from: [bo]}]}")
    run = pushed(world, rules="apply: {approvers: [ana]}\n")
    for person in (ANA, BO):
        with pytest.raises(NotAllowed, match="nobody may approve it"):
            world.approve(run, person)
    assert "nobody may approve it" in output_of(world, "stack", "show", "web")


def test_a_rule_that_says_never_holds_against_the_stack_file(make: Make) -> None:
    world = make("{rules: [{mode_at_most: never, reason: frozen}]}")
    run = pushed(world)
    with pytest.raises(NeverApplies, match="frozen"):
        world.approve(run)


def test_a_rule_that_says_never_after_the_approval_stops_the_apply(make: Make) -> None:
    world = make("{required: 1}")
    run = world.approve(pushed(world))
    world.config.write_text(world.config.read_text() + "  \n")
    text = world.config.read_text().replace("{required: 1}", "{rules: [{mode_at_most: never}]}")
    world.config.write_text(text)
    world.app.store.close()
    del world.__dict__["app"]
    world.work()
    assert world.run(run.id).state is State.SUPERSEDED
    assert world.look().applied_revision is None


def test_an_approval_by_a_person_a_newer_rule_omits_no_longer_counts(make: Make) -> None:
    world = make("{required: 1}")
    run = world.approve(pushed(world), ANA)
    world.config.write_text(world.config.read_text().replace("{required: 1}", "{rules: [{from: [bo]}]}"))
    world.app.store.close()
    del world.__dict__["app"]
    world.work()
    assert world.look().applied_revision is None
    assert world.run(run.id).state is State.SUPERSEDED


def test_a_rule_protects_what_the_stack_file_does_not(make: Make) -> None:
    world = make("{rules: [{protect: ['terraform_data.*']}]}")
    world.applied(body=DATA)
    run = pushed(world, body="# nothing left\n")
    with pytest.raises(GuardrailHit, match="protected"):
        world.approve(run)
    assert world.approve(run, typed_name="web").state is State.APPROVED


def test_a_destroying_plan_needs_two_people_of_whom_one_is_an_owner(make: Make) -> None:
    world = make("{author_may_approve: true, rules: [{when: {destroys_over: 0}, required: 2, one_of: [bo]}]}")
    world.applied(body=DATA)
    assert world.approve(pushed(world, "two")).state is State.APPROVED
    world.work()
    run = pushed(world, body="# nothing left\n")
    assert "0 of 2; bo must approve" in output_of(world, "stack", "show", "web")
    world.approve(run, ANA)
    assert world.approve(run, Person("cy", "user")).state is State.AWAITING_APPROVAL
    assert world.approve(run, BO).state is State.APPROVED


def test_a_plan_with_a_forbidden_value_is_not_approved(make: Make) -> None:
    world = make(
        "{}\nguardrails: {rules: [{values: [{types: [terraform_data], attribute: input, allow: [o*]}]}]}"
    )
    run = pushed(world, "two")
    with pytest.raises(GuardrailHit, match=r"terraform_data\.one has input = two; allowed: o"):
        world.approve(run)
    assert world.approve(pushed(world, "one")).state is State.APPROVED


def test_a_rule_about_values_that_is_newer_than_the_approval_asks_for_a_new_plan(make: Make) -> None:
    world = make("{}")
    run = world.approve(pushed(world, "two"))
    rule = GuardrailRule(values=(ValueRule(("terraform_data",), "input", ("o*",)),))
    world.configure(replace(world.settings, guardrails=Guardrails(rules=(rule,))))
    world.work()
    assert world.run(run.id).state is State.SUPERSEDED
    assert world.look().applied_revision is None


def test_stack_show_says_which_rule_counts_and_where_it_comes_from(make: Make) -> None:
    world = make("{rules: [{match: {stacks: ['w*']}, required: 2, reason: two pairs of eyes}]}")
    pushed(world, rules="apply: {mode: automatic, approvals: 1}\n")
    shown = output_of(world, "stack", "show", "web")
    assert "2 approvals  by rule 1 of approvals.rules: two pairs of eyes" in shown
    terms = json.loads(output_of(world, "stack", "show", "web", "-o", "json"))["terms"]
    assert (terms["mode"], terms["required"], terms["from"]) == ("approved", 2, None)
    assert {
        "key": "required",
        "value": 2,
        "origin": "rule 1 of approvals.rules",
        "reason": "two pairs of eyes",
        "counts": True,
    } in terms["words"]
    assert json.loads(output_of(world, "run", "show", "run-1", "-o", "json"))["terms"] == terms
    own = [word for word in terms["words"] if word["origin"] == "web/stack.yaml"]
    assert [(word["value"], word["counts"]) for word in own] == [("automatic", False), (1, False)]


def test_validate_warns_of_unmatched_stacks_and_of_rules_without_stacks(make: Make) -> None:
    world = make("{required: 2, rules: [{match: {stacks: [web]}}, {match: {stacks: [gone]}, required: 1}]}")
    pushed(world)
    pushed(world, name="lonely")
    shown = output_of(world, "config", "validate")
    assert "no rule of approvals.rules matches lonely" in shown
    assert "rule 2 of approvals.rules matches no stack; it selects stacks gone" in shown
    assert "rule 2 of approvals.rules requires 1 approvals, but approvals.required is 2" in shown
    found = json.loads(
        CliRunner().invoke(main, ["-c", str(world.config), "config", "validate", "-o", "json"]).stdout
    )
    assert [one["severity"] for one in found] == ["warning"] * 3


def test_stack_show_lists_every_rule_with_why_it_reaches_the_stack_or_not(make: Make) -> None:
    world = make(
        "{rules: [{match: {labels: {env: prod}}, required: 2}, {match: {stacks: [db]}, required: 9}]}\n"
        "guardrails: {rules: [{max_destroys: 0, reason: careful}, {max_destroys: 3}]}\n"
        "contexts: [{name: all, vars: {size: small}}]"
    )
    pushed(world, "one", "labels: {env: prod}\n")
    pushed(world, "two")
    page = json.loads(output_of(world, "stack", "show", "web", "--rules", "-o", "json"))
    assert [(rule["name"], rule["applies"], rule["why"], rule["decides"]) for rule in page["rules"]] == [
        (
            "rule 1 of approvals.rules",
            True,
            f"it matches {page['rules'][0]['why'].removeprefix('it matches ')}",
            ["mode", "required"],
        ),
        ("rule 2 of approvals.rules", False, "its name is not db", []),
        ("rule 1 of guardrails.rules", True, "", ["max_destroys"]),
        ("rule 2 of guardrails.rules", True, "", []),
        ('"all" of contexts', True, "", []),
    ]
    assert "in force until a newer plan is applied" in page["rules"][0]["why"]
    assert page["limits"][0] == {
        "key": "max_destroys",
        "value": 0,
        "by": "rule 1 of guardrails.rules: careful",
    }
    drawn = output_of(world, "stack", "show", "web", "--rules")
    assert "size" in drawn
    assert "small" not in drawn


def test_validate_warns_of_rules_of_every_table_that_match_no_stack(make: Make) -> None:
    nowhere = "match: {labels: {env: nowhere}}"
    world = make(
        f"{{}}\nguardrails: {{rules: [{{{nowhere}, max_destroys: 0}}]}}\n"
        f"contexts: [{{name: lost, {nowhere}, vars: {{size: small}}}}]\n"
        f"windows: [{{{nowhere}, allow: [mon]}}]"
    )
    pushed(world)
    shown = output_of(world, "config", "validate")
    assert "rule 1 of guardrails.rules matches no stack; it selects labels env=nowhere" in shown
    assert "rule 1 of windows matches no stack" in shown
    assert '"lost" of contexts matches no stack; it selects labels env=nowhere' in shown


def test_a_rule_that_counts_by_what_a_stack_was_before_reaches_it(make: Make) -> None:
    world = make("{rules: [{match: {labels: {env: prod}}, required: 2}]}")
    pushed(world, "one", "labels: {env: prod}\n")
    pushed(world, "two")
    assert "Warning" not in output_of(world, "config", "validate")


def test_without_rules_config_validate_has_nothing_to_warn_of(make: Make) -> None:
    world = make("{required: 1}")
    pushed(world)
    assert "Warning" not in output_of(world, "config", "validate")


def test_somebody_else_is_still_somebody_else(make: Make) -> None:
    world = make("{rules: [{author_may_approve: false}], author_may_approve: true}")
    run = pushed(world)
    with pytest.raises(NotAllowed, match="author"):
        world.approve(run, Person("carl", "user"))
    assert world.approve(run).state is State.APPROVED


def test_who_is_not_named_is_refused_before_the_question(make: Make) -> None:
    world = make("{rules: [{from: [ana]}]}")
    run = pushed(world)
    with world.app.store.reading() as reader:
        asked = question(world.app.settings, world.app.clock, reader, run.id)
    refuse_early(world.app.control, asked, ANA, frozenset())
    with pytest.raises(NotAllowed, match="only ana may approve this stack"):
        refuse_early(world.app.control, asked, BO, frozenset())


def test_who_approved_already_is_refused_before_the_question(make: Make) -> None:
    world = make("{required: 2}")
    run = pushed(world)
    world.approve(run)
    with world.app.store.reading() as reader:
        asked = question(world.app.settings, world.app.clock, reader, run.id)
    refuse_early(world.app.control, asked, BO, frozenset())
    with pytest.raises(NotAllowed, match="each person counts only once"):
        refuse_early(world.app.control, asked, ANA, frozenset())


def test_a_refused_author_sees_the_commit(make: Make) -> None:
    world = make("{required: 1}")
    pushed(world)
    run = pushed(world, "three")
    with pytest.raises(NotAllowed, match=f'carl is an author of {run.revision[:12]} "a change"'):
        world.approve(run, Person("carl", "user"))
