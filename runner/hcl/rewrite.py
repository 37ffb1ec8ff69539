"""Spell changes of code into the text of a file: the tokens that change are exchanged, and nothing else moves."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from runner.hcl.layout import INDENT, Edit, alone, end_of_line, indent_at, past_comma
from runner.hcl.placed_json import placed_json
from runner.hcl.rewrite_blocks import SIGNS, add_block, added_attributes, drop_block, drop_lines, sign_beside
from runner.hcl.spelling import spelled_constant, spelled_key, spelled_value
from runner.hcl.tokens import NotHcl
from runner.model.accept.alike import document
from runner.model.accept.amend import amend
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
from runner.model.accept.code import At, ModuleCode, Scope
from runner.model.accept.code import Code as AllCode
from runner.model.accept.syntax import Body, Constant, Entries, Entry, File, Form, Items, Node


def rewritten(file: File, changes: Iterable[Change]) -> str:
    """The text with these changes, which are all of this file; Undecided if two of them meet."""
    found = dict.fromkeys(edit for change in changes for edit in _EDITS[type(change)](change))
    edits = sorted(found, key=lambda one: (one.start, one.end))
    for one, other in pairwise(edits):
        # Two additions at one place follow each other.
        if other.start < one.end or (one.start == other.start and one.end == other.end > one.start):
            raise Undecided(f"two changes meet in line {file.line(other.start)} of {file.path}")
    eol = "\r\n" if "\r\n" in file.text else "\n"
    text = file.text
    for one in reversed(edits):
        spelled = one.text.replace("\r\n", "\n").replace("\n", eol)
        text = text[: one.start] + spelled + text[one.end :]
    return text


def _exchange(change: Exchange) -> Edit:
    node = change.node
    if isinstance(node, Constant):
        value = _within_document(node, change.value)
        text = spelled_constant(change.file, node, value)
    else:
        text = spelled_value(change.file.form, change.value, indent_at(change.file, node.start))
    return Edit(node.start, node.end, text)


def _within_document(node: Constant, value: Any) -> Any:
    """A JSON document keeps its layout: only what differs in it is exchanged."""
    old, new = document(node.value), document(value)
    if old is None or new is None or not isinstance(node.value, str):
        return value
    inner = File("", node.value, Form.VALUES)
    nowhere = Scope(AllCode("", {}), ModuleCode(""))
    try:
        placed = placed_json(node.value, templates=False)
        text = rewritten(inner, amend(At(inner, placed, nowhere), old, new))
    except (NotHcl, Undecided):
        return value
    return text if document(text) == new else value


def _reshape(change: Reshape) -> Iterator[Edit]:
    file, within = change.file, change.within
    spans = _spans(file, within)
    if len(spans) > len(change.dropped):
        texts = [_element(file, within, one, spans[0][0]) for one in change.appended]
        yield from _reshaped(file, within, spans, change.dropped, texts)
    elif isinstance(within, Entries) and len(change.appended) == 1 and not spans:
        yield _only(file, within, _element(file, within, change.appended[0], within.start))
    else:
        value = (
            dict(change.appended) if isinstance(within, Entries) else [value for _, value in change.appended]
        )
        yield Edit(within.start, within.end, spelled_value(file.form, value, indent_at(file, within.start)))


def _reshaped(
    file: File,
    within: Entries | Items,
    spans: list[tuple[int, int]],
    indexes: frozenset[int],
    texts: list[str],
) -> Iterator[Edit]:
    """Each element that leaves goes with its line, if it has one for itself. At least one stays."""
    last = max(at for at in range(len(spans)) if at not in indexes)
    behind = spans[last + 1 :]
    end = spans[last][1]
    strict = within.flow and file.form is not Form.HCL  # no comma before the closing bracket
    lines = all(alone(file, start) for start, _ in (spans[last], *(spans[at] for at in indexes)))
    for at in sorted(indexes):
        if lines and (at < last or not strict):
            yield _lines(file, *spans[at])
        elif at < last:
            yield Edit(spans[at][0], spans[at + 1][0], "")
    if not lines or (strict and behind):
        blank = f"\n{indent_at(file, spans[last][0])}" if lines else " "
        if behind or texts:
            yield Edit(end, behind[-1][1] if behind else end, "".join(f",{blank}{one}" for one in texts))
    elif texts:
        yield _appended(file, within, spans[last], texts, followed=bool(behind))


def _spans(file: File, within: Entries | Items) -> list[tuple[int, int]]:
    if isinstance(within, Entries):
        return [(one.start, one.node.end) for one in within.entries]
    return [(_item_start(file, within, one), one.end) for one in within.items]


def _element(file: File, within: Entries | Items, element: tuple[str, Any], beside: int) -> str:
    key, value = element
    if isinstance(within, Items):
        text = spelled_value(file.form, value, indent_at(file, within.start) + INDENT)
        return text if within.flow else f"- {text}"
    name = spelled_key(file, within, key)
    sign = (
        sign_beside(file, within, within.entries[-1].start, len(name)) if within.entries else SIGNS[file.form]
    )
    return f"{name}{sign}{spelled_value(file.form, value, indent_at(file, beside))}"


def _insert_items(change: InsertItems) -> Edit:
    file, within = change.file, change.within
    texts = [_element(file, within, ("", one), within.start) for one in change.values]
    start = _item_start(file, within, within.items[change.index])
    if not alone(file, start):
        return Edit(start, start, "".join(f"{one}, " for one in texts))
    line = file.text.rfind("\n", 0, start) + 1
    comma = "," if within.flow else ""
    return Edit(line, line, "".join(f"{indent_at(file, start)}{one}{comma}\n" for one in texts))


def _item_start(file: File, within: Items, item: Node) -> int:
    """Of a YAML list in lines, with its dash."""
    return item.start if within.flow else file.text.rindex("-", 0, item.start)


def _lines(file: File, start: int, end: int) -> Edit:
    """The whole lines of what is between."""
    past = file.text.find("\n", end) + 1 or len(file.text)
    return Edit(file.text.rfind("\n", 0, start) + 1, past, "")


def _entries_of(body: Body) -> Entries:
    """The body of a block in JSON."""
    entries = tuple(Entry(one.name, one.start, one.node) for one in body.attributes)
    return Entries(body.start, body.end, entries)


def _add_attributes(change: AddAttributes) -> Iterator[Edit]:
    file, body = change.file, change.within
    if file.form is Form.HCL:
        yield added_attributes(file, body, change.attributes)
    else:
        yield from _reshape(Reshape(file, _entries_of(body), appended=change.attributes))


def _drop_attribute(change: DropAttribute) -> Iterator[Edit]:
    file, body, attribute = change.file, change.within, change.attribute
    if file.form is Form.HCL:
        yield drop_lines(file, attribute.start, attribute.node.end)
    else:
        dropped = frozenset({body.attributes.index(attribute)})
        yield from _reshape(Reshape(file, _entries_of(body), dropped))


def _once(edit: Callable[[Any], Edit]) -> Callable[[Any], Iterator[Edit]]:
    return lambda change: iter((edit(change),))


_EDITS: dict[type, Callable[[Any], Iterator[Edit]]] = {
    Exchange: _once(_exchange),
    Reshape: _reshape,
    InsertItems: _once(_insert_items),
    AddAttributes: _add_attributes,
    DropAttribute: _drop_attribute,
    AddBlock: _once(add_block),
    DropBlock: _once(drop_block),
}


def _only(file: File, within: Entries, text: str) -> Edit:
    """Into an empty map."""
    if not within.flow:
        raise Undecided(f"{file.path}:{file.line(within.start)} has no element to follow")
    inside = file.text[within.start + 1 : within.end - 1]
    if "\n" in inside:
        indent = indent_at(file, within.start)
        return Edit(within.end - 1 - len(indent), within.end - 1, f"{indent}{INDENT}{text}\n{indent}")
    blank = " " if file.form is Form.HCL else ""
    return Edit(within.start + 1, within.end - 1, f"{blank}{text}{blank}")


def _appended(
    file: File, within: Entries | Items, last: tuple[int, int], texts: list[str], *, followed: bool
) -> Edit:
    """Lines after the last element. `followed`: those behind it leave, and its comma stays."""
    start, end = last
    line = f"\n{indent_at(file, start)}"
    after = past_comma(file.text, end)
    needed = within.flow and (isinstance(within, Items) or file.form is not Form.HCL)
    if after == end and needed:
        # The comma belongs to the value, the line to what may follow it, such as a comment.
        past = end_of_line(file, end)
        return Edit(end, past, f",{file.text[end:past]}{line}{f',{line}'.join(texts)}")
    comma = "," if after > end and within.flow and not followed else ""
    past = end_of_line(file, after)
    return Edit(past, past, "".join(f"{line}{one}{comma}" for one in texts))
