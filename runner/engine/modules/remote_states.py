"""The states that `data "terraform_remote_state"` blocks of a file read, and which of their outputs the file uses.

What is unclear is left out: such a stack is planned when its own code changes, as without this.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from runner.hcl.blocks import Nested, blocks_of, body_of
from runner.hcl.json_form import Body, json_bodies, literal
from runner.hcl.text import hcl_text
from runner.hcl.tokens import NotHcl
from runner.model.code.module import Backend, RemoteState
from runner.model.outputs.remote import ALL
from runner.model.stack.definition import DEFAULT_WORKSPACE

TYPE = "terraform_remote_state"
# Also of one of several instances, and in JSON, where quotes are escaped.
_USE = re.compile(
    rf"data\.{TYPE}\.([\w-]+)(?:\[[^\]]{{0,200}}\])?(?:\.outputs(?:\.([\w-]+)|\[\\?\"([\w-]+)\\?\"\])?)?"
)
Uses = frozenset[tuple[str, str]]  # names of data sources and of outputs


def read_states(content: bytes, *, is_json: bool) -> tuple[RemoteState, ...]:
    """The blocks of one file with a literal configuration."""
    if TYPE.encode() not in content:
        return ()
    try:
        bodies = json_bodies(content) if is_json else _bodies(content)
        return tuple(_states(bodies))
    except (NotHcl, UnicodeDecodeError, RecursionError):
        return ()  # whoever judges the file says so


def used_outputs(content: bytes) -> Uses:
    """What the file uses of such data sources, also of those in other files of its module."""
    if TYPE.encode() not in content:
        return frozenset()
    found = _USE.finditer(content.decode(errors="replace"))
    return frozenset((use[1], use[2] or use[3] or ALL) for use in found)


def with_uses(states: Iterable[RemoteState], uses: Uses) -> tuple[RemoteState, ...]:
    """The states of a module with the outputs that its files use."""
    return tuple(
        RemoteState(
            one.name, one.backend, one.workspace, tuple(sorted(out for name, out in uses if name == one.name))
        )
        for one in states
    )


def _bodies(content: bytes) -> Iterator[Body]:
    for block in blocks_of(hcl_text(content)):
        if block.kind == "data" and block.labels[:1] == (TYPE,):
            yield block.kind, block.labels, body_of(block)


def _states(bodies: Iterable[Body]) -> Iterator[RemoteState]:
    for kind, labels, body in bodies:
        if kind != "data" or labels[:1] != (TYPE,) or len(labels) != 2:
            continue
        backend, workspace = body.get("backend"), body.get("workspace", DEFAULT_WORKSPACE)
        settings = _config(body.get("config"))
        plain = isinstance(backend, str) and isinstance(workspace, str) and literal([backend, workspace])
        if plain and settings is not None and literal(settings):
            yield RemoteState(labels[1], Backend(str(backend), settings), str(workspace))


def _config(given: Any) -> dict[str, Any] | None:
    """An attribute, or a block as old code has it; None if it is computed."""
    match given:
        case Nested():
            return dict(given[0][1]) if given else {}
        case Mapping():
            return dict(given)
        case None:
            return {}
        case _:
            return None
