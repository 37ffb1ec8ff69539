"""No byte of a secret leaves `read_plan`: documents with random marks, where every marked leaf is a canary."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_documents import change, document, objects, resource, values

from runner.model.changes.changes import MASK
from runner.model.changes.mask import join, masked, read_mark
from runner.model.drift.taxonomy import classify
from runner.model.plan.reading import read_plan
from runner.model.plan.text import render
from runner.model.values.codec import to_plain

CANARY = "canary-5ecret"

Draw = Callable[[st.SearchStrategy[Any]], Any]


def shown(*seen: Any) -> str:
    """Everything that could be stored, printed or logged of it."""
    return "".join(f"{one!r} {json.dumps(to_plain(one))}" for one in seen)


@st.composite
def marked(draw: Draw, shape: st.SearchStrategy[Any] = values) -> tuple[Any, Any]:
    """A value, and a mark of the same shape; each scalar under a mark is a canary."""
    return _mark(draw, draw(shape), sensitive=False)


def _mark(draw: Draw, value: Any, *, sensitive: bool) -> tuple[Any, Any]:
    own = sensitive or draw(st.integers(0, 4)) == 0
    if isinstance(value, dict):
        parts = {key: _mark(draw, part, sensitive=own) for key, part in value.items()}
        made: Any = {key: part for key, (part, _) in parts.items()}
        return made, True if own else {
            key: mark for key, (_, mark) in parts.items() if mark or draw(st.booleans())
        }
    if isinstance(value, list):
        rows = [_mark(draw, part, sensitive=own) for part in value]
        return [part for part, _ in rows], True if own else [mark for _, mark in rows]
    return (f"{CANARY}-{draw(st.integers(0, 99))}", True) if own else (value, False)


@st.composite
def changes(draw: Draw) -> dict[str, Any]:
    before, before_mark = draw(marked(objects))
    after, after_mark = draw(marked(objects))
    match draw(
        st.sampled_from(["create", "delete", "update", "delete/create", "create/delete", "forget", "read"])
    ):
        case "create" | "read" as actions:
            before, before_mark = None, False
        case "delete" | "forget" as actions:
            after, after_mark = None, False
        case actions:
            pass
    unknown = {key: draw(st.booleans()) for key in (after or {})} if draw(st.booleans()) else {}
    return change(
        actions,
        before,
        after,
        before_sensitive=before_mark,
        after_sensitive=after_mark,
        after_unknown=unknown,
    )


@st.composite
def documents(draw: Draw) -> dict[str, Any]:
    listed = st.lists(changes(), max_size=3)
    return document(
        *(resource(f"test_thing.r{i}", one) for i, one in enumerate(draw(listed))),
        drift=[resource(f"test_thing.d{i}", one) for i, one in enumerate(draw(listed))],
        outputs={f"o{i}": one for i, one in enumerate(draw(listed)) if one["actions"] != ["read"]},
        variables={"password": {"value": f"{CANARY}-variable"}},
        configuration={"root_module": {"variables": {"password": {"sensitive": True}}}},
    )


@given(documents())
def test_no_marked_value_is_in_what_is_read_from_a_plan(plan: dict[str, Any]) -> None:
    read = read_plan(plan)
    assert CANARY not in shown(read, *classify(plan))
    assert CANARY not in render(read, full=True)


@given(objects, marked(objects), marked(objects))
def test_a_mark_of_another_shape_hides_at_least_as_much(
    plain: dict[str, Any], one: tuple[Any, Any], other: tuple[Any, Any]
) -> None:
    mark = join([read_mark(one[1]), read_mark(other[1])])
    for value in (one[0], other[0]):
        assert CANARY not in json.dumps(masked(value, mark))
    assert masked(plain, None) == plain


@pytest.mark.parametrize(
    ("mark", "value"),
    [
        ({"a": True}, [CANARY]),
        ([True], {"a": CANARY}),
        ({"a": True}, CANARY),
        ([False, True], CANARY),
        ("what is this", {"a": CANARY}),
        ({"a": {"b": True}}, {"a": [CANARY]}),
    ],
)
def test_where_mark_and_value_do_not_fit_the_whole_part_is_masked(mark: Any, value: Any) -> None:
    assert CANARY not in json.dumps(masked(value, read_mark(mark)))


def test_sensitive_on_one_side_is_masked_on_both() -> None:
    plan = document(
        resource(
            "test_thing.a", change("update", {"p": CANARY}, {"p": f"{CANARY}2"}, before_sensitive={"p": True})
        ),
        resource(
            "test_thing.b", change("update", {"p": CANARY}, {"p": f"{CANARY}2"}, after_sensitive={"p": True})
        ),
        outputs={"o": change("update", CANARY, f"{CANARY}2", before_sensitive=True)},
    )
    assert CANARY not in shown(read_plan(plan))


def test_sorting_a_set_does_not_move_a_secret_out_of_its_mark() -> None:
    before = {"users": [{"name": "a", "password": f"{CANARY}1"}, {"name": "b", "password": None}]}
    after = {"users": [{"name": "0", "password": None}, {"name": "a", "password": f"{CANARY}1"}]}
    marks = {"users": [{"password": True}, {}]}
    plan = document(
        resource(
            "test_thing.a", change("update", before, after, before_sensitive=marks, after_sensitive=marks)
        )
    )
    read = read_plan(plan)
    assert CANARY not in shown(read)
    assert [(a.path, a.before, a.after) for a in read.resources[0].attributes] == [
        ("users[0].name", None, "0"),
        ("users[1].name", "b", None),
    ]


def test_a_wholly_sensitive_part_shows_neither_its_keys_nor_its_size() -> None:
    before, after = {"m": {"a": 1, CANARY: 2}, "l": [1]}, {"m": {"a": 2, "b": 1}, "l": [1, 2]}
    marks = {"m": True, "l": True}
    plan = document(resource("test_thing.a", change("update", before, after, before_sensitive=marks)))
    assert [(a.path, a.before, a.after) for a in read_plan(plan).resources[0].attributes] == [
        ("l", MASK, MASK),
        ("m", MASK, MASK),
    ]


def test_a_changed_secret_still_shows_as_a_change() -> None:
    plan = document(
        resource(
            "test_thing.a",
            change(
                "update",
                {"p": "one-secret"},
                {"p": "two-secret"},
                before_sensitive={"p": True},
                after_sensitive={"p": True},
            ),
        )
    )
    (attribute,) = read_plan(plan).resources[0].attributes
    assert (attribute.path, attribute.before, attribute.after, attribute.sensitive) == ("p", MASK, MASK, True)
    assert not attribute.mark_only


def test_a_value_that_only_loses_its_mark_differs_from_a_changed_one() -> None:
    plan = document(
        resource("test_thing.a", change("update", {"p": CANARY}, {"p": CANARY}, before_sensitive={"p": True}))
    )
    (attribute,) = read_plan(plan).resources[0].attributes
    assert (attribute.before, attribute.after, attribute.mark_only) == (MASK, MASK, True)


def test_a_mark_on_nothing_is_no_change() -> None:
    plan = document(
        resource(
            "test_thing.a",
            change("update", {"p": None, "a": 1}, {"p": None, "a": 2}, after_sensitive={"p": True}),
        )
    )
    assert [a.path for a in read_plan(plan).resources[0].attributes] == ["a"]


def test_that_a_secret_is_set_or_unset_is_no_secret() -> None:
    plan = document(
        resource("test_thing.a", change("create", None, {"p": CANARY}, after_sensitive={"p": True}))
    )
    (attribute,) = read_plan(plan).resources[0].attributes
    assert (attribute.before, attribute.after) == (None, MASK)


# Copies without a mark


def variable(value: Any) -> dict[str, Any]:
    return {
        "variables": {"v": {"value": value}},
        "configuration": {"root_module": {"variables": {"v": {"sensitive": True}}}},
    }


@pytest.mark.parametrize(
    "copy",
    [
        CANARY,
        f"postgres://user:{CANARY}@host",
        {"nested": [CANARY]},
        json.dumps({"password": CANARY}),
        {CANARY: "as a key"},
    ],
)
def test_an_unmarked_copy_of_a_sensitive_variable_is_masked(copy: Any) -> None:
    plan = document(
        resource("test_thing.a", change("update", {"copy": copy}, {"copy": None})),
        resource("test_thing.b", change("create", None, {"copy": copy})),
        outputs={"o": change("create", None, copy)},
        drift=[resource("test_thing.c", change("update", {"copy": None}, {"copy": copy}))],
        **variable(CANARY),
    )
    assert CANARY not in shown(read_plan(plan), *classify(plan))


def test_a_secret_with_quotes_and_line_ends_is_found_inside_json_text() -> None:
    secret = 'line "one"\nline two\n'
    copies = {"json": json.dumps({"key": secret}), "trimmed": secret.strip()}
    plan = document(resource("test_thing.a", change("create", None, copies)), **variable(secret))
    assert "line two" not in shown(read_plan(plan))


def test_a_marked_value_masks_copies_in_its_resource_then_everywhere() -> None:
    plan = document(
        resource(
            "test_thing.a",
            change(
                "update",
                {"input": CANARY, "output": CANARY},
                {"input": "new"},
                before_sensitive={"input": True},
                after_unknown={"output": True},
            ),
        ),
        resource("test_thing.b", change("update", {"from_a": CANARY}, {"from_a": None})),
    )
    assert CANARY not in shown(read_plan(plan))


def kept_elsewhere() -> dict[str, Any]:
    return document(
        resource(
            "test_parameter.id",
            change("create", None, {"value": "vpc-12345"}, after_sensitive={"value": True}),
        ),
        resource("test_subnet.a", change("create", None, {"vpc_id": "vpc-12345"})),
    )


def test_what_is_marked_in_one_resource_is_masked_in_all_others() -> None:
    assert read_plan(kept_elsewhere()).resources[1].attributes[0].after == MASK


def test_where_marks_alone_count_a_value_is_shown_where_it_has_none() -> None:
    parameter, subnet = read_plan(kept_elsewhere(), by_marks=True).resources
    assert (parameter.attributes[0].after, subnet.attributes[0].after) == (MASK, "vpc-12345")


def test_what_is_left_of_a_text_around_a_secret_stays_readable() -> None:
    plan = document(
        resource("test_thing.a", change("create", None, {"arn": f"arn:aws:{CANARY}:db"})), **variable(CANARY)
    )
    assert read_plan(plan).resources[0].attributes[0].after == f"arn:aws:{MASK}:db"


def test_a_secret_too_short_to_search_for_is_masked_only_where_marked() -> None:
    plan = document(
        resource("test_thing.a", change("create", None, {"on": "on", "port": 443})), **variable(["on", 443])
    )
    assert [a.after for a in read_plan(plan).resources[0].attributes] == ["on", 443]


def test_an_import_id_that_holds_a_secret_is_masked() -> None:
    importing = change("no-op", {}, {}, importing={"id": f"{CANARY}/1"})
    plan = document(resource("test_thing.a", importing), **variable(CANARY))
    assert CANARY not in shown(read_plan(plan))
