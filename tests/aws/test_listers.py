"""Rows of listers against botocore's own models of the services: no name in them can be a slip of the pen."""

from functools import cache
from typing import Any

import botocore
import botocore.session
import pytest
from service_shapes import MADE, answer_of

from runner.aws.listers.lister import Around, Call, Lister, found, items_of, moment, resource_of, tags_of
from runner.aws.listers.table import LISTERS, tried_calls
from runner.model.aws.place import Place
from runner.model.inventory.left_out import SENTENCES

HERE = Around(Place("111122223333", "eu-west-1"), parent="parent")
# Filters of rows whose condition no made-up text fulfils.
ENGINE = {"docdb": "docdb", "neptune": "neptune", "rds_cluster_instance": "aurora-mysql"}
by_type = pytest.mark.parametrize("lister", LISTERS, ids=lambda one: one.type)


@cache
def session() -> Any:
    return botocore.session.get_session()


@cache
def model(service: str) -> Any:
    return session().get_service_model(service)


def operation(call: Call) -> Any:
    return model(call.service).operation_model(call.operation)


def example(lister: Lister) -> Any:
    """An item of this type as its service would tell of it."""
    answer = answer_of(operation(lister.call).output_shape)
    engine = next((text for part, text in ENGINE.items() if part in lister.type), None)
    for one in (*answer.get("DBInstances", ()), *answer.get("DBClusters", ())) if engine else ():
        one["Engine"] = engine
    (item,) = items_of(lister.items, answer)
    if lister.each:
        item = found(lister.each.answer, answer_of(operation(lister.each.call).output_shape))
    return item


def test_each_type_has_one_row() -> None:
    assert len({one.type for one in LISTERS}) == len(LISTERS)
    assert len(LISTERS) >= 30


@by_type
def test_every_call_of_a_row_exists_with_its_arguments(lister: Lister) -> None:
    for call in lister.calls:
        known = operation(call).input_shape.members
        assert call.method == botocore.xform_name(call.operation)
        assert set(call.arguments) <= set(known)
        if call.cursor:
            assert call.cursor in known
            assert call.cursor in operation(call).output_shape.members
    for step in (lister.within, lister.each):
        if step is not None:
            called = lister.call if step is lister.within else step.call
            assert step.argument in operation(called).input_shape.members


@by_type
def test_every_call_of_a_row_is_read_to_its_last_page(lister: Lister) -> None:
    for call in (one for one in lister.calls if lister.each is None or one is not lister.each.call):
        answer = operation(call).output_shape.members
        pages = session().get_paginator_model(call.service)
        try:
            pages.get_paginator(call.operation)
            assert call.paginated
        except ValueError:
            assert not call.paginated
            more = {one for one in answer if one in {"NextToken", "NextMarker", "nextToken", "Marker"}}
            assert more <= {call.cursor}


@by_type
def test_a_row_finds_id_name_age_and_tags_where_the_service_has_them(lister: Lister) -> None:
    made = resource_of(lister, example(lister), HERE)
    assert made.import_id
    assert made.name
    assert not (lister.arn and not made.arn.startswith("arn:"))
    assert made.created_at == (MADE if lister.created else None)
    assert bool(made.tags) == bool(lister.tags)


@by_type
def test_paths_of_owners_name_members_that_exist(lister: Lister) -> None:
    item = example(lister)
    for reason, path in lister.owners:
        assert reason in SENTENCES
        found(path, item)
        names = {part for part in path.replace(".", " ").split() if part.isidentifier() and part[0].isupper()}
        assert all(name in str(item) for name in names), path


@pytest.mark.parametrize(("called", "size"), [("ListQueues", "MaxResults"), ("ListBuckets", "MaxBuckets")])
def test_a_service_that_has_pages_only_with_a_size_gets_one(called: str, size: str) -> None:
    (call,) = (one.call for one in LISTERS if one.call.operation == called)
    assert size in call.arguments


def test_every_permission_is_an_action_of_iam() -> None:
    assert {"s3:ListAllMyBuckets", "elasticloadbalancing:DescribeTargetGroups", "apigateway:GET"} <= set(
        tried_calls()
    )
    assert all(one.count(":") == 1 for one in tried_calls())


@pytest.mark.parametrize(
    "told", [MADE, MADE.replace(tzinfo=None), "2026-03-01T00:00:00Z", 1772323200, 1772323200000]
)
def test_a_time_is_understood_in_every_form_that_services_tell_it_in(told: object) -> None:
    assert moment(told) == MADE


@pytest.mark.parametrize("told", [None, "soon", True, 10**30, []])
def test_what_is_no_time_is_none(told: object) -> None:
    assert moment(told) is None


@pytest.mark.parametrize(
    "told",
    [
        {"team": "data"},
        [{"Key": "team", "Value": "data"}],
        [{"key": "team", "value": "data"}],
        [{"TagKey": "team", "TagValue": "data"}],
    ],
)
def test_tags_are_understood_in_every_form_that_services_tell_them_in(told: object) -> None:
    assert tags_of(told) == {"team": "data"}


def test_an_item_without_what_tells_an_owner_has_none() -> None:
    (role,) = (one for one in LISTERS if one.type == "aws_iam_role")
    assert resource_of(role, {"RoleName": "app"}, HERE).owner == ""
