"""The engine regopy: Rego in a process of this Python."""

import json
import math
import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import runner
from runner.model.policy.question import Failure, Question, Values
from runner.policy.regopy_process import QUESTION
from runner.ports.basics import Cancel
from runner.process.program import Program, Surround, run_program

NAME = "regopy"
_START = """\
import sys
sys.path.insert(0, sys.argv[4])
sys.path.append(sys.argv[5])
from runner.policy.regopy_process import main
main()
"""
MEMORY, WIDE, MOST_MEMORY = 512 << 20, 250, 4 << 30  # of the process; per byte of the plan


def missing() -> str:
    """Why it cannot be used here; empty if it can."""
    if find_spec("regopy") is not None:
        return ""
    return "regopy is not installed; run pip install 'driftline[rego]', or put opa on PATH"


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
    plan = Path(question.plan) if question.plan else None
    (place / QUESTION).write_text(
        json.dumps(
            {
                "modules": [[one.file, one.source] for one in question.modules],
                "rules": dict(question.rules),
                "plan": question.plan,
                "context": question.context,
                "separately": separately,
            }
        )
    )
    size = plan.stat().st_size if plan is not None else 0
    memory = min(MOST_MEMORY, MEMORY + WIDE * size)
    words = (str(math.ceil(seconds) + 1), str(memory), str(place), *_installed())
    engine = Program(
        (sys.executable, "-I", "-S", "-c", _START, *words),
        place,
        {"PATH": os.defpath},
        seconds,
        read=(plan,) if plan is not None else (),
    )
    ended = run_program(engine, surround, cancel)
    if ended.problem:
        return Failure(ended.problem)
    try:
        told = json.loads(ended.stdout)
        return Failure(told["problem"]) if "problem" in told else dict(told["values"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return Failure(_last_line(ended.stderr) or f"it ended with code {ended.finished.exit_code}")


@cache
def _installed() -> tuple[str, str]:
    """The folders that Driftline and regopy are in: without `site`, which takes 25 ms, Python does not know them."""
    spec = find_spec("regopy")
    assert spec is not None, "asked for by `missing` before"
    assert spec.origin is not None
    return str(Path(runner.__file__).parents[1]), str(Path(spec.origin).parents[1])


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else ""
