"""Findings in SARIF 2.1.0, as scanners write them: within limits, and nothing that is not understood passes."""

import json
from collections.abc import Iterator
from typing import Any

from runner.model.policy.answer import Answer

LARGEST = 16 << 20
_DENIES = frozenset({"error"})
_LEVELS = _DENIES | {"warning", "note", "none"}


class NotSarif(Exception):
    """why the text is not a SARIF log"""


def read_sarif(content: bytes) -> Answer:
    """Results of level error, against the others. Suppressed ones do not count, except by the code that is judged."""
    if len(content) > LARGEST:
        raise NotSarif(f"its SARIF is larger than {LARGEST >> 20} MiB")
    try:
        log = json.loads(content)
    except (ValueError, RecursionError):
        raise NotSarif("it wrote no SARIF") from None
    runs = log.get("runs") if isinstance(log, dict) else None
    if not isinstance(runs, list) or not runs or not all(isinstance(run, dict) for run in runs):
        raise NotSarif("it wrote no SARIF: there are no runs in it")
    found = [one for run in runs for one in _results(run)]
    return Answer(
        denials=tuple(text for level, text in found if level in _DENIES),
        warnings=tuple(text for level, text in found if level not in _DENIES),
    )


def _results(run: dict[str, Any]) -> Iterator[tuple[str, str]]:
    results = run.get("results")
    if not isinstance(results, list):
        raise NotSarif("a run of its SARIF has no results")
    levels = dict(_rule_levels(run))
    for result in results:
        if not isinstance(result, dict):
            raise NotSarif("a result of its SARIF is not an object")
        if _suppressed(result):
            continue
        rule = result.get("ruleId")
        rule = rule if isinstance(rule, str) else ""
        index = result.get("ruleIndex")
        stated = levels.get(rule) or (levels.get(index) if isinstance(index, int) else None) or "warning"
        level = result.get("level", stated)
        if level not in _LEVELS:
            raise NotSarif("a result of its SARIF has an unknown level")
        yield level, ": ".join(filter(None, [rule, _text(result), _place(result)]))


def _suppressed(result: dict[str, Any]) -> bool:
    """By whoever runs the scanner. A comment in the code suppresses nothing: its author would judge the own plan."""
    found = result.get("suppressions")
    return isinstance(found, list) and any(
        isinstance(one, dict)
        and one.get("kind") == "external"
        and one.get("status", "accepted") == "accepted"
        for one in found
    )


def _rule_levels(run: dict[str, Any]) -> Iterator[tuple[str | int, str]]:
    """By the id of the rule, and by its index."""
    driver = _at(_at(run, "tool"), "driver")
    rules = driver.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        level = _at(rule, "defaultConfiguration").get("level")
        if isinstance(level, str):
            yield index, level
            if isinstance(rule.get("id"), str):
                yield rule["id"], level


def _text(result: dict[str, Any]) -> str:
    text = _at(result, "message").get("text")
    return text if isinstance(text, str) else ""


def _place(result: dict[str, Any]) -> str:
    locations = result.get("locations")
    first = locations[0] if isinstance(locations, list) and locations else None
    physical = _at(first, "physicalLocation")
    uri = _at(physical, "artifactLocation").get("uri")
    line = _at(physical, "region").get("startLine")
    return f"{uri}:{line}" if isinstance(uri, str) and isinstance(line, int) else ""


def _at(of: Any, key: str) -> dict[str, Any]:
    found = of.get(key) if isinstance(of, dict) else None
    return found if isinstance(found, dict) else {}
