"""The values of sensitive variables in a run: a provider's error texts may repeat its input.

terraform masks them in its own output, and not in provider text. Masking every variable would hide a region
in every line, so only declared sensitive ones count; an unreadable declaration counts as sensitive.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.engine.modules.declared import Declared, declared, guessed_in, text_of, why
from runner.hcl.blocks import Block, body_of
from runner.hcl.spelled import Pairs, json_values, spelled, spelled_in, spelled_json
from runner.hcl.tokens import NotHcl
from runner.model.changes.changes import Diagnostic
from runner.model.code.judged import Judged
from runner.model.secret.copies import SHORTEST_WHOLE
from runner.ports.engine import Execution

_MAX_MODULES = 200
UNREAD = "every value in this file is masked"


@dataclass
class Given:
    """The texts to mask, and the unreadable files."""

    texts: set[str] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(
            Diagnostic("warning", f"{name} could not be read reliably: {UNREAD}", problem, file=name)
            for name, problem in self.unread.items()
        )


def sensitive_values(
    execution: Execution, suffixes: tuple[str, ...], environment: Mapping[str, str]
) -> Given:
    """Sensitive values of earlier plans, and this run's values of sensitive variables: defaults, var files,
    the stack's and the environment's.
    """
    module, stack = execution.workspace.module, execution.stack
    given = Given(set(execution.secrets))
    known = declared(module, suffixes)
    given.texts |= known.texts
    given.unread |= known.unread
    _called_modules(given, module, known, suffixes, execution.judged)
    for name, value in stack.vars.items():
        if known.covers(name):
            given.texts.update(spelled(value))
    for name, text in environment.items():
        if name.startswith("TF_VAR_") and known.covers(name.removeprefix("TF_VAR_")):
            given.texts.add(text)
            given.texts.update(structured(text))
    automatic = [path for path in sorted(module.glob("*.tfvars*")) if _loads_itself(path.name)]
    named = [execution.folder / file for file in stack.var_files] if execution.folder is not None else []
    for path in dict.fromkeys((*automatic, *named)):
        _of_file(given, path, known)
    given.texts = {text for text in given.texts if len(text) >= SHORTEST_WHOLE}
    return given


def _loads_itself(name: str) -> bool:
    return name in {"terraform.tfvars", "terraform.tfvars.json"} or name.endswith(
        (".auto.tfvars", ".auto.tfvars.json")
    )


def _called_modules(
    given: Given, module: Path, known: Declared, suffixes: tuple[str, ...], judged: Judged
) -> None:
    """What the code passes to sensitive variables of local modules, which are declared in their own files."""
    top = module.resolve()
    seen = {top}
    waiting = list(_calls(top, top, known, judged))
    read: dict[Path, Declared] = {}
    while waiting:
        caller, source, arguments = waiting.pop()
        if not source.startswith(("./", "../")):
            continue
        folder = (caller / source).resolve()
        if folder not in read and len(read) < _MAX_MODULES:
            own = read[folder] = declared(folder, suffixes)
            given.texts |= own.texts
            given.unread |= {f"{source}/{name}": problem for name, problem in own.unread.items()}
        own = read.get(folder, Declared())
        for name, value in arguments.items():
            if own.covers(name):
                given.texts.update(spelled(value))
                given.texts.update(spelled_json(value))
        if folder not in seen:
            seen.add(folder)
            waiting += _calls(top, folder, own, judged)


def _calls(
    top: Path, folder: Path, own: Declared, judged: Judged
) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """A computed source may be any that was judged of a call there: too many secrets are better than too few."""
    place = os.path.relpath(folder, top)
    there = {one for (caller, _), found in judged.sources.items() if caller == place for one in found}
    for source, arguments in own.calls:
        for one in there if source is None else (source,):
            yield folder, one, arguments


def _of_file(given: Given, path: Path, known: Declared) -> None:
    """The values in a var file; its text is like the body of a block."""
    if not known.names and not known.unread:
        return
    try:
        text = text_of(path)
        if path.suffix == ".json":
            _of_json(given, text, known)
            return
        for name, value in body_of(Block("variables", (), text)).items():
            if known.covers(name):
                given.texts.update(spelled(value))
    except FileNotFoundError:
        return  # the engine reports it
    except (NotHcl, OSError, ValueError, RecursionError) as problem:
        given.unread[path.name] = why(problem)
        given.texts.update(guessed_in(path))


def _of_json(given: Given, text: str, known: Declared) -> None:
    document = json_values(text)
    if not isinstance(document, Pairs):
        raise NotHcl("expected an object")
    for name, value in document:
        if known.covers(name):
            given.texts.update(spelled_json(value))


def structured(text: str) -> Iterator[str]:
    """The parts of a text that may spell a list or a map."""
    with suppress(NotHcl, RecursionError):
        yield from spelled(body_of(Block("variables", (), f"it = {text}\n")).get("it"))
    yield from spelled_in(text)
