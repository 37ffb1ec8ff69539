"""A plan as people read it before they approve it."""

from typing import Any

import pytest
from plan_documents import block, change, configuration, document, resource, update
from untrusted import CORPUS, deceives

from runner.model.changes.attribute_text import attribute_lines
from runner.model.changes.changes import MASK, UNKNOWN, Action, AttributeChange, ChangeSet
from runner.model.forge.plan_block import diff_line
from runner.model.plan.reading import read_plan
from runner.model.plan.text import lines, render, summary_text
from runner.view.attribute import attribute_row
from runner.web.dashboard.plan import differences


def shown(plan: dict[str, Any], *, full: bool = False) -> str:
    return render(read_plan(plan), full=full)


def attribute(before: Any, after: Any, *, full: bool = False, **more: Any) -> list[str]:
    """The lines of one attribute named `a`, without what stands at the start of each."""
    change = AttributeChange("a", before, after, **more)
    return [line.text.removeprefix("      ") for line in attribute_lines([change], full=full)]


EVERYTHING = document(
    resource("test_thing.new", change("create", None, {"name": "n"}, after_unknown={"id": True})),
    resource(
        "test_thing.same",
        change(
            "update", {"longer_name": 1, "p": "x"}, {"longer_name": 2, "p": "y"}, after_sensitive={"p": True}
        ),
    ),
    resource(
        "test_thing.other",
        change("delete/create", {"kind": "a"}, {"kind": "b"}, replace_paths=[["kind"]]),
        action_reason="replace_because_cannot_update",
    ),
    resource(
        "test_thing.gone", change("delete", {"id": "1"}), action_reason="delete_because_no_resource_config"
    ),
    resource("test_thing.left", change("forget", {"id": "2"})),
    resource("test_thing.to", change("no-op", {}, {}), previous_address="test_thing.from"),
    resource("test_thing.taken", change("update", {"a": 1}, {"a": 2}, importing={"id": "i-1"})),
    resource(
        "data.test_thing.d",
        change("read", None, {"a": 1}),
        mode="data",
        action_reason="read_because_config_unknown",
    ),
    outputs={
        "address": change("update", "a", None, after_unknown=True),
        "n": change("create", None, {"x": 1}),
    },
    configuration=configuration(block("test_thing.new", provisioners=[{"type": "local-exec"}])),
)

EXPECTED = """\
Plan: 1 to destroy, 1 to replace, 1 to create, 2 to update, 1 to import, 1 to move, 1 to forget, 2 outputs to change
Destroys (1):
  - test_thing.gone
Replaces (1):
-/+ test_thing.other
Forgets (1):
  . test_thing.left
Runs provisioners (1):
  ! test_thing.new

  - test_thing.gone  # will be destroyed, because it is not in the code
      - id = "1"

-/+ test_thing.other  # will be destroyed and re-created, because it cannot be updated in place
      ~ kind = "a" -> "b"  # forces replacement

  . test_thing.left  # will be forgotten but not destroyed
      - id = "2"

  ~ test_thing.same  # will be updated in place
      ~ longer_name = 1 -> 2
      ~ p           = (sensitive value) -> (sensitive value)

  ~ test_thing.taken  # will be updated in place, imported from "i-1"
      ~ a = 1 -> 2

  + test_thing.new  # will be created
      + id   = (known after apply)
      + name = "n"

    test_thing.to  # is unchanged, moved from test_thing.from

 <= data.test_thing.d  # will be read during apply, because its arguments are known after apply
      + a = 1

Outputs:
      ~ address = "a" -> (known after apply)
      + n       = {"x": 1}
"""


def test_a_plan_shows_what_it_ends_first_and_then_each_resource() -> None:
    assert shown(EVERYTHING) == EXPECTED


def test_each_line_says_by_which_action_it_is_coloured() -> None:
    by_text = {line.text: (line.action, line.loud) for line in lines(read_plan(EVERYTHING))}
    assert by_text["  - test_thing.gone"] == (Action.DELETE, True)
    assert by_text["      ~ longer_name = 1 -> 2"] == (Action.UPDATE, False)
    assert by_text['      + name = "n"'] == (Action.CREATE, False)
    assert by_text["Destroys (1):"] == (None, True)


def test_a_plan_without_changes_says_so() -> None:
    assert render(ChangeSet()) == "Plan: no changes\n"


def test_a_plan_that_is_not_complete_says_so() -> None:
    assert "! Incomplete" in shown(document(complete=False))


def test_an_object_that_is_kept_is_not_said_to_be_destroyed() -> None:
    text = shown(document(resource("test_thing.a", change("create/forget", {"a": 1}, {"a": 2}))))
    assert "will be re-created; its old object is forgotten but not destroyed" in text
    assert "Plan: 1 to create, 1 to forget" in text


def test_a_deposed_object_is_named() -> None:
    text = shown(document(resource("test_thing.a", change("delete", {"a": 1}), deposed="4a1b")))
    assert "deposed object 4a1b will be destroyed" in text


@pytest.mark.parametrize("name", CORPUS)
def test_no_text_of_a_repository_or_a_cloud_deceives(name: str) -> None:
    text = CORPUS[name]
    plan = document(
        resource(
            f'test_thing.a["{text}"]',
            change(
                "update",
                {text: text, "b": f"{text}\nmore", "c": [text]},
                {text: 1, "b": text, "c": text},
                importing={"id": text},
            ),
            previous_address=text,
            action_reason=text,
            deposed=text,
        ),
        outputs={text: change("create", None, {text: text})},
    )
    for full in (False, True):
        output = shown(plan, full=full)
        assert not deceives(output, newlines=True)
        assert all(not deceives(line.text) for line in lines(read_plan(plan), full=full))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("forgot_because_lifecycle_destroy_in_state", ", because its state says destroy = false"),
        ("forgot_because_lifecycle_destroy_in_config", ", because its code says destroy = false"),
        ("delete_because_enabled_false", ", because its code says enabled = false"),
        ("delete_because_of_something_newer", ""),
    ],
)
def test_reasons_of_opentofu_are_in_words_and_unknown_ones_are_left_out(reason: str, words: str) -> None:
    plan = document(resource("test_thing.a", change("delete", {"id": "1"}), action_reason=reason))
    assert f"will be destroyed{words}\n" in shown(plan)


# Values


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1, 2, "~ a = 1 -> 2"),
        ("1", 1, '~ a = "1" -> 1'),
        (None, True, "+ a = true"),
        (False, None, "- a = false"),
        (None, {}, "+ a = {}"),
        ({"x": [1]}, [1], '~ a = {"x": [1]} -> [1]'),
        ("a\tb", "\x1b", r'~ a = "a\tb" -> "\u001b"'),
        ("", "ü", '~ a = "" -> "ü"'),
        (1, MASK, f'~ a = 1 -> "{MASK}"'),
        (1, UNKNOWN, f'~ a = 1 -> "{UNKNOWN}"'),
    ],
)
def test_a_value_is_json_on_one_line(before: Any, after: Any, expected: str) -> None:
    assert attribute(before, after) == [expected]


def test_only_a_real_mask_stands_without_quotes() -> None:
    assert attribute(MASK, MASK, sensitive=True) == [f"~ a = {MASK} -> {MASK}"]
    assert attribute(None, MASK, sensitive=True) == [f"+ a = {MASK}"]
    assert attribute(MASK, None, sensitive=True) == [f"- a = {MASK}"]
    assert attribute(1, UNKNOWN, unknown=True) == [f"~ a = 1 -> {UNKNOWN}"]


def test_a_text_that_becomes_unknown_is_not_drawn_as_one_that_is_removed() -> None:
    text = "\n".join(f"row {number}" for number in range(20))
    head, *rows = attribute(text, UNKNOWN, unknown=True)
    assert head.startswith("~ a =")
    assert rows[0].strip() == "~ row 0"
    assert "12 more lines" in rows[-2]
    assert rows[-1].strip() == f"~ -> {UNKNOWN}"
    change = AttributeChange("a", text, UNKNOWN, unknown=True)
    assert {line.action for line in attribute_lines([change])} == {Action.UPDATE}
    assert {diff_line(line)[0] for line in attribute_lines([change])} == {"!"}
    assert {symbol for symbol, _ in differences([attribute_row(change)])[0].lines} <= {"~", " "}


def test_a_changed_mark_is_distinguished_from_a_changed_secret() -> None:
    (line,) = attribute(MASK, MASK, sensitive=True, mark_only=True)
    assert line == "~ a = (sensitive value)  # same value; only its sensitivity changes"


def test_long_values_are_cut_so_that_the_difference_is_in_sight() -> None:
    (line,) = attribute("x" * 500 + "OLD" + "y" * 500, "x" * 500 + "NEW" + "y" * 500)
    assert "OLD" in line
    assert "NEW" in line
    assert "more characters)" in line
    assert len(line) < 400


def test_a_long_value_is_whole_where_all_is_asked_for() -> None:
    assert attribute(None, "x" * 5_000, full=True) == [f'+ a = "{"x" * 5_000}"']


def test_a_text_of_several_lines_is_compared_line_by_line() -> None:
    before = "\n".join(f"line {i}" for i in range(20))
    assert attribute(before, before.replace("line 9\n", "line nine\n")) == [
        "~ a =",
        "      line 7",
        "      line 8",
        "    - line 9",
        "    + line nine",
        "      line 10",
        "      line 11",
    ]


def test_json_in_a_text_is_compared_part_by_part() -> None:
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/with/a/long/name/*"}]}'
    output = attribute(policy, policy.replace("GetObject", "*"))
    assert '    -       "Action": "s3:GetObject",' in output
    assert '    +       "Action": "s3:*",' in output
    assert not any("Version" in line for line in output)


def test_json_that_is_only_written_otherwise_is_said_so() -> None:
    one = '{"a": "' + "x" * 200 + '"}'
    assert attribute(one, one.replace(": ", ":")) == ["~ a =", "      (the same JSON, formatted differently)"]


def test_json_with_a_key_twice_is_shown_as_it_is() -> None:
    twice = '{"Effect": "Allow", "Effect": "Deny", "x": "' + "x" * 100 + '"}'
    (line,) = attribute(None, twice, full=True)
    assert "Allow" in line


def test_a_text_of_very_many_lines_is_counted() -> None:
    output = attribute(None, "\n".join(map(str, range(5_000))))
    assert len(output) == 62
    assert output[-1] == "      … (4,940 more lines)"
    assert len(attribute(None, "\n".join(map(str, range(5_000))), full=True)) == 5_001


def test_thousands_of_changes_are_shown_with_what_ends_first() -> None:
    plan = document(
        *(resource(f"test_thing.c[{i}]", change("create", None, {"a": i})) for i in range(3_000)),
        *(resource(f"test_thing.d[{i}]", change("delete", {"a": i})) for i in range(30)),
    )
    output = shown(plan).split("\n")
    assert output[0] == "Plan: 30 to destroy, 3000 to create"
    assert output[1] == "Destroys (30):"
    assert output[22] == "    and 10 more, all of them below"
    assert output[24].startswith("  - test_thing.d[0]")
    assert sum(line.endswith("will be created") for line in output) == 3_000


def test_a_summary_in_words_names_only_what_there_is() -> None:
    assert summary_text(read_plan(update({"a": 1}, {"a": 2})).summary) == "1 to update"
    assert summary_text(ChangeSet().summary) == "no changes"
