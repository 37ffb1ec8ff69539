"""terraform's warnings in a plan: kept within bounds, and failing checks as a state of their stack."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from runner.model.changes.changes import Diagnostic
from runner.model.changes.snippet import masked_snippet
from runner.model.values.frozen import dataclass

MAX_WARNINGS = 50  # of one run; its log has all of them
LONGEST_SUMMARY = 300  # characters
LONGEST_DETAIL = 2000
CHECK_FAILED = "Check block assertion failed"


@dataclass(frozen=True)
class FailingCheck:
    """A `check` block whose assertion fails, and since when."""

    address: str
    message: str
    since: datetime

    def __str__(self) -> str:
        return f"{self.address} fails: {self.message}"


def kept(diagnostics: Iterable[Diagnostic], masked: Callable[[str], str]) -> tuple[Diagnostic, ...]:
    """The warnings, without duplicates."""
    warnings = [one for one in dict.fromkeys(diagnostics) if one.severity != "error"]
    found = [
        replace(
            one,
            summary=_cut(masked(one.summary), LONGEST_SUMMARY),
            detail=_cut(masked(one.detail), LONGEST_DETAIL),
            snippet=one.snippet and masked_snippet(one.snippet, masked),
        )
        for one in warnings[:MAX_WARNINGS]
    ]
    if len(warnings) > MAX_WARNINGS:
        more = f"{len(warnings) - MAX_WARNINGS} more warnings in the log of the run"
        found.append(Diagnostic("warning", more))
    return tuple(found)


def failing(
    diagnostics: Iterable[Diagnostic], before: Iterable[FailingCheck], now: datetime
) -> tuple[FailingCheck, ...]:
    """The checks that fail now, by the diagnostics of a plan or an apply; those that failed before keep their time."""
    messages: dict[str, list[str]] = {}
    for one in diagnostics:
        if one.summary == CHECK_FAILED:
            address = one.address or f"{one.file or 'a check'}:{one.line or 1}"
            messages.setdefault(address, []).append(" ".join(one.detail.split()))
    since = {check.address: check.since for check in before}
    return tuple(
        FailingCheck(address, "; ".join(sentences), since.get(address, now))
        for address, sentences in sorted(messages.items())
    )


def also_failing(checks: Iterable[FailingCheck]) -> str:
    """A suffix for the result of a check: failing checks are reported for a clean or drifted stack too."""
    return "".join(f"; {check}" for check in checks)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"
