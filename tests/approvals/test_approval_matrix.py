"""Who may approve, as a table: every way to be one of those who made the change, under every name."""

from dataclasses import replace

import pytest
from examples import NOW, a_run

from runner.model.approval.approval import Approval, Commit, Person
from runner.model.approval.people import fold, names_of, one_each
from runner.model.approval.rules import Standing, refusal, standing
from runner.model.approval.terms import Declaration, Terms, agreed
from runner.model.run.life import Kind, State, Trigger
from runner.model.settings.server import ApprovalSettings
from runner.model.stack.definition import ApplyRules, StackDefinition

COMMITS = (
    Commit("a" * 40, "Ana Ng", "ana@example.com", "Cy Tal", "cy@example.com", NOW, "s", ("dee@example.com",)),
    Commit(
        "b" * 40, "Eva", "12345+eva-m@users.noreply.example.com", "forge", "noreply@example.com", NOW, "s"
    ),
)
PEOPLE = {
    "robert": ("bo", "bo@example.com"),
    "ang": ("ana@example.com",),
    "cyt": ("tally", "Cy Tal"),
    "tally": ("ctal",),
}
AUTHOR = "the author or committer of a change may not approve it"
ASKED = "whoever requested the run may not approve it"
ONCE = "each person counts only once"
RUN = a_run(state=State.AWAITING_APPROVAL, plan_digest="p", fingerprint="f", binding_digest="b")
BY_HAND = {"trigger": Trigger.MANUAL, "requested_by": "bo"}


def test_the_id_of_an_issuer_is_compared_exactly() -> None:
    people = {"ana": ["oidc:sub:AbC"]}
    assert "ana" in names_of("oidc:sub:AbC", people)
    assert "ana" not in names_of("oidc:sub:abc", people)


def terms(settings: ApprovalSettings, **rules: object) -> Terms:
    definition = StackDefinition("prod/vpc", apply=ApplyRules(**rules))  # type: ignore[arg-type]
    return agreed(settings, [Declaration(definition, "infra", "vpc", "state", "vpc/stack.yaml", "b" * 40)])


def yes(name: str) -> Approval:
    return Approval(1, Person(name, "user"), NOW, "p", "f", binding_digest="b")


@pytest.mark.parametrize(
    ("person", "run", "needed", "given", "why"),
    [
        # author, committer, co-author, and those of every commit between
        ("ana", {}, 1, (), AUTHOR),
        ("Ana Ng", {}, 1, (), AUTHOR),
        ("cy", {}, 1, (), AUTHOR),
        ("dee", {}, 1, (), AUTHOR),
        ("eva", {}, 1, (), AUTHOR),
        ("eva-m", {}, 1, (), AUTHOR),
        # however it is written
        ("ANA", {}, 1, (), AUTHOR),
        ("\uff41\uff4e\uff41", {}, 1, (), AUTHOR),
        ("an\u200ba", {}, 1, (), AUTHOR),
        ("\U0001d400na", {}, 1, (), AUTHOR),
        (" ana ", {}, 1, (), AUTHOR),
        ("ﬀ", {}, 1, (), None),
        # by another of one's names
        ("ang", {}, 1, (), AUTHOR),
        ("cyt", {}, 1, (), AUTHOR),
        ("ctal", {}, 1, (), AUTHOR),
        ("Tally", {}, 1, (), AUTHOR),
        # somebody else
        ("bo", {}, 1, (), None),
        ("robert", {}, 1, (), None),
        # who triggered it
        ("bo", BY_HAND, 1, (), None),
        ("bo", BY_HAND, 2, (), ASKED),
        ("BO", BY_HAND, 2, (), ASKED),
        ("robert", BY_HAND, 2, (), ASKED),
        ("bo", {**BY_HAND, "kind": Kind.DESTROY}, 1, (), ASKED),
        ("bo", {**BY_HAND, "targets": ("a.b",)}, 1, (), ASKED),
        ("bo", {**BY_HAND, "trigger": Trigger.HEAL}, 2, (), ASKED),
        ("fay", {**BY_HAND, "kind": Kind.DESTROY}, 2, (), None),
        # twice
        ("bo", {}, 2, ("bo",), ONCE),
        ("bo", {}, 2, ("robert",), ONCE),
        ("robert", {}, 2, ("bo",), ONCE),
        ("BO", {}, 2, ("bo",), ONCE),
        ("\uff42\uff4f", {}, 2, ("bo",), ONCE),
        ("bo@example.com", {}, 2, ("bo",), ONCE),
        ("fay", {}, 2, ("bo",), None),
    ],
)
def test_who_may_approve(
    person: str, run: dict[str, object], needed: int, given: tuple[str, ...], why: str | None
) -> None:
    of = replace(RUN, **run)  # type: ignore[arg-type]
    so_far = Standing(needed, tuple(map(yes, given)))
    settings = ApprovalSettings(people=PEOPLE)
    for known_by in ("loginuid", "caller", "user"):
        who = Person(person, known_by)
        assert refusal(who, of, terms(settings), COMMITS, settings.people, so_far) == why


def test_who_picked_another_revision_may_not_approve_it() -> None:
    run = replace(RUN, trigger=Trigger.MANUAL, requested_by="bo")
    who, plain = Person("bo", "user"), terms(ApprovalSettings())
    assert refusal(who, run, plain, COMMITS, {}, Standing(1, ()), chosen=True) == ASKED
    assert refusal(who, run, plain, COMMITS, {}, Standing(1, ()), chosen=False) is None


def test_a_named_approver_is_known_by_each_of_the_names() -> None:
    named = terms(ApprovalSettings(people=PEOPLE), approvers=("Bo@Example.com",))
    assert refusal(Person("robert", "user"), RUN, named, COMMITS, PEOPLE, Standing(1, ())) is None
    assert refusal(Person("fay", "user"), RUN, named, COMMITS, PEOPLE, Standing(1, ())) is not None


@pytest.mark.parametrize(
    ("names", "people"),
    [
        (["bo", "bo"], 1),
        (["bo", "robert"], 1),
        (["Bo", "\uff42\uff4f", "bo@example.com"], 1),
        (["bo", "fay"], 2),
        (["bo", "fay", "robert"], 2),
        (["cyt", "ctal"], 1),
    ],
)
def test_one_person_counts_once_under_whatever_names(names: list[str], people: int) -> None:
    settings = ApprovalSettings(required=5, people=PEOPLE)
    counted = standing(RUN, [yes(name) for name in names], terms(settings), settings, NOW)
    assert len(counted.given) == people
    assert counted.missing == 5 - people
    assert len(one_each(map(yes, names), PEOPLE)) == people


def test_names_are_found_from_each_end() -> None:
    everyone = {"cyt", "tally", "cy tal", "ctal"}
    assert all(names_of(name, PEOPLE) == everyone for name in everyone)


def test_a_name_of_nothing_visible_is_nobodys() -> None:
    assert fold("\u200b") == ""
    nobody = (replace(COMMITS[0], author="\u200b", author_email=""),)
    assert refusal(Person("bo", "user"), RUN, terms(ApprovalSettings()), nobody, {}, Standing(1, ())) is None
