"""Attributes and blocks of HCL that are added to a body or leave it."""

from typing import Any

from runner.hcl.layout import INDENT, Edit, alone, end_of_line, ends_line, indent_at
from runner.hcl.spelling import spelled_value
from runner.model.accept.change import AddBlock, DropBlock, Undecided
from runner.model.accept.syntax import Attribute, Body, Entries, File, Form
from runner.model.changes.difference import is_empty

SIGNS = {Form.HCL: " = ", Form.JSON: ": ", Form.VALUES: ": ", Form.YAML: ": "}


def add_block(change: AddBlock) -> Edit:
    file, body = change.file, change.within
    if file.form is not Form.HCL:
        raise Undecided(f"a block {change.kind} would have to be added to {file.path}")
    same = body.of_kind(change.kind)
    if same:
        at, indent = same[-1].end, indent_at(file, same[-1].start)
        return Edit(at, at, f"\n\n{_block(change.kind, change.values, indent)}")
    indent = indent_at(file, body.start) + INDENT
    start = file.text.rfind("\n", 0, body.end) + 1
    if file.text[start : body.end].strip():
        return _into_body(file, body, [_block(change.kind, change.values, indent).lstrip()])
    return Edit(start, start, f"\n{_block(change.kind, change.values, indent)}\n")


def _block(kind: str, values: dict[str, Any], indent: str) -> str:
    plain = {name: one for name, one in values.items() if not is_empty(one) and not _is_blocks(one)}
    nested = [(name, one) for name, many in values.items() if _is_blocks(many) for one in many]
    width = max(map(len, plain), default=0)
    lines = [
        f"{indent}{INDENT}{name:<{width}} = {spelled_value(Form.HCL, value, indent + INDENT)}"
        for name, value in plain.items()
    ]
    lines += [f"\n{_block(name, one, indent + INDENT)}" for name, one in nested]
    return "\n".join([f"{indent}{kind} {{", *lines, f"{indent}}}"])


def _is_blocks(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def drop_block(change: DropBlock) -> Edit:
    file, block = change.file, change.block
    if change.instead:
        return Edit(block.start, block.end, "\n".join(change.instead))
    text = file.text
    edit = drop_lines(file, _with_comment(file, block.start), block.end)
    # Of the empty lines around it one is left, and none before a closing brace.
    above = text[: edit.start].endswith(("\n\n", "\n\r\n")) or not text[: edit.start].strip()
    if above and text[edit.end :].startswith(("\n", "\r\n")):
        return Edit(edit.start, text.index("\n", edit.end) + 1, "")
    before = text[: edit.start].rstrip()
    if above and before and text[edit.end :].lstrip()[:1] in {"", "}"}:
        return Edit(text.index("\n", len(before)) + 1, edit.end, "")
    return edit


def _with_comment(file: File, start: int) -> int:
    """With the lines of comment right above it, which are about it; the first lines of a file are not."""
    first = start
    while (above := file.text[: file.text.rfind("\n", 0, first) + 1]).rstrip("\r\n") and alone(file, first):
        line = above.rstrip("\r\n").rpartition("\n")[2]
        if above.endswith(("\n\n", "\n\r\n")) or not line.lstrip().startswith(("#", "//")):
            return first
        first = len(above.rstrip("\r\n")) - len(line)
    return start if first == 0 else first


def drop_lines(file: File, start: int, end: int) -> Edit:
    if alone(file, start) and ends_line(file, end):
        past = file.text.find("\n", end) + 1 or len(file.text)
        return Edit(file.text.rfind("\n", 0, start) + 1, past, "")
    if file.text[end : end + 1] == " " and file.text[start - 1 : start] == " ":
        return Edit(start, end + 1, "")
    return Edit(start, end, "")


def _into_body(file: File, body: Body, lines: list[str]) -> Edit:
    """Of a block without attributes."""
    outer = indent_at(file, body.start)
    text = "".join(f"\n{outer}{INDENT}{line}" for line in lines)
    if body.blocks:
        return Edit(body.start, body.start, f"{text}\n")
    if not file.text[body.start : body.end].strip():
        return Edit(body.start, body.end, f"{text}\n{outer}")
    past = end_of_line(file, body.start)
    return Edit(past, past, text)


def _in_lines(file: File, body: Body, lines: list[str]) -> Edit:
    outer = indent_at(file, body.start)
    inside = file.text[body.start : body.end].strip()
    text = "".join(f"\n{outer}{INDENT}{line}" for line in [inside, *lines])
    return Edit(body.start, body.end, f"{text}\n{outer}")


def added_attributes(file: File, body: Body, attributes: tuple[tuple[str, Any], ...]) -> Edit:
    anchor = _anchor(body)
    lines = [
        f"{name}{sign_beside(file, body, anchor.start, len(name)) if anchor else ' = '}"
        f"{spelled_value(file.form, value, indent_at(file, body.start) + INDENT)}"
        for name, value in attributes
    ]
    if anchor is None:
        return _into_body(file, body, lines)
    if not alone(file, anchor.start):  # `{ a = 1 }`, which can hold no second attribute
        return _in_lines(file, body, lines)
    past = end_of_line(file, anchor.node.end)
    return Edit(past, past, "".join(f"\n{indent_at(file, anchor.start)}{line}" for line in lines))


def _anchor(body: Body) -> Attribute | None:
    """The last attribute before the first nested block."""
    first = min((one.start for one in body.blocks), default=body.end)
    before = [one for one in body.attributes if one.start < first]
    return max(before, key=lambda one: one.start, default=None)


def sign_beside(file: File, within: Entries | Body, beside: int, width: int) -> str:
    """The sign between key and value, aligned as in the line beside it."""
    if file.form is not Form.HCL:
        return SIGNS[file.form]
    line = file.text[beside : end_of_line(file, beside)]
    key, sign, _ = line.partition("=")
    if not sign or ":" in key:
        return ": " if ":" in key else " = "
    blanks = len(key) - len(key.rstrip(" "))
    in_lines = len([one for one in _starts(within) if alone(file, one)]) > 0
    if not in_lines or blanks == 0:
        return " = " if blanks else "="
    return f"{' ' * max(1, len(key) - width)}= "


def _starts(within: Entries | Body) -> list[int]:
    return [one.start for one in (within.entries if isinstance(within, Entries) else within.attributes)]
