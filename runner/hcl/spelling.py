"""How a value is spelled where another one stood."""

import json
import re
from difflib import SequenceMatcher
from typing import Any

from runner.hcl.layout import INDENT
from runner.hcl.literal import by_number, expression, quoted
from runner.hcl.placed import heredoc_indent, heredoc_lines
from runner.model.accept.syntax import Constant, Entries, File, Form, Style
from runner.model.values.text import UNSAFE

_NAME = re.compile(r"[^\W\d][\w-]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
# What YAML reads as the same text without quotes, whatever stands around it.
_PLAIN_YAML = re.compile(r"[A-Za-z0-9_/.][A-Za-z0-9_/.+@%=-]*(?: [A-Za-z0-9_/.+@%=-]+)*")
_WIDE = 100  # columns, of a list or a map in one line


def spelled_constant(file: File, node: Constant, value: Any) -> str:
    """In the way of the old one: a number in quotes stays so, a heredoc stays a heredoc."""
    if isinstance(value, list | dict):
        line = file.text[file.text.rfind("\n", 0, node.start) + 1 :]
        return spelled_value(file.form, value, line[: len(line) - len(line.lstrip(" \t"))])
    if file.form is Form.YAML:
        return _yaml(file, node, value)
    if isinstance(node.value, str) and isinstance(value, bool | int | float):
        value = json.dumps(value)
    elif isinstance(node.value, bool | int | float) and isinstance(value, str):
        return value if value in {"true", "false"} or _NUMBER.fullmatch(value) else _text(file.form, value)
    if node.style is Style.HEREDOC and isinstance(value, str):
        return _heredoc(file.of(node), value) or quoted(value)
    return spelled_value(file.form, value, "")


def _text(form: Form, text: str) -> str:
    match form:
        case Form.HCL:
            return quoted(text)
        case Form.JSON:
            text = text.replace("${", "$${").replace("%{", "%%{")
    return _json(text)


def _json(value: Any, form: Form = Form.JSON) -> str:
    """Without characters that hide, or turn the direction of writing."""
    escape = by_number if form is Form.YAML else _by_pair
    return UNSAFE.sub(lambda found: escape(found[0]), json.dumps(value, ensure_ascii=False))


def _by_pair(character: str) -> str:
    return json.dumps(character)[1:-1]


def _is_open(text: str) -> bool:
    """Whether a text can stand without escapes: its lines hide nothing."""
    return UNSAFE.search(text.translate({ord("\n"): None, ord("\t"): None})) is None


def spelled_value(form: Form, value: Any, indent: str) -> str:
    """A new value; `indent` is that of the line in which it begins."""
    if isinstance(value, str):
        return _plain_yaml(value) if form is Form.YAML else _text(form, value)
    if form is not Form.HCL:
        if form is Form.JSON:
            value = _escaped(value)
        return _json(value, form)
    if isinstance(value, dict) and value:
        width = max(len(_key(key)) for key in value)
        lines = [
            f"{indent}{INDENT}{_key(key):<{width}} = {spelled_value(form, part, indent + INDENT)}"
            for key, part in value.items()
        ]
        return "\n".join(["{", *lines, f"{indent}}}"])
    if isinstance(value, list):
        parts = [spelled_value(form, part, indent + INDENT) for part in value]
        line = f"[{', '.join(parts)}]"
        if len(indent) + len(line) <= _WIDE and "\n" not in line:
            return line
        return "\n".join(["[", *(f"{indent}{INDENT}{part}," for part in parts), f"{indent}]"])
    return expression(value)


def _escaped(value: Any) -> Any:
    match value:
        case str():
            return value.replace("${", "$${").replace("%{", "%%{")
        case list():
            return [_escaped(one) for one in value]
        case dict():
            return {key: _escaped(one) for key, one in value.items()}
        case _:
            return value


def spelled_key(file: File, within: Entries, key: str) -> str:
    """With quotes where it needs them, or where the others have them."""
    match file.form:
        case Form.JSON | Form.VALUES:
            return _json(key)
        case Form.YAML:
            return _plain_yaml(key)
    quotes = any(file.text[one.start] == '"' for one in within.entries)
    return quoted(key) if quotes else _key(key)


def _key(key: str) -> str:
    return key if _NAME.fullmatch(key) and key != "for" else quoted(key)


def _heredoc(raw: str, value: str) -> str | None:
    """None for a text that cannot be one. Lines that stay are not spelled again."""
    ending = raw.replace("\r\n", "\n").split("\n")[-1]
    if not value.endswith("\n") or "\r" in value:
        return None
    indent = heredoc_indent(raw)
    old = heredoc_lines(raw)
    blank = next((line[:indent] for line in old if line.strip()), "") if indent else ""
    new = [_unevaluated(line) for line in value[:-1].split("\n")]
    if any(line.strip() == ending.strip() for line in new) or (indent and not _keeps(new)):
        return None
    stripped = [line[indent:] for line in old]
    lines: list[str] = []
    for tag, start, end, new_start, new_end in SequenceMatcher(
        None, stripped, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            lines += old[start:end]
        else:
            changed = new[new_start:new_end]
            if not all(map(_is_open, changed)):
                return None
            lines += [blank + line if line.strip() else line for line in changed]
    return "\n".join([raw.replace("\r\n", "\n").split("\n")[0], *lines, ending])


def _keeps(lines: list[str]) -> bool:
    """Whether `<<-` takes no more from these lines than was added to them."""
    return any(line.strip() and not line[0].isspace() for line in lines)


def _unevaluated(line: str) -> str:
    return line.replace("${", "$${").replace("%{", "%%{")


def _yaml(file: File, node: Constant, value: Any) -> str:
    if not isinstance(value, str):
        text = json.dumps(value)
        return json.dumps(text) if isinstance(node.value, str) and value is not None else text
    if node.style is Style.SINGLE and "\n" not in value and _is_open(value):
        return "'" + value.replace("'", "''") + "'"
    if node.style is Style.HEREDOC and value.endswith("\n") and _is_open(value):
        raw = file.of(node)
        first, *lines = raw.split("\n")
        indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
        if first.strip() == "|" and value[:1] not in {" ", "\n"}:
            inner = "\n".join(f"{' ' * indent}{line}".rstrip(" ") for line in value[:-1].split("\n"))
            return f"{first}\n{inner}\n{raw[len(raw.rstrip()) + 1 :]}"
    if isinstance(node.value, bool | int | float) and (
        value in {"true", "false"} or _NUMBER.fullmatch(value) is not None
    ):
        return value
    return _plain_yaml(value) if node.style is Style.BARE else _json(value, Form.YAML)


def _plain_yaml(text: str) -> str:
    """Without quotes if YAML then reads this very text."""
    import yaml

    if _PLAIN_YAML.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    return _json(text, Form.YAML)
