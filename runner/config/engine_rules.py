"""What valid AWS roles and version constraints look like, in stack files and in contexts."""

from collections.abc import Iterator

from runner.config.check import Complaint
from runner.config.ignore_rule import single_line
from runner.config.place import KeyPath
from runner.model.stack.definition import AwsRoles
from runner.model.values.regex import regex

_ROLE = regex(r"arn:aws[a-z-]{0,16}:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,512}")
_REGION = regex(r"[a-z]{2,6}(?:-[a-z]+){1,3}-[0-9]{1,2}")
_CONSTRAINT = regex(r"(?:=|!=|>=|<=|>|<|~>)? {0,4}v?[0-9]{1,6}(?:\.[0-9]{1,6}){0,2}(?:-[0-9A-Za-z.-]{1,40})?")


def is_role(text: str) -> bool:
    return _ROLE.fullmatch(text) is not None


def is_region(text: str) -> bool:
    return _REGION.fullmatch(text) is not None


def aws_complaints(here: KeyPath, aws: AwsRoles) -> Iterator[Complaint]:
    if aws.region is not None and not is_region(aws.region):
        yield Complaint((*here, "region"), "expected a region such as eu-west-1")
    for key, role in (("plan_role", aws.plan_role), ("apply_role", aws.apply_role)):
        if role is not None and not is_role(role):
            yield Complaint((*here, key), "expected a role such as arn:aws:iam::111122223333:role/name")
    if aws.external_id is not None:
        yield from single_line((*here, "external_id"), aws.external_id, "a text")


def version_complaints(here: KeyPath, version: str) -> Iterator[Complaint]:
    if not all(_CONSTRAINT.fullmatch(part.strip(" ")) for part in version.split(",")):
        yield Complaint(here, 'expected a version constraint such as "~> 1.11" or ">= 1.10, < 2.0"')
