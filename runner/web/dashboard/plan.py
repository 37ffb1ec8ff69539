"""A plan, as a page shows it: by what happens, then by module, each attribute with what it was and will be."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from runner.model.changes.attribute_text import (
    Line,
    attribute_action,
    attribute_rows,
    attribute_values,
)
from runner.model.changes.changes import SYMBOLS, Action, AttributeChange, ResourceChange
from runner.model.evaluated.text import applied_lines
from runner.model.plan.text import as_attribute, happens, in_order
from runner.model.values.frozen import dataclass
from runner.model.values.text import safe_text
from runner.view.apply_only import apply_only
from runner.view.attribute import AttributeRow, attribute_change
from runner.view.changes import ChangesView, change_set

TITLES: dict[Action, str] = {
    Action.DELETE: "Destroy",
    Action.REPLACE: "Replace",
    Action.FORGET: "Forget",
    Action.UPDATE: "Update",
    Action.CREATE: "Create",
    Action.NO_OP: "Move",
    Action.READ: "Read",
}
TONES: dict[Action, str] = {
    Action.DELETE: "fail",
    Action.REPLACE: "fail",
    Action.FORGET: "wait",
    Action.UPDATE: "wait",
    Action.CREATE: "ok",
    Action.NO_OP: "idle",
    Action.READ: "run",
}


@dataclass(frozen=True)
class Difference:
    """`lines` are those of a text or document that differ, instead of `before` and `after`."""

    symbol: str
    tone: str
    path: str
    before: str | None
    after: str | None
    lines: tuple[tuple[str, str], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Resource:
    """`module` is the address of its module, empty for the root module. `later` are new attributes of which only
    the apply knows the value.
    """

    module: str
    name: str
    address: str
    happens: str
    differences: tuple[Difference, ...]
    later: tuple[str, ...]


@dataclass(frozen=True)
class Module:
    address: str
    resources: tuple[Resource, ...]


@dataclass(frozen=True)
class Part:
    """All resources to which the same happens."""

    title: str
    symbol: str
    tone: str
    count: int
    modules: tuple[Module, ...]


def parts(of: ChangesView, *, full: bool = False) -> Iterator[Part]:
    """What is destroyed comes first. `full` shortens no value."""
    for action, found in groupby(in_order(change_set(of)), key=lambda one: one.action):
        resources = [_resource(one, full=full) for one in found]
        # By module, without moving what belongs together: addresses are in order already.
        modules = tuple(
            Module(address, tuple(some))
            for address, some in groupby(
                sorted(resources, key=lambda one: one.module), key=lambda one: one.module
            )
        )
        yield Part(TITLES[action], SYMBOLS[action].strip() or "=", TONES[action], len(resources), modules)


def outputs(of: ChangesView, *, full: bool = False) -> tuple[Difference, ...]:
    return tuple(_difference(as_attribute(one), full=full) for one in change_set(of).outputs)


def differences(of: Iterable[AttributeRow], *, full: bool = False) -> tuple[Difference, ...]:
    return tuple(_difference(attribute_change(row), full=full) for row in of)


def only_by_apply(of: ChangesView) -> tuple[Line, ...]:
    """What only the apply does: where it works, what it runs and invokes."""
    return tuple(applied_lines(apply_only(of)))


def _resource(of: ResourceChange, *, full: bool) -> Resource:
    module, name = split_address(safe_text(of.address))
    return Resource(
        module=module,
        name=name,
        address=safe_text(of.address),
        happens=safe_text(happens(of)),
        differences=tuple(_difference(one, full=full) for one in of.attributes if not _later(one)),
        later=tuple(safe_text(one.path) for one in of.attributes if _later(one)),
    )


def _later(of: AttributeChange) -> bool:
    return of.unknown and of.before is None and not of.sensitive and not of.forces_replacement


def split_address(address: str) -> tuple[str, str]:
    """`module.a["x"].module.b` and `aws_instance.c`: a dot in a key belongs to the key."""
    parts, depth, quoted = [""], 0, False
    for character in address:
        if character == '"':
            quoted = not quoted
        depth += (character == "[") - (character == "]") if not quoted else 0
        if character == "." and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    end = 0
    while end + 1 < len(parts) and parts[end] == "module":
        end += 2
    return ".".join(parts[:end]), ".".join(parts[end:])


def _difference(of: AttributeChange, *, full: bool) -> Difference:
    action = attribute_action(of)
    rows = attribute_rows(of, full=full)
    before, after = attribute_values(of, full=full) if rows is None else (None, None)
    return Difference(
        symbol=SYMBOLS[action],
        tone=TONES[action],
        path=safe_text(of.path),
        before=None if action is Action.CREATE else before,
        after=None if action is Action.DELETE else after,
        lines=tuple((symbol, text) for symbol, text in rows or ()),
        note=_note(of),
    )


def _note(of: AttributeChange) -> str:
    if of.mark_only:
        return "same value; only its sensitivity changes"
    return "forces replacement" if of.forces_replacement else ""
