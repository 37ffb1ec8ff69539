"""What is taken from a state: enough to recognise an object, and no secret."""

from typing import Any

from runner.model.inventory.state_object import StateObject, seen_in


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 4, "serial": 7, "lineage": "line", "resources": list(resources)}


def resource(kind: str = "aws_sqs_queue", **given: Any) -> dict[str, Any]:
    return {
        "mode": "managed",
        "type": kind,
        "name": "jobs",
        "instances": [{"attributes": {"id": "i", "arn": "arn:a"}}],
        **given,
    }


def test_an_object_has_its_address_arn_id_and_name() -> None:
    one = resource(
        module='module.a["x"]',
        instances=[{"index_key": 1, "attributes": {"id": "i", "arn": "arn:a", "name": "n", "policy": "p"}}],
    )
    seen = seen_in(state(one))
    assert (seen.lineage, seen.serial) == ("line", 7)
    assert seen.objects == (
        StateObject('module.a["x"].aws_sqs_queue.jobs[1]', "aws_sqs_queue", "arn:a", ("i", "n")),
    )


def test_an_instance_with_a_key_is_named_as_terraform_names_it() -> None:
    one = resource(instances=[{"index_key": "a b", "attributes": {"id": "i"}}])
    assert [one.address for one in seen_in(state(one)).objects] == ['aws_sqs_queue.jobs["a b"]']


def test_the_volumes_that_an_instance_has_made_are_its_parts() -> None:
    values = {"id": "i-1", "root_block_device": [{"volume_id": "vol-1"}], "ebs_block_device": None}
    one = resource("aws_instance", instances=[{"attributes": values}])
    assert [one.ids for one in seen_in(state(one)).objects] == [("i-1", "vol-1")]


def test_a_route_table_that_was_replaced_is_a_part_of_what_replaced_it() -> None:
    values = {"id": "rtbassoc-1", "route_table_id": "rtb-2", "original_route_table_id": "rtb-1"}
    one = resource("aws_main_route_table_association", instances=[{"attributes": values}])
    assert [one.ids for one in seen_in(state(one)).objects] == [("rtbassoc-1", "rtb-1")]


def test_data_sources_and_other_providers_are_left_out() -> None:
    assert seen_in(state(resource(mode="data"), resource("random_password"))).objects == ()


def test_an_id_that_terraform_calls_sensitive_is_not_taken() -> None:
    hidden = [[{"type": "get_attr", "value": "id"}]]
    one = resource(instances=[{"attributes": {"id": "s3cret", "name": "n"}, "sensitive_attributes": hidden}])
    assert [one.ids for one in seen_in(state(one)).objects] == [("n",)]
