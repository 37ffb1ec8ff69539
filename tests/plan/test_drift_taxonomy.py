"""Which drift counts, row by row: documents of plans made at the revision that is applied."""

from typing import Any

import pytest
from hypothesis import given
from plan_documents import block, change, configuration, document, objects, resource, update

from runner.errors import OutputNotUnderstood
from runner.model.changes.changes import MASK, Action
from runner.model.drift.report import DriftClass, Finding
from runner.model.drift.taxonomy import absorbed, classify, drift_fingerprint
from runner.model.stack.definition import IgnoreRule

KEY = b"k" * 32
ASG = "aws_autoscaling_group.web"


def classified(plan: dict[str, Any], *rules: IgnoreRule) -> list[tuple[str, Action, DriftClass]]:
    return [(f.address, f.action, f.drift_class) for f in classify(plan, rules)]


def paths(plan: dict[str, Any], *rules: IgnoreRule) -> list[str]:
    (finding,) = classify(plan, rules)
    return [attribute.path for attribute in finding.attributes]


def moved(
    address: str = "test_thing.a", before: Any = None, after: Any = None, action: str = "update"
) -> dict[str, Any]:
    return resource(address, change(action, before or {"a": 1}, after))


STAYS = resource("test_thing.a", change("no-op", {"a": 2}, {"a": 2}))


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        pytest.param(document(), [], id="nothing"),
        pytest.param(document(STAYS), [], id="all as it should be"),
        pytest.param(
            document(
                resource("test_thing.a", change("update", {"a": 2}, {"a": 1})), drift=[moved(after={"a": 2})]
            ),
            [("test_thing.a", Action.UPDATE, DriftClass.DRIFT)],
            id="changed by hand",
        ),
        pytest.param(
            update({"a": 2}, {"a": 1}),
            [("test_thing.a", Action.UPDATE, DriftClass.DRIFT)],
            id="would be changed, though terraform names no drift",
        ),
        pytest.param(
            document(resource("test_thing.a", change("delete/create", {"a": 2}, {"a": 1}))),
            [("test_thing.a", Action.REPLACE, DriftClass.DRIFT)],
            id="would be replaced",
        ),
        pytest.param(
            document(
                resource(
                    "test_thing.a",
                    change("delete/create", {"a": 1}, {"a": 1}),
                    action_reason="replace_because_tainted",
                )
            ),
            [("test_thing.a", Action.REPLACE, DriftClass.DRIFT)],
            id="tainted",
        ),
        pytest.param(
            document(resource("test_thing.a", change("delete/create", {"a": None}, {"a": ""}))),
            [("test_thing.a", Action.REPLACE, DriftClass.DRIFT)],
            id="a replace counts even for null against empty",
        ),
        pytest.param(
            document(resource("test_thing.a", change("delete", {"a": 2}))),
            [("test_thing.a", Action.DELETE, DriftClass.DRIFT)],
            id="would be destroyed",
        ),
        pytest.param(
            document(resource("test_thing.a", change("delete", {"a": 2}), deposed="4a1b"), STAYS),
            [("test_thing.a", Action.DELETE, DriftClass.DRIFT)],
            id="a deposed object is left over",
        ),
        pytest.param(
            document(
                resource("test_thing.a", change("create", None, {"a": 1})), drift=[moved(action="delete")]
            ),
            [("test_thing.a", Action.CREATE, DriftClass.MISSING)],
            id="deleted by hand",
        ),
        pytest.param(
            document(resource("test_thing.a", change("create", None, {"a": 1}))),
            [("test_thing.a", Action.CREATE, DriftClass.MISSING)],
            id="gone in an earlier refresh",
        ),
        pytest.param(
            document(STAYS, drift=[moved(after={"a": 2})]),
            [("test_thing.a", Action.UPDATE, DriftClass.ABSORBED)],
            id="hidden by ignore_changes",
        ),
        pytest.param(
            document(drift=[moved(action="delete")]),
            [("test_thing.a", Action.DELETE, DriftClass.ABSORBED)],
            id="deleted by hand and not wanted any more",
        ),
        pytest.param(
            document(STAYS, drift=[moved(before={"tags": None}, after={"tags": {}})]),
            [],
            id="phantom in what moved",
        ),
        pytest.param(
            document(resource("data.test_thing.a", change("read", None, {"a": 1}), mode="data")),
            [],
            id="data is read",
        ),
        pytest.param(
            document(
                drift=[resource("data.test_thing.a", change("update", {"a": 1}, {"a": 2}), mode="data")]
            ),
            [],
            id="data that moved",
        ),
        pytest.param(
            document(STAYS, outputs={"o": change("update", 1, 2)}, drift=[moved(after={"a": 2})]),
            [
                ("output.o", Action.UPDATE, DriftClass.OUTPUT_ONLY),
                ("test_thing.a", Action.UPDATE, DriftClass.ABSORBED),
            ],
            id="only an output",
        ),
        pytest.param(
            document(
                resource("test_thing.a", change("update", {"a": 2}, {"a": 1})),
                outputs={"o": change("update", 1, 2)},
            ),
            [("test_thing.a", Action.UPDATE, DriftClass.DRIFT)],
            id="an output that follows what counts anyway",
        ),
        pytest.param(
            document(outputs={"o": change("update", None, "")}), [], id="an output from null to empty"
        ),
        pytest.param(
            document(
                resource(
                    "test_thing.b", change("no-op", {"a": 1}, {"a": 1}), previous_address="test_thing.a"
                ),
                resource("test_thing.c", change("no-op", {"a": 1}, {"a": 1}, importing={"id": "x"})),
                resource("test_thing.d", change("forget", {"a": 1})),
            ),
            [],
            id="moves, imports and forgets touch no cloud",
        ),
        pytest.param(
            {**document(drift=[moved(after={"a": 2})]), "resource_changes": None},
            [("test_thing.a", Action.UPDATE, DriftClass.ABSORBED)],
            id="refresh-only",
        ),
    ],
)
def test_each_case_has_its_class(plan: dict[str, Any], expected: list[Any]) -> None:
    assert classified(plan) == expected


@pytest.mark.parametrize("before", [None, {}, [], ""])
@pytest.mark.parametrize("after", [None, {}, [], ""])
def test_null_against_empty_never_counts(before: Any, after: Any) -> None:
    assert classified(update({"a": before, "b": {"c": before}}, {"a": after, "b": {"c": after}})) == []
    assert drift_fingerprint(update({"a": before}, {"a": after}), (), KEY) == drift_fingerprint(
        document(), (), KEY
    )


def test_null_against_empty_does_not_count_even_with_computed_results() -> None:
    assert (
        classified(update({"tags": None, "tags_all": {}}, {"tags": {}}, after_unknown={"tags_all": True}))
        == []
    )


def test_null_against_empty_is_not_reported_beside_what_counts() -> None:
    assert paths(update({"tags": None, "a": 1}, {"tags": {}, "a": 2})) == ["a"]


@pytest.mark.parametrize(
    ("before", "after"), [(False, None), (0, None), (0, ""), (" ", ""), ([None], None), ({"a": 0}, {})]
)
def test_false_and_zero_are_not_empty(before: Any, after: Any) -> None:
    counted = [] if before == [None] else [DriftClass.DRIFT]
    assert [f.drift_class for f in classify(update({"a": before}, {"a": after}))] == counted


def test_a_value_known_after_apply_counts_if_nothing_else_explains_it() -> None:
    assert paths(update({"a": 1}, {}, after_unknown={"a": True})) == ["a"]


def test_a_value_that_only_loses_its_mark_is_no_drift() -> None:
    assert classified(update({"p": "x"}, {"p": "x"}, before_sensitive={"p": True})) == []


def test_secrets_are_masked_in_findings() -> None:
    (finding,) = classify(update({"p": "one"}, {"p": "two"}, before_sensitive={"p": True}))
    assert [(a.path, a.before, a.after) for a in finding.attributes] == [("p", MASK, MASK)]


def test_another_format_is_refused() -> None:
    with pytest.raises(OutputNotUnderstood):
        classify({**document(), "format_version": "2.0"}, ())


def test_without_a_document_what_moved_is_absorbed() -> None:
    assert absorbed(["test_thing.a"]) == (Finding("test_thing.a", Action.UPDATE, DriftClass.ABSORBED),)


@given(objects, objects)
def test_an_update_is_a_finding_exactly_where_more_than_emptiness_differs(before: Any, after: Any) -> None:
    found = classify(update(before, after))
    assert [f.drift_class for f in found] == ([DriftClass.DRIFT] if found else [])
    assert all(f.attributes for f in found)


# Ignore rules


def scaled(**more: Any) -> dict[str, Any]:
    before, after = {"desired_capacity": 5, "version": 1}, {"desired_capacity": 2, **more}
    unknown = {} if "version" in more else {"version": True}
    return update(before, after, address=f'{ASG}["a[0]"]', after_unknown=unknown)


AUTOSCALER = IgnoreRule("aws_autoscaling_group.*", ("desired_capacity",), "autoscaler owns it")


def test_a_change_that_a_rule_covers_is_ignored_with_its_reason() -> None:
    (finding,) = classify(scaled(), [AUTOSCALER])
    assert (finding.drift_class, finding.reason, finding.counts) == (
        DriftClass.IGNORED,
        AUTOSCALER.reason,
        False,
    )
    assert [a.path for a in finding.attributes] == ["desired_capacity", "version"]


def test_what_no_rule_covers_stays_in_the_finding() -> None:
    (finding,) = classify(scaled(version=7), [AUTOSCALER])
    assert (finding.drift_class, finding.reason) == (DriftClass.DRIFT, "")
    assert [a.path for a in finding.attributes] == ["version"]


def test_several_rules_cover_together() -> None:
    other = IgnoreRule(ASG, ("ver*",), "set by the pipeline")
    (finding,) = classify(scaled(version=7), [AUTOSCALER, other, AUTOSCALER])
    assert (finding.drift_class, finding.reason) == (
        DriftClass.IGNORED,
        "autoscaler owns it; set by the pipeline",
    )


@pytest.mark.parametrize(
    ("address", "attributes", "ignored"),
    [
        ("aws_autoscaling_group.*", ("desired_capacity", "version"), True),
        ('aws_autoscaling_group.web["a[0]"]', ("*",), True),
        ("aws_autoscaling_group.web", ("*",), True),
        ("*", ("*",), True),
        ("aws_autoscaling_group.we", ("*",), False),
        ("aws_autoscaling_group.web[0]", ("*",), False),
        ("module.*", ("*",), False),
        ("aws_autoscaling_group.*", ("desired",), False),
        ("aws_autoscaling_group.*", (), False),
    ],
)
def test_a_rule_means_addresses_and_attributes(
    address: str, attributes: tuple[str, ...], *, ignored: bool
) -> None:
    (finding,) = classify(scaled(version=7), [IgnoreRule(address, attributes)])
    assert (finding.drift_class is DriftClass.IGNORED) is ignored


@pytest.mark.parametrize("action", ["create", "delete"])
def test_a_resource_that_is_gone_is_ignored_only_with_all_its_attributes(action: str) -> None:
    sides = (None, {"a": 1}) if action == "create" else ({"a": 1}, None)
    plan = document(resource("test_thing.a", change(action, *sides)))
    assert classify(plan, [IgnoreRule("test_thing.a", ("a", "a*"))])[0].counts
    assert not classify(plan, [IgnoreRule("test_thing.a", ("*",), "somebody else's")])[0].counts


def test_a_value_known_after_apply_alone_is_ignored_only_if_covered() -> None:
    plan = update({"a": 1, "b": 1}, {}, after_unknown={"a": True, "b": True})
    assert classify(plan, [IgnoreRule("test_thing.a", ("a",))])[0].counts
    assert not classify(plan, [IgnoreRule("test_thing.a", ("a", "b"))])[0].counts


def test_a_tainted_resource_is_ignored_only_with_all_its_attributes() -> None:
    plan = document(resource("test_thing.a", change("delete/create", {"a": 1}, {"a": 1})))
    assert classify(plan, [IgnoreRule("test_thing.a", ("a",))])[0].counts
    assert not classify(plan, [IgnoreRule("test_thing.a")])[0].counts


def test_an_output_is_reported_where_only_ignored_things_change() -> None:
    plan = {**scaled(), "output_changes": {"o": change("update", 1, 2)}}
    assert [f.drift_class for f in classify(plan, [AUTOSCALER])] == [
        DriftClass.IGNORED,
        DriftClass.OUTPUT_ONLY,
    ]


# Same drift, same report


def mark(plan: dict[str, Any], *rules: IgnoreRule) -> str:
    return drift_fingerprint(plan, rules, KEY)


def test_the_same_drift_has_the_same_mark() -> None:
    again = {**update({"a": 2}, {"a": 1}), "timestamp": "2027-01-01T00:00:00Z"}
    assert mark(again) == mark(update({"a": 2}, {"a": 1}))


def test_what_drifts_further_has_another_mark() -> None:
    assert mark(update({"a": 3}, {"a": 1})) != mark(update({"a": 2}, {"a": 1}))


def test_a_secret_that_drifts_further_has_another_mark() -> None:
    def plan(now: str) -> dict[str, Any]:
        return update({"p": now}, {"p": "right"}, before_sensitive={"p": True}, after_sensitive={"p": True})

    assert mark(plan("one")) != mark(plan("two"))


def test_ignored_and_absorbed_drift_does_not_move_the_mark() -> None:
    assert (
        mark(scaled(), AUTOSCALER) == mark(document(STAYS, drift=[moved(after={"a": 2})])) == mark(document())
    )


def test_an_ignored_attribute_beside_what_counts_does_not_move_the_mark() -> None:
    def plan(capacity: int) -> dict[str, Any]:
        return update({"desired_capacity": capacity, "v": 1}, {"desired_capacity": 2, "v": 2}, address=ASG)

    assert mark(plan(5), AUTOSCALER) == mark(plan(9), AUTOSCALER)
    assert mark(plan(5)) != mark(plan(9))


def test_a_refreshed_computed_attribute_does_not_change_the_mark() -> None:
    def plan(etag: str, *arguments: str) -> dict[str, Any]:
        drifted = update({"a": 2, "etag": etag}, {"a": 1}, after_unknown={"etag": True})
        return {**drifted, "configuration": configuration(block("test_thing.a", "a", *arguments))}

    assert mark(plan("x")) == mark(plan("y"))
    assert mark(plan("x", "etag")) != mark(plan("y", "etag"))


def test_the_order_of_resources_does_not_move_the_mark() -> None:
    entries = [resource(f"test_thing.{name}", change("update", {"a": 1}, {"a": 2})) for name in "ab"]
    assert mark(document(*entries)) == mark(document(*reversed(entries)))
