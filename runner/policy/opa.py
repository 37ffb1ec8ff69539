"""The engine opa: the `opa` command of Open Policy Agent, version 1 or newer."""

import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

from runner.model.policy.question import Failure, Question, Values
from runner.model.policy.rego.tokens import Unreadable
from runner.ports.basics import Cancel
from runner.process.program import Program, Surround, module, run_program

NAME = "opa"
MEMORY, WIDE, MOST_MEMORY = 1 << 30, 100, 6 << 30
SHOWN = 10
# They reach the network or the machine, also through `with ... as`, so their names may not be there at all.
_FORBIDDEN = frozenset({"http.send", "net.lookup_ip_addr", "opa.runtime"})


def missing() -> str:
    return "" if shutil.which(NAME) else "opa is not on PATH"


def ask(
    question: Question,
    place: Path,
    seconds: float,
    surround: Surround,
    cancel: Cancel | None,
    *,
    separately: bool = False,
) -> Values | Failure:
    """`separately`: a rule that fails has no value (None), and the others still have theirs."""
    program = shutil.which(NAME)
    if program is None:
        return Failure(missing())
    try:
        if refused := _refused(question):
            return Failure(refused)
        old = not all(one.is_v1 for one in question.modules)
    except Unreadable as problem:
        return Failure(f"line {problem.line}: {problem.message}")
    folder = place / "modules"
    for one in question.modules:
        target = folder / one.file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(one.source)
    document = _document(question)
    if isinstance(document, Failure):
        return document
    (place / "input.json").write_text(json.dumps(document))

    def asked(query: str) -> Values | Failure:
        argv = (
            *module(
                "runner.process.limited", str(math.ceil(seconds) + 1), str(_memory(question)), str(4 << 20)
            ),
            *(program, "eval", "--format", "json", "--strict-builtin-errors", "--data", str(folder)),
            *("--input", str(place / "input.json"), *(["--v0-compatible"] if old else []), query),
        )
        env = {"PATH": os.defpath, "HOME": str(place)}
        return _read(Program(argv, place, env, seconds, read=(Path(program),)), surround, cancel)

    found = asked(question.query)
    if not isinstance(found, Failure) or not separately:
        return found
    each = {
        label: asked(Question(question.modules, {label: path}).query)
        for label, path in question.rules.items()
    }
    return {label: None if isinstance(one, Failure) else one[label] for label, one in each.items()}


def _memory(question: Question) -> int:
    size = Path(question.plan).stat().st_size if question.plan else 0
    return min(MOST_MEMORY, MEMORY + WIDE * size)


def _refused(question: Question) -> str:
    """Names of built-ins that no policy may use here, wherever they are written."""
    for module_ in question.modules:
        words = module_.tokens
        for index, token in enumerate(words):
            path = "".join(one.text for one in words[index : index + 3])
            if path in _FORBIDDEN:
                return f"{module_.file}:{token.line}:{token.column}: policies may not use {path}"
    return ""


def _document(question: Question) -> Any | Failure:
    context = dict(question.context or {})
    if not question.plan:
        return context
    plan = json.loads(Path(question.plan).read_bytes())
    if not isinstance(plan, dict):
        return Failure("the plan is not a JSON object")
    if taken := sorted(context.keys() & plan.keys()):
        return Failure(f"the plan has a key {taken[0]} of its own")
    return {**plan, **context}


def _read(engine: Program, surround: Surround, cancel: Cancel | None) -> Values | Failure:
    ended = run_program(engine, surround, cancel)
    if ended.problem:
        return Failure(ended.problem)
    try:
        answer = json.loads(ended.stdout)
        if errors := answer.get("errors"):
            return Failure("\n".join(_placed(one, engine.place) for one in errors[:SHOWN]))
        if ended.finished.exit_code != 0:
            return Failure(f"opa ended with code {ended.finished.exit_code}")
        values = answer["result"][0]["bindings"]["answer"]
        return dict(values)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return Failure(f"opa gave no answer (code {ended.finished.exit_code}): {ended.stderr.strip()[:300]}")


def _placed(error: Any, place: Path) -> str:
    where = error.get("location") or {}
    file = str(where.get("file", "")).removeprefix(f"{place}/modules/")
    row, column = where.get("row"), where.get("col")
    return f"{file}:{row}:{column}: {error.get('message')}" if file else str(error.get("message"))
