"""The example files: every key with its sentence.

`# Words` are words. `#key:` is an optional key; without its `#` the line is valid in its place.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from runner.config.descriptions import SAMPLES, SERVER, STACK
from runner.config.shape import Key, Kind, Shape, shape_of
from runner.config.written import written
from runner.model.settings.server import Settings
from runner.model.stack.definition import StackDefinition
from runner.model.values.frozen import dataclass

_SERVER_HEAD = """\
# Driftline server configuration: every key with its default. Only data_dir and sources are required.
# Driftline searches -c/--config, DRIFTLINE_CONFIG, ./driftline.yaml, ~/.config/driftline/config.yaml and
# /etc/driftline/config.yaml, in this order. Check the file with   driftline config validate
#
# Any string may be "${env:NAME}", "${file:/path}" or "${cred:NAME}" (systemd LoadCredential=NAME:/path).
# Durations look like 90s, 5m, 4h, 2d, 1w or 1h30m. Paths are relative to this file.
"""
_STACK_HEAD = """\
# A stack: one Terraform root module that Driftline plans, applies after approval, and checks for drift.
# One file may declare several stacks, separated by --- lines. Check it with   driftline stack validate
"""


@dataclass(frozen=True)
class _Page:
    """The file's text beside its keys; `starter` leaves out keys with a default."""

    sentences: Mapping[str, str]
    samples: Mapping[str, Any]
    starter: bool = False


def example(data_dir: str = SAMPLES["data_dir"], url: str = SAMPLES["sources[].url"]) -> str:
    """The server's example file, with every key and its default."""
    page = _Page(SERVER, {**SAMPLES, "data_dir": data_dir, "sources[].url": url})
    return _SERVER_HEAD + _text(_record(shape_of(Settings), "", page, None))


def stack_example(name: str = SAMPLES["name"]) -> str:
    """A first stack file: the required keys, and all others ready to be enabled."""
    page = _Page(STACK, {**SAMPLES, "name": name}, starter=True)
    return _STACK_HEAD + _text(_record(shape_of(StackDefinition), "", page, None))


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _record(shape: Shape, name: str, page: _Page, default: Any) -> Iterator[str]:
    """The keys of a record in the order of the table of sentences; the record itself may have a default."""
    for general in page.sentences:
        around, _, word = general.rpartition(".")
        if around != name:
            continue
        if not name:
            yield ""
        yield f"# {page.sentences[general]}"
        key = shape.keys[word]
        if default is not None:
            key = replace(key, required=False, default=getattr(default, key.attribute))
        lines = _key(word, general, key, page)
        left_out = page.starter and not name and not key.required and word != "path"
        yield from map(_out, lines) if left_out else lines


def _key(word: str, name: str, key: Key, page: _Page) -> Iterator[str]:
    """A key with its default or sample, or with its contents."""
    shape, item = key.shape, key.shape.item
    if shape.kind is Kind.RECORD and shape.optional and key.default is None:
        yield f"{word}: null"
        yield from map(_out, map(_in, _record(shape, name, page, None)))
    elif shape.kind is Kind.RECORD:
        yield f"{word}:"
        yield from map(_in, _record(shape, name, page, key.default))
    elif item is not None and item.kind is Kind.RECORD:
        lines = map(_in, _item(_record(item, name + "[]", page, None)))
        if page.starter or name == "sources":
            yield f"{word}:"
            yield from lines
        else:
            yield f"{word}: []"
            yield from map(_out, lines)
    else:
        sampled = key.required or page.starter or "[]" in name
        yield f"{word}: {written(page.samples.get(name, key.default) if sampled else key.default)}"


def _item(lines: Iterator[str]) -> Iterator[str]:
    """A record as an item of a list: its first key gets the hyphen."""
    first = True
    for line in lines:
        words = line.startswith("# ")
        yield line if first and words else f"- {line}" if first else f"  {line}"
        first = first and words


def _in(line: str) -> str:
    return f"  {line}" if line else line


def _out(line: str) -> str:
    return f"#{line}" if line else line
