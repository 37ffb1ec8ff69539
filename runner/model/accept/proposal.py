"""What is changed in the code so that it means what is there in the cloud."""

from collections.abc import Iterable, Mapping
from typing import Any

from runner.model.accept.amend import amend_body
from runner.model.accept.change import (
    Change,
    DropBlock,
    Exchange,
    Forbidden,
    Reshape,
    Undecided,
)
from runner.model.accept.code import Code, Scope, own_name, resource_at
from runner.model.accept.follow import constant, resolved
from runner.model.accept.syntax import Block, Constant, Entries, Form, Items, PlacedBody
from runner.model.changes.difference import is_empty
from runner.model.changes.mask import holds_unknown, unknown_of
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Drifted:
    """A drifted resource. `cloud` is what is there, `code` what a plan would make of it, `unknown` as the plan says it."""

    address: str
    cloud: Mapping[str, Any] | None  # None if it is gone
    code: Mapping[str, Any]
    unknown: Any = None
    attributes: frozenset[str] = frozenset()  # those that count


@dataclass(frozen=True)
class Proposed:
    """`told` says of each resource what becomes of it; `undecided` of which nothing can be changed, with the reason."""

    changes: tuple[Change, ...] = ()
    told: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    accepted: frozenset[str] = frozenset()


def proposed(code: Code, drifted: Iterable[Drifted], *, removed_blocks: bool) -> Proposed:
    """`removed_blocks`: whether the engine knows `removed {}`."""
    changes: list[Change] = []
    told: list[str] = []
    undecided: list[str] = []
    accepted: set[str] = set()
    for one in drifted:
        try:
            found, said = _of(code, one, removed_blocks=removed_blocks)
        except Undecided as why:
            undecided.append(f"{one.address}: {why}")
        except Forbidden as why:
            undecided.append(f"{one.address}: a sensitive value is never written into code; {why}")
        else:
            changes += [change for change in found if change not in changes]
            told += said
            accepted.add(one.address)
    return Proposed(tuple(changes), tuple(told), tuple(undecided), frozenset(accepted))


def _of(code: Code, one: Drifted, *, removed_blocks: bool) -> tuple[list[Change], list[str]]:
    block, scope = resource_at(code, one.address)
    if one.cloud is None:
        return _gone(block, scope, one.address, removed_blocks=removed_blocks)
    old = {name: value for name, value in one.code.items() if name in one.attributes}
    new = {
        name: _known(one.cloud.get(name), one.code.get(name), unknown_of(one.unknown, name))
        for name in one.attributes
    }
    changes = list(amend_body(block.body, block.file, scope, old, new))
    if not changes:
        raise Undecided("the provider computes what differs")
    return changes, [f"{one.address}: the code gets {', '.join(sorted(one.attributes))} as found"]


def _known(cloud: Any, code: Any, unknown: Any) -> Any:
    """The value in the cloud, except for what is known only after an apply: that follows from the rest."""
    if unknown is True:
        return code
    if isinstance(cloud, dict) and isinstance(code, dict):
        kept = [key for key in cloud if unknown_of(unknown, key) is not True or key in code]
        return {key: _known(cloud[key], code.get(key), unknown_of(unknown, key)) for key in kept}
    if isinstance(cloud, list) and isinstance(code, list) and len(cloud) == len(code):
        return [
            _known(one, other, unknown_of(unknown, at))
            for at, (one, other) in enumerate(zip(cloud, code, strict=True))
        ]
    return code if is_empty(cloud) and is_empty(code) and not holds_unknown(unknown) else cloud


def _gone(
    block: PlacedBody, scope: Scope, address: str, *, removed_blocks: bool
) -> tuple[list[Change], list[str]]:
    """A resource that was deleted leaves the code: a plan no longer has it in the state, so nothing else is needed."""
    if scope.key is not None:
        return [_without_instance(block, scope)], [f"{address}: its instance leaves the code"]
    if block.file.form is not Form.HCL:
        return [_without_entry(block, address)], [f"{address}: it is gone, so it leaves the code"]
    found = Block("resource", (), block.start, block.end, block.body)
    if _protected(block) and removed_blocks:
        lines = (
            "removed {",
            f"  from = {own_name(address)}",
            "",
            "  lifecycle {",
            "    destroy = false",
            "  }",
            "}",
        )
        why = "it has prevent_destroy, so should it only be out of sight, no apply destroys it"
        return [DropBlock(block.file, found, lines)], [f"{address}: becomes a removed block, because {why}"]
    return [DropBlock(block.file, found)], [f"{address}: it is gone, so it leaves the code"]


def _protected(block: PlacedBody) -> bool:
    return any(
        getattr(one.node, "value", None) is True
        for lifecycle in block.body.of_kind("lifecycle")
        if (one := lifecycle.body.attribute("prevent_destroy")) is not None
    )


def _without_instance(block: PlacedBody, scope: Scope) -> Change:
    if scope.loop is not None:
        over = resolved(scope.loop)
        match over.node:
            case Entries() as node if (entry := node.get(str(scope.key))) is not None:
                return Reshape(over.file, node, frozenset({node.entries.index(entry)}))
            case Items(items=items) as node:
                for index, item in enumerate(items):
                    if constant(over.moved(item)) == scope.key:
                        return Reshape(over.file, node, frozenset({index}))
        raise over.undecided()
    counted = block.body.attribute("count")
    if counted is None:
        raise Undecided(f"nothing in {block.file.path} says how many there are")
    number = resolved(scope.at(block.file, counted.node))
    if not isinstance(number.node, Constant) or number.node.value != int(scope.key or 0) + 1:
        raise number.undecided("and only the last instance of a count can leave the code")
    return Exchange(number.file, number.node, scope.key)


def _without_entry(block: PlacedBody, address: str) -> Change:
    if block.within is None:
        raise Undecided(f"{address} is written in a form of JSON that is not edited")
    within, entry = block.within
    return Reshape(block.file, within, frozenset({within.entries.index(entry)}))
