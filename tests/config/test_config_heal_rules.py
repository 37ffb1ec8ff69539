"""Heal rules that are wrong, and heal rules that never match, each with their place."""

from pathlib import Path

import pytest

from runner.config.heal_rules import server_heal_doubts, stack_heal_doubts
from runner.config.server_file import check, placed
from runner.model.approval.terms import Declaration
from runner.model.stack.definition import StackDefinition

HEAD = "data_dir: ./data\nsources: [{name: infra, url: https://git.example.com/a.git}]\n"
WEB = {"web": [Declaration(StackDefinition("web"), "infra", ".", "s", "stack.yaml", "a" * 40)]}


def warned(tmp_path: Path, *rules: str, head: str = "") -> list[str]:
    path = tmp_path / "driftline.yaml"
    lines = "".join(f"    - {{{rule}}}\n" for rule in rules)
    path.write_text(f"{HEAD}drift:\n{head}  heal:\n{lines}")
    settings, problems = check(path)
    assert settings is not None, problems
    return [
        f"{p.line}:{p.column}: {p.message}" for p in placed(path, list(server_heal_doubts(settings, WEB)))
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("do: ask", "do: heal, types: [aws_s3_bucket]"),
        ("do: ask, types: ['aws_*']", "do: heal, types: ['aws_s3*', aws_instance], attributes: [tags]"),
        ("do: heal, attributes: [tags]", "do: ask, attributes: [tags.env], actions: [update]"),
        ("do: heal, addresses: [module.db]", "do: heal, addresses: [module.db.aws_db_instance.main]"),
        ("do: ask, match: {labels: {env: prod}}", "do: heal, match: {labels: {env: prod, team: a}}"),
    ],
)
def test_a_rule_that_an_earlier_one_covers_never_matches(tmp_path: Path, first: str, second: str) -> None:
    found = warned(tmp_path, first, second)
    assert "6:7: drift.heal[1]: never matches: rule 1 of drift.heal matches everything that it does" in found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("do: heal, types: ['aws_*']", "do: ask"),
        ("do: heal", "do: ask"),
        ("do: ask, attributes: [tags]", "do: heal, types: [aws_s3_bucket]"),
        ("do: ask, match: {labels: {env: prod}}", "do: heal"),
        ("do: ask, types: ['aws_*_a']", "do: heal, types: ['aws_*']"),
    ],
)
def test_a_rule_that_may_still_match_is_not_warned_of(tmp_path: Path, first: str, second: str) -> None:
    assert not [line for line in warned(tmp_path, first, second) if "everything that it does" in line]


@pytest.mark.parametrize(
    ("rule", "warning"),
    [
        (
            "do: heal, types: [aws_s3_bucket.a]",
            "5:25: drift.heal[0].types: no resource type can match 'aws_s3_bucket.a'; this looks like an address, which belongs in addresses",
        ),
        (
            "do: heal, types: [aws_instance], addresses: [module.m.aws_s3_bucket.a]",
            "5:52: drift.heal[0].addresses: never matches: types matches none of these addresses",
        ),
        (
            "do: heal, attributes: [tags], actions: [create]",
            "5:30: drift.heal[0].attributes: never matches: attributes match updates only, and actions has no update",
        ),
        (
            "do: heal, actions: [delete], addresses: ['aws_*']",
            "5:27: drift.heal[0].actions: delete heals only with exact addresses, without *; this rule asks",
        ),
        (
            "do: heal, match: {stacks: [prod/*]}",
            "5:7: drift.heal[0]: never matches: its match reaches no stack",
        ),
        (
            "do: ask, at_most: {changes: 1}",
            "5:26: drift.heal[0].at_most: has no effect, since the rule says ask",
        ),
    ],
)
def test_a_rule_that_cannot_do_what_it_says_is_warned_of(tmp_path: Path, rule: str, warning: str) -> None:
    assert warned(tmp_path, rule) == [warning]


def test_reconciling_without_rules_heals_nothing(tmp_path: Path) -> None:
    path = tmp_path / "driftline.yaml"
    path.write_text(f"{HEAD}drift: {{action: reconcile}}\n")
    settings, _ = check(path)
    assert settings is not None
    (warning,) = placed(path, list(server_heal_doubts(settings, {})))
    assert (warning.line, warning.column) == (3, 17)


def test_the_rules_of_a_stack_file_are_looked_at_too() -> None:
    text = b"name: a\n---\nname: b\ndrift:\n  heal:\n    - {do: ask}\n    - {do: ask, types: [a]}\n"
    (warning,) = stack_heal_doubts("stack.yaml", text)
    assert str(warning).startswith("stack.yaml:7:7: drift.heal[1]: never matches")


def test_a_wrong_word_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "driftline.yaml"
    rule = "{do: heel, typs: [a], actions: [updaet], at_most: {changes: 0}, match: {sources: [none]}}"
    path.write_text(f"{HEAD}drift: {{heal: [{rule}]}}\n")
    _, problems = check(path)
    assert [problem.message.partition(": ")[2] for problem in problems] == [
        'expected heal, ignore or ask, got "heel" (did you mean "heal"?)',
        'unknown key (did you mean "types"?)',
        'expected create, update, delete or replace, got "updaet" (did you mean "update"?)',
    ]
