"""Two documents of one plan have one form, and a difference anywhere but in the time gives another."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runner.model.plan.form import differing, form_of
from runner.model.plan.reading import parse_document

VPC: dict[str, Any] = {
    "address": "aws_vpc.a",
    "type": "aws_vpc",
    "change": {"after": {"cidr": "10.0.0.0/16"}},
}
PLAN: dict[str, Any] = {
    "timestamp": "2026-11-30T10:00:00Z",
    "format_version": "1.2",
    "resource_changes": [VPC],
    "relevant_attributes": [{"resource": "aws_vpc.a"}, {"resource": "aws_vpc.b"}],
    "prior_state": {
        "values": {"root_module": {"child_modules": [{"address": "module.a"}, {"address": "module.b"}]}}
    },
}


def test_the_time_and_the_order_of_terraforms_maps_do_not_count() -> None:
    turned = json.loads(json.dumps(PLAN))
    turned["timestamp"] = "2026-11-30T10:00:01Z"
    turned["relevant_attributes"].reverse()
    turned["prior_state"]["values"]["root_module"]["child_modules"].reverse()
    assert form_of(turned) == form_of(PLAN)


def test_a_changed_value_is_named_by_its_part_and_type_and_not_by_its_content() -> None:
    other = {**PLAN, "resource_changes": [{**VPC, "change": {"after": {"cidr": "secret"}}}]}
    assert differing(form_of(PLAN), form_of(other)) == ("resource_changes of aws_vpc",)


def test_a_change_more_or_twice_is_another_plan() -> None:
    more = {**PLAN, "resource_changes": [VPC, {**VPC, "address": "aws_vpc.b"}]}
    twice = {**PLAN, "resource_changes": [VPC, VPC]}
    assert len({form_of(PLAN), form_of(more), form_of(twice)}) == 3


def test_numbers_are_compared_as_they_are_written() -> None:
    texts = ('{"a": 1}', '{"a": 1.0}', '{"a": true}', '{"a": "1"}', '{"a": 1.00000000000000000001}')
    assert len({form_of(parse_document(text)) for text in texts}) == len(texts)
    assert form_of({"a": Decimal("0.1")}) == form_of(parse_document('{"a": 0.1}'))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1), JSON), st.text(min_size=1), JSON)
def test_any_other_content_has_another_form(document: dict[str, Any], key: str, value: Any) -> None:
    changed = {**document, key: value}
    times = {"timestamp"}
    one, other = ({k: v for k, v in each.items() if k not in times} for each in (document, changed))
    unordered = {"relevant_attributes", "child_modules"} & {*document, key}
    if not unordered:
        same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
        assert (form_of(document) == form_of(changed)) == same
