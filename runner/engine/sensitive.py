"""The values of sensitive variables as a run is given them: what a provider is told, its error texts may repeat.

terraform masks them in its own words and forgets them in those of others. Only names that the root module declares
sensitive count: else a region that is a variable would be masked in every line.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.engine.blocks import Block, cut, plain_body
from runner.engine.values import Computed, heredoc_text
from runner.model.module import is_configuration
from runner.ports import Execution

_DECLARED = re.compile(rb"sensitive|ephemeral")
_MARKS = ("sensitive", "ephemeral")


def sensitive_values(
    execution: Execution, suffixes: tuple[str, ...], environment: Mapping[str, str]
) -> Iterator[Any]:
    """What earlier plans called sensitive, and what this run's variables are set to: in their defaults, in var files,
    by the stack and by the environment. A file that is not clear gives nothing.
    """
    yield from execution.secrets
    module, stack = execution.workspace.module, execution.stack
    defaults = dict(_declared(module, suffixes)) if module.is_dir() else {}
    if not defaults:
        return
    for name, default in defaults.items():
        yield default
        yield stack.vars.get(name)
        yield _structured(environment.get(f"TF_VAR_{name}"))
    automatic = [path for path in sorted(module.glob("*.tfvars*")) if _loads_itself(path.name)]
    named = [execution.folder / file for file in stack.var_files] if execution.folder is not None else []
    for path in (*automatic, *named):
        yield from _assigned(path, frozenset(defaults)).values()


def _loads_itself(name: str) -> bool:
    return name in {"terraform.tfvars", "terraform.tfvars.json"} or name.endswith(
        (".auto.tfvars", ".auto.tfvars.json")
    )


def _declared(module: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for path in sorted(module.iterdir()):
        if is_configuration(path.name, suffixes) and path.is_file():
            content = path.read_bytes()
            if _DECLARED.search(content) is not None:
                yield from _of_json(content) if path.suffix == ".json" else _of_hcl(content)


def _of_hcl(content: bytes) -> Iterator[tuple[str, Any]]:
    for block in cut(content.decode(errors="replace")) or ():
        if block.kind == "variable" and len(block.labels) == 1 and _DECLARED.search(block.body.encode()):
            body = plain_body(block) or {"sensitive": True}
            if any(body.get(mark) not in {None, False} for mark in _MARKS):
                yield block.labels[0], _literal(body.get("default"))


def _of_json(content: bytes) -> Iterator[tuple[str, Any]]:
    try:
        declared = json.loads(content)["variable"]
        yield from (
            (name, body.get("default"))
            for name, body in declared.items()
            if any(body.get(mark) for mark in _MARKS)
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return


def _assigned(path: Path, names: frozenset[str]) -> dict[str, Any]:
    """What a var file sets these variables to."""
    try:
        text = path.read_text(errors="replace")
        if path.suffix == ".json":
            read = json.loads(text)
            return {name: read[name] for name in names if name in read} if isinstance(read, dict) else {}
        # The text of a var file is like the body of a block.
        body = plain_body(Block("variables", (), text)) or {}
        return {name: _literal(value) for name, value in body.items() if name in names}
    except (OSError, ValueError, RecursionError):
        return {}


def _literal(value: Any) -> Any:
    match value:
        case Computed(source):
            return heredoc_text(source)
        case dict():
            return {name: _literal(part) for name, part in value.items()}
        case list():
            return [_literal(part) for part in value]
        case _:
            return value


def _structured(text: str | None) -> Any:
    """A text as it is, and what is in it where it spells a list or a map."""
    if text is None or not text.lstrip().startswith(("{", "[")):
        return text
    return [text, _literal(plain_body(Block("variables", (), f"it = {text}\n")))]
