"""What `read_plan` makes of each shape that `terraform show -json` can have."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_documents import block, change, configuration, document, objects, resource, update, values

from runner.errors import OutputNotUnderstood
from runner.model.changes.changes import UNKNOWN, Action, AttributeChange, ChangeSet, Summary
from runner.model.changes.configuration import config_address
from runner.model.changes.difference import differences, same
from runner.model.execution.plan_report import Question, report_of
from runner.model.plan.reading import parse_document, plan_problem, read_plan


def attributes(plan: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    (only,) = read_plan(plan).resources
    return [(a.path, a.before, a.after) for a in only.attributes]


# Actions


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ("create", Action.CREATE),
        ("update", Action.UPDATE),
        ("delete", Action.DELETE),
        ("delete/create", Action.REPLACE),
        ("create/delete", Action.REPLACE),
        ("create/forget", Action.REPLACE),
        ("forget", Action.FORGET),
        ("read", Action.READ),
    ],
)
def test_each_list_of_actions_is_one_action(actions: str, expected: Action) -> None:
    (read,) = read_plan(document(resource("test_thing.a", change(actions, {"a": 1}, {"a": 2})))).resources
    assert read.action is expected


def test_an_action_that_is_not_known_is_refused_and_not_skipped() -> None:
    with pytest.raises(OutputNotUnderstood, match="unknown action explode"):
        read_plan(document(resource("test_thing.a", change("explode"))))


def test_what_stays_as_it_is_is_left_out() -> None:
    plan = document(resource("test_thing.a", change("no-op", {"a": 1}, {"a": 1})))
    assert read_plan(plan) == ChangeSet()
    assert read_plan(plan).empty


def test_a_move_is_kept_though_nothing_else_changes() -> None:
    moved = resource("test_thing.b", change("no-op", {"a": 1}, {"a": 1}), previous_address="test_thing.a")
    read = read_plan(document(moved))
    assert (read.resources[0].action, read.resources[0].previous_address) == (Action.NO_OP, "test_thing.a")
    assert (read.summary, read.empty) == (Summary(move=1), False)


def test_an_import_is_counted_beside_its_update() -> None:
    plan = document(resource("test_thing.a", change("update", {"a": 1}, {"a": 2}, importing={"id": "x-1"})))
    read = read_plan(plan)
    assert (read.resources[0].importing, read.summary) == ("x-1", Summary(update=1, import_=1))


def test_an_import_by_identity_shows_the_identity() -> None:
    plan = document(resource("test_thing.a", change("no-op", {}, {}, importing={"identity": {"name": "n"}})))
    assert read_plan(plan).resources[0].importing == '{"name": "n"}'


def test_a_replace_is_one_change_and_one_destroy() -> None:
    summary = read_plan(
        document(resource("test_thing.a", change("delete/create", {"a": 1}, {"a": 2})))
    ).summary
    assert (summary, summary.changes, summary.destroys) == (Summary(replace=1), 1, 1)


def test_a_replace_that_forgets_the_old_object_destroys_nothing() -> None:
    read = read_plan(document(resource("test_thing.a", change("create/forget", {"a": 1}, {"a": 2}))))
    assert read.resources[0].keeps_old
    assert (read.summary, read.summary.destroys) == (Summary(create=1, forget=1), 0)


def test_reading_data_is_kept_and_never_counted() -> None:
    plan = document(resource("data.test_thing.a", change("read", None, {"a": 1}), mode="data"))
    read = read_plan(plan)
    assert [r.data for r in read.resources] == [True]
    assert (read.summary, read.empty) == (Summary(), True)


def test_data_that_a_destroy_drops_from_the_state_is_no_change() -> None:
    assert not read_plan(
        document(resource("data.test_thing.a", change("delete", {"a": 1}), mode="data"))
    ).resources


def test_a_deposed_object_is_a_destroy_of_its_own() -> None:
    plan = document(
        resource("test_thing.a", change("no-op", {}, {})),
        resource("test_thing.a", change("delete", {"id": "old"}), deposed="4a1b", action_reason="why"),
    )
    (read,) = read_plan(plan).resources
    assert (read.deposed, read.action_reason, read.action) == ("4a1b", "why", Action.DELETE)


def test_outputs_show_what_changes_in_them() -> None:
    plan = document(
        outputs={
            "new": change("create", None, {"a": [1]}),
            "same": change("no-op", 1, 1),
            "later": change("update", 1, None, after_unknown=True),
        }
    )
    read = read_plan(plan)
    assert [(o.name, o.action, o.before, o.after) for o in read.outputs] == [
        ("later", Action.UPDATE, 1, UNKNOWN),
        ("new", Action.CREATE, None, {"a": [1]}),
    ]
    assert (read.summary.output, read.summary.changes, read.empty) == (2, 0, False)


def test_what_moved_outside_is_kept_apart_from_what_changes() -> None:
    plan = document(drift=[resource("test_thing.a", change("update", {"a": 1}, {"a": 2}))])
    read = read_plan(plan)
    assert ([r.address for r in read.drift], read.resources, read.empty) == (["test_thing.a"], (), True)


def test_provisioners_are_named_where_they_run() -> None:
    with_one = block("test_thing.a", provisioners=[{"type": "local-exec"}])
    plan = document(
        resource('module.m["k.e]y"].module.n[0].test_thing.a["x"]', change("create", None, {"a": 1})),
        resource("module.m.module.n.test_thing.a", change("update", {"a": 1}, {"a": 2})),
        resource("test_thing.plain", change("create", None, {"a": 1})),
        resource("test_thing.a", change("delete/create", {"a": 1}, {"a": 2})),
        configuration=configuration(
            with_one,
            block("test_thing.plain"),
            m={"module_calls": {"n": {"module": {"resources": [with_one]}}}},
        ),
    )
    assert read_plan(plan).provisioners == ('module.m["k.e]y"].module.n[0].test_thing.a["x"]', "test_thing.a")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("test_thing.a[0]", "test_thing.a"),
        (r'module.m["a\"]["].test_thing.a["\\"]', "module.m.test_thing.a"),
        ('module.a["x"].module.b[1].test_thing.c["[0]"]', "module.a.module.b.test_thing.c"),
        ("test_thing.a", "test_thing.a"),
    ],
)
def test_instance_keys_are_not_part_of_the_address_in_the_code(address: str, expected: str) -> None:
    assert config_address(address) == expected


# Attributes


def test_paths_lead_to_what_differs() -> None:
    before = {
        "tags": {"env": "a", "a.b": 1, "same": 1},
        "rule": [{"port": 1, "name": "n"}],
        "kept": [1, {"x": 1}],
    }
    after = {
        "tags": {"env": "b", "a.b": 2, "same": 1},
        "rule": [{"port": 2, "name": "n"}],
        "kept": [1, {"x": 1}],
    }
    assert attributes(update(before, after)) == [
        ("rule[0].port", 1, 2),
        ('tags["a.b"]', 1, 2),
        ("tags.env", "a", "b"),
    ]


def test_a_created_resource_shows_each_leaf_and_no_null() -> None:
    plan = document(
        resource("test_thing.a", change("create", None, {"a": {"b": [1]}, "n": None, "e": {}, "l": []}))
    )
    assert attributes(plan) == [("a.b[0]", None, 1), ("e", None, {}), ("l", None, [])]


def test_what_is_known_after_apply_is_said_so() -> None:
    plan = update(
        {"id": "i", "tags": {"a": "1"}, "list": [1, 2]},
        {"tags": {}, "list": [1, None]},
        after_unknown={"id": True, "tags": {"a": True}, "list": [False, True]},
    )
    assert attributes(plan) == [("id", "i", UNKNOWN), ("list[1]", 2, UNKNOWN), ("tags.a", "1", UNKNOWN)]
    assert all(a.unknown for a in read_plan(plan).resources[0].attributes)


def test_a_value_of_which_only_parts_are_unknown_is_not_one_that_is_removed() -> None:
    plan = update(
        {"a": "x\ny", "l": "z"}, {"a": None, "l": None}, after_unknown={"a": {"b": True}, "l": [True]}
    )
    assert attributes(plan) == [("a", "x\ny", {"b": UNKNOWN}), ("l", "z", [UNKNOWN])]


def test_a_text_that_reads_like_an_unknown_is_none() -> None:
    (attribute,) = read_plan(update({"a": 1}, {"a": UNKNOWN})).resources[0].attributes
    assert attribute == AttributeChange("a", 1, UNKNOWN)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["b", "c"], ["a", "b", "c"], [("l[0]", None, "a")]),
        (["a", "b", "c"], ["a", "c"], [("l[1]", "b", None)]),
        (["a", "c"], ["a", "b", "c"], [("l[1]", None, "b")]),
        (["a"], [], [("l[0]", "a", None)]),
        (["a", "b"], ["b", "a"], [("l[0]", None, "b"), ("l[1]", "b", None)]),
        (["a", "b"], ["a", "c"], [("l[1]", "b", "c")]),
        (["a", "x", "c"], ["b", "x", "d"], [("l[0]", "a", "b"), ("l[2]", "c", "d")]),
        ([1, [2]], [1, {"x": 2}], [("l[1]", [2], {"x": 2})]),
    ],
)
def test_one_element_more_or_less_is_one_difference(before: Any, after: Any, expected: Any) -> None:
    assert attributes(update({"l": before}, {"l": after})) == expected


@pytest.mark.parametrize(
    ("before", "after"), [(1, True), (0, False), ("1", 1), (1, "true"), ([], {}), ("", None)]
)
def test_values_of_another_type_differ(before: Any, after: Any) -> None:
    assert attributes(update({"a": before}, {"a": after})) == [("a", before, after)]


def test_what_forces_the_replacement_is_marked() -> None:
    plan = document(
        resource(
            "test_thing.a",
            change(
                "delete/create",
                {"a": {"b": 1, "c": 1}, "l": [1]},
                {"a": {"b": 2, "c": 2}, "l": [2]},
                replace_paths=[["a", "b"], ["l"]],
            ),
        )
    )
    assert {a.path: a.forces_replacement for a in read_plan(plan).resources[0].attributes} == {
        "a.b": True,
        "a.c": False,
        "l[0]": True,
    }


def test_numbers_are_read_exactly() -> None:
    text = json.dumps(update({"n": 0}, {"n": 1})).replace('"n": 1', '"n": 0.10000000000000000000001')
    (attribute,) = read_plan(parse_document(text)).resources[0].attributes
    assert attribute.after == "0.10000000000000000000001"
    assert (
        json.dumps(
            read_plan(parse_document(text.replace("0.10000000000000000000001", "1.5")))
            .resources[0]
            .attributes[0]
            .after
        )
        == "1.5"
    )


@given(objects, objects)
def test_differences_are_there_exactly_where_something_differs(before: Any, after: Any) -> None:
    found = list(differences(change("update", before, after)))
    assert all(not same(d.before, d.after) for d in found)
    if same(before, after):
        assert not found


@given(values)
def test_a_value_is_the_same_as_itself_read_again(value: Any) -> None:
    again = json.loads(json.dumps(value), parse_float=Decimal)
    assert same(value, json.loads(json.dumps(value)))
    assert same(again, json.loads(json.dumps(value), parse_float=Decimal))


# Plans that are none


def test_a_refresh_only_plan_has_no_resource_changes() -> None:
    plan = {**document(drift=[]), "resource_changes": None, "output_changes": None}
    assert read_plan(plan).empty


def test_an_errored_plan_has_a_problem() -> None:
    plan = document(errored=True, applyable=False, complete=False)
    assert plan_problem(plan) == "terraform could not finish the plan because of an error"


def test_changes_that_cannot_be_applied_are_a_problem() -> None:
    assert plan_problem(document(resource("test_thing.a", change("delete")), applyable=False)) is not None
    assert plan_problem(document(applyable=False)) is None


def test_a_plan_of_some_targets_is_no_problem_but_not_complete() -> None:
    plan = document(resource("test_thing.a", change("delete")), complete=False)
    assert plan_problem(plan) is None
    assert not read_plan(plan).complete


def test_older_documents_without_these_words_are_complete_and_sound() -> None:
    plan = document(resource("test_thing.a", change("delete")))
    for word in ("applyable", "complete", "errored"):
        del plan[word]
    assert plan_problem(plan) is None
    assert read_plan(plan).complete


@pytest.mark.parametrize("version", ["2.0", "0.2", "", None, "10.1"])
def test_another_major_format_is_refused(version: Any) -> None:
    with pytest.raises(OutputNotUnderstood, match="format version"):
        read_plan({**document(), "format_version": version})


@pytest.mark.parametrize("version", ["1.0", "1.2", "1.99"])
def test_each_minor_format_is_read(version: str) -> None:
    assert read_plan({**document(), "format_version": version, "something_new": 1}) == ChangeSet()


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"x"', "[" * 100_000, b"\xff"])
def test_what_is_no_document_is_refused(text: str | bytes) -> None:
    with pytest.raises(OutputNotUnderstood):
        parse_document(text)


@pytest.mark.parametrize("said", [{}, {"complete": True}])
def test_a_plan_of_targets_is_incomplete_whatever_its_document_says(said: dict[str, Any]) -> None:
    plan = document(resource("test_thing.a", change("create", None, {})), **said)
    report, whole = report_of(plan, Question(key="00" * 32, targeted=True))
    assert (report.changes.complete, whole.complete) == (False, False)
    assert report_of(plan, Question(key="00" * 32))[0].changes.complete


def refusal(plan: dict[str, Any]) -> str:
    try:
        report_of(plan, Question(key="00" * 32, drift=True))
    except OutputNotUnderstood as error:
        return error.message
    return ""


anything = st.recursive(
    st.none() | st.just("secret-value") | st.integers() | st.booleans(),
    lambda parts: st.lists(parts) | st.dictionaries(st.sampled_from(["a", "resources", "address"]), parts),
)


@given(
    anything,
    st.sampled_from(["resource_changes", "output_changes", "resource_drift", "configuration", "variables"]),
    st.sampled_from(["before", "after", "after_unknown", "before_sensitive", "replace_paths", "importing"]),
)
def test_a_document_of_another_shape_is_refused_without_telling_its_values(
    part: Any, name: str, side: str
) -> None:
    assert "secret-value" not in refusal({**document(), name: part})
    odd = {**change("update", {"a": 1}, {"a": 2}), side: part}
    assert "secret-value" not in refusal(document(resource("test_thing.a", odd)))
