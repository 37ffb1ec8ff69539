"""A binding with something in every field, and every way to change one field of it."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from runner.model.approval.binding import Binding, EngineFacts
from runner.model.changes.changes import Summary
from runner.model.policy.result import PolicyResult
from runner.model.run.life import Kind

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
FACTS = EngineFacts(
    engine="terraform",
    version="1.11.4",
    binary="b" * 64,
    argv=("terraform", "plan", "-out=PLAN"),
    var_files=("prod.tfvars " + "c" * 64,),
    environment=("HOME", "PATH"),
    lock_file="d" * 64,
    modules="e" * 64,
    lineage="9f2c",
    serial=7,
    resources=3,
)
BINDING = Binding(
    stack="prod/vpc",
    state="s3 {} workspace default",
    revision="a" * 40,
    tree="7" * 40,
    inputs="1" * 64,
    definition="2" * 64,
    kind=Kind.CHANGE,
    targets=("aws_vpc.main",),
    facts=FACTS,
    plan_digest="3" * 64,
    fingerprint="4" * 64,
    guard_rails=("it changes 201 resources, and max_changes is 200",),
    counts=Summary(create=1, replace=2),
    created=NOON,
    expires=NOON + timedelta(days=1),
)
SAID = PolicyResult("baseline", "policy", "5" * 64, warnings=("no tags",))
# What moves without a reason to ask again: a plan that was made again has another digest and time, the state
# goes on, and what is counted is in the fingerprint, and what policies said is that of the plan. Whoever wrote the state decides a guard
# rail. All of it is in the digest none the less.
MAY_MOVE = {
    "plan_digest", "counts", "created", "expires", "facts.resources", "facts.state_version", "judged.results",
}  # fmt: skip


def mutations(value: Any = BINDING, place: str = "") -> Iterator[tuple[str, Any]]:
    """The name of each field, also of the values within, and the value with only that field changed."""
    for field in fields(value):
        name, old = f"{place}{field.name}", getattr(value, field.name)
        if is_dataclass(old) and not isinstance(old, type):
            yield from ((at, replace(value, **{field.name: new})) for at, new in mutations(old, f"{name}."))
        elif name == "judged.results":
            yield name, replace(value, results=(*old, SAID))
        else:
            yield name, replace(value, **{field.name: other(old)})


def other(value: Any) -> Any:
    match value:
        case Enum():
            return next(one for one in type(value) if one is not value)
        case str():
            return ("1" if value.startswith("0") else "0") + value[1:]
        case None:
            return 1
        case int():
            return value - 1
        case datetime():
            return value + timedelta(seconds=1)
        case tuple():
            return (*value, "one more")
    raise AssertionError(value)
