"""The smallest changes of the code that make it mean another value."""

from collections.abc import Iterator
from typing import Any

from runner.model.accept.alike import alike, consistent, document, matched, paired
from runner.model.accept.change import (
    AddAttributes,
    AddBlock,
    Change,
    DropAttribute,
    DropBlock,
    Exchange,
    InsertItems,
    Reshape,
    Undecided,
)
from runner.model.accept.code import At, Scope
from runner.model.accept.follow import constant, maps, resolved
from runner.model.accept.syntax import Attribute, Block, Body, Call, Constant, Entries, File, Items
from runner.model.changes.difference import is_empty

# What providers work out from another attribute, although nobody sets it.
FOLLOWING = {
    "tags_all": "tags",
    "effective_labels": "labels",
    "terraform_labels": "labels",
    "effective_annotations": "annotations",
}
# Arguments of the engine itself: no plan shows them.
META = frozenset({"count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection"})


def amend_body(
    body: Body, file: File, scope: Scope, old: dict[str, Any], new: dict[str, Any]
) -> Iterator[Change]:
    """Attributes and nested blocks whose value is to be `new` instead of `old`; Undecided, Forbidden."""
    absent: list[tuple[str, Any]] = []
    for name in sorted({*old, *new} - META):
        before, after = old.get(name), new.get(name)
        if alike(before, after):
            continue
        attribute = body.attribute(name)
        if attribute is not None:
            yield from _attribute(attribute, body, scope.at(file, attribute.node), before, after)
        elif blocks := body.of_kind(name):
            yield from _blocks(blocks, body, scope, file, (_list(before), _list(after)))
        elif (dynamic := body.dynamic(name)) is not None:
            line = file.line(dynamic.start)
            raise Undecided(f'{name} is decided by the block dynamic "{name}" in {file.path}:{line}')
        elif not _follows(name, old, new):
            absent.append((name, after))
    yield from _absent(body, file, absent)


def _attribute(attribute: Attribute, within: Body, at: At, old: Any, new: Any) -> Iterator[Change]:
    if not is_empty(new) or not isinstance(attribute.node, Constant | Items | Entries):
        yield from amend(at, old, new)
    elif consistent(at, old):
        yield DropAttribute(at.file, within, attribute)
    else:
        raise at.undecided("which the plan reads differently")


def _follows(name: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether the provider works it out from another attribute that differs as well."""
    other = FOLLOWING.get(name, "")
    return not alike(old.get(other), new.get(other))


def _absent(body: Body, file: File, attributes: list[tuple[str, Any]]) -> Iterator[Change]:
    """What the code does not set."""
    for name, value in attributes:
        if is_empty(value):
            raise Undecided(f"{name} is not set in {file.path}: the provider decides it")
    plain = tuple((name, value) for name, value in attributes if not _are_blocks(value))
    if plain:
        yield AddAttributes(file, body, plain)
    for name, value in attributes:
        if _are_blocks(value):
            yield from (AddBlock(file, body, name, one) for one in value)


def _are_blocks(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _list(value: Any) -> list[Any]:
    """A single block is an object in a plan, or the only element of a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _blocks(
    blocks: tuple[Block, ...], within: Body, scope: Scope, file: File, sides: tuple[list[Any], list[Any]]
) -> Iterator[Change]:
    old, new = sides
    places = _matched_blocks(blocks, file, scope, old)
    if places is None or not all(isinstance(one, dict) for one in (*old, *new)):
        line = file.line(blocks[0].start)
        raise Undecided(f"the blocks {blocks[0].kind} in {file.path}:{line} cannot be told apart")
    for before, after in paired(old, new, ordered=False):
        if before is None:
            yield AddBlock(file, within, blocks[0].kind, new[after if after is not None else 0])
        elif after is None:
            yield DropBlock(file, blocks[places[before]])
        else:
            block = blocks[places[before]]
            yield from amend_body(block.body, file, scope, old[before], new[after])


def _matched_blocks(
    blocks: tuple[Block, ...], file: File, scope: Scope, values: list[Any]
) -> list[int] | None:
    if len(blocks) != len(values):
        return None
    fits = [[_fits(block, file, scope, value) for block in blocks] for value in values]
    if all(fits[at][at] for at in range(len(values))):
        return list(range(len(values)))
    found: list[int] = []
    for row in fits:
        fitting = [at for at, fit in enumerate(row) if fit and at not in found]
        if len(fitting) != 1:
            return None
        found.append(fitting[0])
    return found


def _fits(block: Block, file: File, scope: Scope, value: Any) -> bool:
    return isinstance(value, dict) and all(
        consistent(scope.at(file, one.node), value.get(one.name)) for one in block.body.attributes
    )


def amend(at: At, old: Any, new: Any) -> Iterator[Change]:
    """The same for one expression."""
    if alike(old, new):
        return
    at = resolved(at)
    match at.node:
        case Constant() as node:
            if not consistent(at, old):
                raise at.undecided("which the plan reads differently")
            yield Exchange(at.file, node, new)
        case Entries() as node if isinstance(old, dict) and isinstance(new, dict):
            yield from _entries(at, node, old, new)
        case Entries() if _only(old) and _only(new):  # a block, in JSON
            yield from amend(at, old[0], new[0])
        case Items() as node if isinstance(old, list) and isinstance(new, list):
            yield from _items(at, node, old, new)
        case Call(name="jsonencode", arguments=(one,)) if (
            document(old) is not None and document(new) is not None
        ):
            yield from amend(at.moved(one), document(old), document(new))
        case Call(name="merge") if isinstance(old, dict) and isinstance(new, dict):
            yield from _merged(at, old, new)
        case Entries() | Items():
            constant(at)  # nothing that is worked out may go
            yield Exchange(at.file, at.node, new)
        case _:
            raise at.undecided()


def _only(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)


def _entries(at: At, node: Entries, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    added: list[tuple[str, Any]] = []
    dropped: set[int] = set()
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        if alike(before, after):
            continue
        entry = node.get(key)
        if entry is None and after is None:
            raise at.undecided(f"which does not set {key}")
        if entry is None:
            added.append((key, after))
        elif after is None:
            dropped.add(node.entries.index(entry))
        else:
            yield from amend(at.moved(entry.node), before, after)
    if dropped or added:
        yield Reshape(at.file, node, frozenset(dropped), tuple(added))


def _items(at: At, node: Items, old: list[Any], new: list[Any]) -> Iterator[Change]:
    code = [at.moved(one) for one in node.items]
    places = matched(code, old)
    if places is None:
        raise at.undecided("whose elements the plan reads differently")
    ordered = places == list(range(len(places)))
    added: dict[int, list[Any]] = {}
    dropped: set[int] = set()
    for before, after in paired(old, new, ordered=ordered and not _sorted(old)):
        if before is None and after is not None:
            index = _before(old, new, after) if ordered else len(code)
            added.setdefault(index, []).append(new[after])
        elif before is not None and after is not None:
            yield from amend(code[places[before]], old[before], new[after])
        elif before is not None:
            dropped.add(places[before])
    appended = tuple(("", one) for one in added.pop(len(code), ()))
    if dropped or appended:
        yield Reshape(at.file, node, frozenset(dropped), appended)
    for index, values in added.items():
        yield InsertItems(at.file, node, index, tuple(values))


def _before(old: list[Any], new: list[Any], after: int) -> int:
    """Before which of the old elements a new one comes: the first one behind it that was there."""
    return next((old.index(one) for one in new[after:] if one in old), len(old))


def _sorted(values: list[Any]) -> bool:
    """As sets are: whether it is one, no plan says."""
    return len(values) > 1 and all(isinstance(one, str) for one in values) and values == sorted(values)


def _merged(at: At, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    arguments = maps(at)
    added: list[tuple[str, Any]] = []
    for key in {**old, **new}:
        if alike(old.get(key), new.get(key)):
            continue
        having = [one for one in arguments if isinstance(one.node, Entries) and one.node.get(key) is not None]
        last = having[-1] if having else None
        behind = arguments[arguments.index(last) + 1 :] if last is not None else arguments
        if last is not None or key in old:
            for one in behind:
                if not isinstance(one.node, Entries):
                    raise one.undecided()
        if last is None:
            added.append((key, new[key]))
        elif new.get(key) is None and len(having) > 1:
            raise at.undecided(f"where several maps have {key}")
        else:
            assert isinstance(last.node, Entries)
            yield from _entries(last, last.node, {key: old.get(key)}, {key: new.get(key)})
    if added:
        # To the last map, if it is one that is written out: it wins.
        if not arguments or not isinstance(arguments[-1].node, Entries):
            raise at.undecided()
        yield Reshape(arguments[-1].file, arguments[-1].node, appended=tuple(added))
