"""Which outputs of other stacks a stack uses, and whether they changed: by keyed digests alone."""

import pytest

from runner.model.outputs.known import ABSENT, UNREAD, KnownOutputs
from runner.model.outputs.remote import ALL, RemoteRead, read_through
from runner.model.outputs.taken import (
    Mark,
    Taken,
    absent,
    completed,
    given,
    marks,
    moved,
    unread,
)

NET = KnownOutputs(7, {"vpc_id": "1", "zones": "2"}, sensitive=("zones",))
VPC, OTHER = Taken("net", "vpc_id", "vpc"), Taken("net", "vpcid", "other")


def mark(digest: str, output: str = "vpc_id") -> Mark:
    return Mark("net", output, digest)


def test_each_used_output_has_the_mark_of_its_value() -> None:
    assert marks([VPC, OTHER, Taken("dns", "zone")], {"net": NET}) == (
        Mark("dns", "zone", UNREAD),
        mark("1"),
        mark(ABSENT, "vpcid"),
    )
    assert marks([VPC], {"net": KnownOutputs(7, {}, found=False)}) == (mark(UNREAD),)


@pytest.mark.parametrize(
    ("before", "now", "changed"),
    [
        (mark("1"), mark("1"), False),
        (mark("1"), mark("2"), True),
        (mark("1"), mark(ABSENT), True),
        (mark("1"), mark(UNREAD), False),
        (mark(UNREAD), mark("1"), False),
        (mark("1", "zones"), mark("1"), False),
    ],
    ids=["the same", "another value", "gone", "not known now", "not known then", "newly used"],
)
def test_an_output_has_changed_only_if_both_values_are_known(
    before: Mark, now: Mark, *, changed: bool
) -> None:
    assert bool(moved([before], [now])) is changed


def test_what_was_not_known_at_the_apply_is_completed_and_what_was_known_stays() -> None:
    assert completed([mark("1"), mark(UNREAD, "zones")], [mark("9"), mark("2", "zones")]) == (
        mark("1"),
        mark("2", "zones"),
    )


def test_what_is_missing_is_named_with_what_was_probably_meant() -> None:
    needed = marks([VPC, OTHER, Taken("dns", "zone", "zone")], {"net": NET})
    assert unread(needed) == ("dns",)
    assert absent(needed, {"net": NET}) == ('net has no output "vpcid" (did you mean "vpc_id"?)',)


def test_a_run_is_given_only_what_sets_a_variable() -> None:
    read = Taken("net", "zones", reference="data.terraform_remote_state.net")
    (one,) = given([VPC, read], {"net": NET})
    assert (one.variable, one.run, one.digest) == ("vpc", 7, "1")


def test_code_reads_the_outputs_of_stacks_whose_state_is_known() -> None:
    reads = [
        RemoteRead("data.terraform_remote_state.net", "id-net", ("vpc_id",)),
        RemoteRead("data.terraform_remote_state.all", "id-net", (ALL,)),
        RemoteRead("data.terraform_remote_state.far", "elsewhere", ("x",)),
    ]
    found = read_through(reads, {"id-net": "net"}, {"net": NET})
    assert [(one.output, one.place) for one in found] == [
        ("vpc_id", "data.terraform_remote_state.net.outputs.vpc_id"),
        ("vpc_id", "data.terraform_remote_state.all.outputs.vpc_id"),
        ("zones", "data.terraform_remote_state.all.outputs.zones"),
    ]
