"""The process that evaluates Rego by regopy: `main` with the arguments SECONDS MEMORY FOLDER.

It reads the question from the folder and writes the answer to its standard output. It opens no file and starts
nothing after it has read the question. It imports little, since it is started for every policy of every plan.
"""

import importlib
import json
import os
import re
import resource
import sys
import threading
import time
from typing import Any

from runner.model.policy.rego.modern import ROOT, modern
from runner.model.policy.rego.module import Module
from runner.model.policy.rego.query import query_of
from runner.model.policy.rego.refusals import refusals
from runner.model.policy.rego.tokens import Unreadable
from runner.process.limited import limit

QUESTION = "question.json"
LARGEST_ANSWER = 4 << 20
SHOWN = 10  # problems of one policy
_PLACE = re.compile(r"\(error \d+:([^|\n]+)\|(\d+)\|\d+\s+\(errormsg \d+:(.*?)\)\n", re.DOTALL)
_MESSAGE = re.compile(r"\(errormsg \d+:(.*?)\)\n", re.DOTALL)
_LARGEST_INT = 1 << 63
_LOOK = 0.02  # seconds


class Problem(Exception):
    """Why there is no answer."""


def main() -> None:
    seconds, memory, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    answer = _own_output()
    limit(seconds, resource.RLIM_INFINITY, LARGEST_ANSWER)
    threading.Thread(target=_watch, args=(memory, answer), daemon=True).start()
    told: dict[str, Any]
    try:
        question = _read(f"{folder}/{QUESTION}")
        document = _document(question)
        importlib.import_module("regopy")  # it opens files, which nothing may from here on

        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
        told = {"values": evaluated(question, document)}
    except (Problem, ImportError, OSError, ValueError) as problem:
        told = {"problem": str(problem)}
    except (MemoryError, RecursionError):
        told = {"problem": "it needs more memory than it may have"}
    content = json.dumps(told).encode()
    if len(content) > LARGEST_ANSWER:
        content = json.dumps({"problem": f"its messages exceed {LARGEST_ANSWER >> 20} MiB"}).encode()
    os.write(answer, content)


def _own_output() -> int:
    """What policies print goes to standard error, so that it cannot pass for an answer."""
    answer = os.dup(1)
    os.dup2(2, 1)
    return answer


def _read(path: str) -> Any:
    with open(path, "rb") as file:
        return json.loads(file.read())


def _watch(memory: int, answer: int) -> None:
    """End this process when it has used that much memory.

    A limit of the kernel cannot: regopy's allocator reserves 256 GiB of addresses at its start, and limits count those.
    """
    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10 < memory:
        time.sleep(_LOOK)
    os.write(answer, json.dumps({"problem": f"it needs more than {memory >> 20} MiB of memory"}).encode())
    os._exit(1)


def _document(question: dict[str, Any]) -> Any:
    if not question["plan"]:
        return question["context"]
    document = _read(question["plan"])
    if not isinstance(document, dict):
        raise Problem("the plan is not a JSON object")
    context = question["context"] or {}
    if taken := sorted(context.keys() & document.keys()):
        raise Problem(f"the plan has a key {taken[0]} of its own")
    return {**document, **context}


def evaluated(question: dict[str, Any], document: Any) -> dict[str, Any]:
    """The values of the rules by label; Problem if one of them has none that counts."""
    import regopy
    from regopy.rego_shared import LogLevel

    modules = [Module(file, source) for file, source in question["modules"]]
    interpreter = regopy.Interpreter()
    interpreter.log_level = LogLevel.NONE
    interpreter.strict_built_in_errors = True
    _load(interpreter, modules)
    rules: dict[str, str] = question["rules"]
    if not rules:
        return {}
    _give(interpreter, {ROOT: document})
    values = _asked(interpreter, rules)
    if values is not None:
        return values
    # Some rule failed: asked one by one, it can be named.
    broken = [label for label in rules if _asked(interpreter, {label: rules[label]}) is None]
    if question["separately"]:
        rest = {label: path for label, path in rules.items() if label not in broken}
        return {**(_asked(interpreter, rest) or {}), **dict.fromkeys(broken)}
    raise Problem(
        f"{', '.join(broken[:SHOWN]) or 'a rule'} cannot be evaluated: a built-in function got a value that it does "
        "not take, or two definitions of a rule have different values"
    )


def _load(interpreter: Any, modules: list[Module]) -> None:
    import regopy

    found = list[str]()
    for module in modules:
        try:
            _ = module.package
            interpreter.add_module(module.file, modern(module))
        except Unreadable as problem:
            found.append(f"{module.file}:{problem.line}:{problem.column}: {problem.message}")
        except regopy.RegoError as error:
            found += _placed(module, error)
    if not found:
        found = [str(one) for one in refusals(modules, interpreter.is_builtin)]
    if found:
        more = f"\nand {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise Problem("\n".join(found[:SHOWN]) + more)


def _placed(module: Module, error: Exception) -> list[str]:
    """The engine's messages as file:line:column."""
    import regopy

    text, said = modern(module), str(error)
    try:
        # The places in the text as it was written, if that has the same flaw.
        regopy.Interpreter().add_module(module.file, module.source)
    except regopy.RegoError as own:
        text, said = module.source, str(own)
    found = list[str]()
    for match in _PLACE.finditer(said):
        before = text.encode()[: int(match[2])].decode(errors="replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        found.append(f"{module.file}:{line}:{column}: {match[3]}")
    return found or [f"{module.file}: {(_MESSAGE.findall(said) or ['it cannot be parsed'])[0]}"]


def _give(interpreter: Any, document: Any) -> None:
    """By the call that is three times as fast, unless it would cut a number."""
    if _fits(document):
        interpreter.set_input(_escaped(document))
    else:
        interpreter.set_input_term(json.dumps(document, ensure_ascii=False))


def _escaped(value: Any) -> Any:
    """The engine keeps texts as they are written in JSON, but takes those that it is given as they are."""
    if isinstance(value, str):
        return value if value.isalnum() else json.dumps(value, ensure_ascii=False)[1:-1]
    if isinstance(value, dict):
        return {_escaped(key): _escaped(one) for key, one in value.items()}
    return [_escaped(one) for one in value] if isinstance(value, list) else value


def _fits(value: Any) -> bool:
    """Whether all integers have 64 bits."""
    if isinstance(value, dict):
        return all(map(_fits, value.values()))
    if isinstance(value, list):
        return all(map(_fits, value))
    return isinstance(value, bool) or not isinstance(value, int) or -_LARGEST_INT <= value < _LARGEST_INT


def _asked(interpreter: Any, rules: dict[str, str]) -> dict[str, Any] | None:
    """None where it is an error; Problem where the engine cannot even compile the modules."""
    try:
        output = interpreter.query(f"answer={query_of(rules)}")
    except json.JSONDecodeError as error:
        unclear = "regopy's answer is no JSON; write the format and the list of sprintf in the call itself"
        messages = _MESSAGE.findall(error.doc) or [unclear]
        raise Problem("; ".join(dict.fromkeys(messages[:SHOWN]))) from None
    if not output.ok():
        return None
    if not output.results or "answer" not in output.results[0].bindings:
        raise Problem("the answer is undefined")
    values: dict[str, Any] = output.results[0].bindings["answer"]
    return values
