"""The fingerprint moves with everything that a plan changes, secrets included, and with nothing else."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from plan_documents import block, change, configuration, document, objects, resource, scalars, update, values

from runner.model.changes.difference import same
from runner.model.plan.fingerprint import canonical, fingerprint
from runner.model.plan.reading import parse_document

KEY = b"k" * 32

Draw = Callable[[st.SearchStrategy[Any]], Any]


def mark(plan: dict[str, Any]) -> str:
    return fingerprint(plan, KEY)


@st.composite
def documents(draw: Draw) -> dict[str, Any]:
    actions = st.sampled_from(["create", "update", "delete", "delete/create", "no-op"])
    changes = []
    for i in range(draw(st.integers(1, 3))):
        action = draw(actions)
        before, after = draw(objects), draw(objects)
        sides = {"create": (None, after), "delete": (before, None), "no-op": (before, before)}
        unknown = {key: True for key in after if draw(st.booleans())} if action == "update" else {}
        changes.append(
            resource(
                f"test_thing.r{i}", change(action, *sides.get(action, (before, after)), after_unknown=unknown)
            )
        )
    return document(*changes, outputs={"o": change("update", draw(values), draw(values))})


def shuffled(value: Any) -> Any:
    """The same JSON with the keys of each object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: shuffled(value[key]) for key in keys}
    return [shuffled(part) for part in value] if isinstance(value, list) else value


@given(documents())
def test_neither_order_nor_time_moves_it(plan: dict[str, Any]) -> None:
    other = shuffled(plan)
    random.shuffle(other["resource_changes"])
    other["timestamp"] = "2027-01-01T00:00:00Z"
    assert mark(other) == mark(plan)
    assert mark(parse_document(json.dumps(other))) == mark(parse_document(json.dumps(plan)))


@given(documents(), st.data())
def test_each_changed_leaf_moves_it(plan: dict[str, Any], data: st.DataObject) -> None:
    sides = [
        (entry["change"], side)
        for entry in plan["resource_changes"]
        for side in ("before", "after")
        if entry["change"]["actions"] != ["no-op"] and entry["change"][side] is not None
    ]
    assume(sides)
    of, side = data.draw(st.sampled_from(sides))
    leaves = [path for path in _leaves(of[side]) if of["after_unknown"].get(path[0]) is not True]
    assume(leaves)
    path = data.draw(st.sampled_from(leaves))
    old = mark(plan)
    _put(of[side], path, "a value that stands nowhere else")
    assert mark(plan) != old


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _leaves(part, (*path, key))
    elif isinstance(value, list) and value:
        for i, part in enumerate(value):
            yield from _leaves(part, (*path, i))
    else:
        yield path


def _put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    *way, last = path
    for key in way:
        value = value[key]
    value[last] = new


@given(objects, objects, values, values)
def test_what_stays_the_same_beside_a_change_does_not_move_it(
    before: dict[str, Any], after: dict[str, Any], one: Any, other: Any
) -> None:
    def with_kept(kept: Any) -> dict[str, Any]:
        return update({**before, "kept": {"x": [kept]}}, {**after, "kept": {"x": [kept]}})

    assert mark(with_kept(one)) == mark(with_kept(other))


@given(objects, objects)
def test_a_resource_that_stays_as_it_is_does_not_move_it(one: Any, other: Any) -> None:
    def beside(kept: Any) -> dict[str, Any]:
        return document(
            resource("test_thing.kept", change("no-op", kept, kept)),
            resource("test_thing.a", change("create", None, {"a": 1})),
            drift=[resource("test_thing.kept", change("update", {}, kept))],
        )

    assert mark(beside(one)) == mark(beside(other))


@given(scalars, scalars, scalars, scalars)
def test_two_updates_have_one_mark_only_where_they_change_the_same(a: Any, b: Any, c: Any, d: Any) -> None:
    assume(not same(a, b) and not same(c, d))
    alike = (canonical(a), canonical(b)) == (canonical(c), canonical(d))
    assert (mark(update({"a": a}, {"a": b})) == mark(update({"a": c}, {"a": d}))) is alike


def secret(value: str) -> dict[str, Any]:
    return update({"p": "old"}, {"p": value}, before_sensitive={"p": True}, after_sensitive={"p": True})


def test_a_changed_secret_moves_it() -> None:
    assert mark(secret("one")) != mark(secret("two"))


def test_another_key_gives_another_mark() -> None:
    assert fingerprint(secret("one"), b"a" * 32) != fingerprint(secret("one"), b"b" * 32)


def test_it_does_not_hold_what_it_covers() -> None:
    assert len(mark(secret("one"))) == 64


BASE = resource("test_thing.a", change("update", {"a": 1}, {"a": 2}, replace_paths=[["a"]]))


@pytest.mark.parametrize(
    "other",
    [
        {**BASE, "address": "test_thing.b"},
        {**BASE, "deposed": "4a1b"},
        {**BASE, "previous_address": "test_thing.old"},
        {**BASE, "change": {**BASE["change"], "actions": ["delete", "create"]}},
        {**BASE, "change": {**BASE["change"], "actions": ["create", "delete"]}},
        {**BASE, "change": {**BASE["change"], "replace_paths": []}},
        {**BASE, "change": {**BASE["change"], "importing": {"id": "x"}}},
        {**BASE, "change": {**BASE["change"], "before": {"a": None}}},
        {**BASE, "change": {**BASE["change"], "before": {}}},
        {**BASE, "change": {**BASE["change"], "after": {"a": True}}},
        {**BASE, "change": {**BASE["change"], "after": {"a": "2"}}},
        {**BASE, "change": {**BASE["change"], "after": {"a": [2]}}},
        {**BASE, "change": {**BASE["change"], "after": {"a": {"0": 2}}}},
        {**BASE, "change": {**BASE["change"], "after": {"a": 2, "b": None}}},
        {**BASE, "change": {**BASE["change"], "after": {}, "after_unknown": {"a": True}}},
    ],
    ids=lambda other: json.dumps(other)[-60:],
)
def test_what_happens_and_to_what_is_part_of_it(other: dict[str, Any]) -> None:
    assert mark(document(other)) != mark(document(BASE))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (([1], []), ([1], None)),
        (([1], []), ({"0": 1}, {})),
        (({"a": None}, {}), ({}, {})),
        (([None], []), ([], [])),
        ((1, "removed"), (1, None)),
        (("unknown", [1]), (1, None)),
    ],
)
def test_values_that_look_alike_do_not_meet(one: tuple[Any, Any], other: tuple[Any, Any]) -> None:
    assert mark(update({"a": one[0]}, {"a": one[1]})) != mark(update({"a": other[0]}, {"a": other[1]}))


def test_a_changed_output_moves_it() -> None:
    def plan(value: Any) -> dict[str, Any]:
        return document(outputs={"o": change("update", "old", value, after_sensitive=True)})

    assert len({mark(plan("one")), mark(plan("two")), mark(document())}) == 3


def test_numbers_count_as_they_are_written() -> None:
    texts = [
        json.dumps(update({"n": 0}, {"n": 7})).replace("7", digits)
        for digits in ("0.1", "0.10000000000000000001", '"0.1"')
    ]
    assert len({mark(parse_document(text)) for text in texts}) == 3


def test_an_empty_plan_has_a_mark_whether_or_not_there_is_a_document() -> None:
    assert mark({}) == mark(document())


# Refreshed values


def computed(before: Any, *arguments: str, **more: Any) -> dict[str, Any]:
    plan = update(
        {"name": "n", "etag": before, "id": "1"}, {"name": "m", "id": "1"}, after_unknown={"etag": True}
    )
    return {**plan, "configuration": configuration(block("test_thing.a", "name", *arguments)), **more}


def test_a_merely_refreshed_computed_attribute_does_not_move_it() -> None:
    assert mark(computed("one")) == mark(computed("two"))


def test_a_manual_fix_changes_it_even_if_the_new_value_is_unknown() -> None:
    assert mark(computed("one", "etag")) != mark(computed("fixed by hand", "etag"))


def test_without_the_code_every_old_value_counts() -> None:
    assert mark(computed("one", configuration={})) != mark(computed("two", configuration={}))


def test_a_replace_of_another_object_moves_it() -> None:
    def plan(identity: str) -> dict[str, Any]:
        replaced = change("delete/create", {"id": identity, "n": 1}, {"n": 2}, after_unknown={"id": True})
        return document(
            resource("test_thing.a", replaced), configuration=configuration(block("test_thing.a", "n"))
        )

    assert mark(plan("i-1")) != mark(plan("i-2"))


def test_a_destroy_of_what_was_changed_by_hand_meanwhile_moves_it() -> None:
    def plan(value: str) -> dict[str, Any]:
        return document(resource("test_thing.a", change("delete", {"id": "1", "value": value})))

    assert mark(plan("one")) != mark(plan("two"))


def test_marks_of_unknown_that_say_nothing_do_not_move_it() -> None:
    plan = update({"l": [1], "t": {"a": 1}}, {"l": [2], "t": {"a": 1}})
    noisy = copy.deepcopy(plan)
    noisy["resource_changes"][0]["change"]["after_unknown"] = {
        "l": [False],
        "t": {},
        "never": {},
        "such": [False],
    }
    assert mark(noisy) == mark(plan)
