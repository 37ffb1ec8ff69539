"""What of a drift report is to be accepted, read from a plan that was made just now."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from runner.model.accept.proposal import Drifted
from runner.model.changes.changes import Action
from runner.model.changes.difference import Difference
from runner.model.changes.mask import plain_number
from runner.model.drift.changed_inputs import Judged
from runner.model.drift.report import DriftClass, Finding
from runner.model.secret.copies import Secrets
from runner.model.values.frozen import dataclass

SENSITIVE = "a sensitive value is never written into code"
# Why what does not count is not accepted.
NOT_COUNTED: Mapping[DriftClass, str] = {
    DriftClass.ABSORBED: "the code leaves it as it is (ignore_changes, or the provider computes it), so there is nothing to accept",
    DriftClass.IGNORED: "a drift rule ignores it",
    DriftClass.CONTEXT: "it follows from a value of the operator, not from the code",
    DriftClass.UPSTREAM: "it follows from an output of another stack",
    DriftClass.PARTIAL: "a run of another revision left it",
    DriftClass.OUTPUT_ONLY: "only an output follows it",
}


@dataclass(frozen=True)
class Sought:
    drifted: tuple[Drifted, ...]
    told: tuple[str, ...]  # of what is not looked for in the code


def sought(
    reported: Iterable[Finding], found: Iterable[Judged], document: Mapping[str, Any], secrets: Secrets
) -> Sought:
    """The resources of the report that still drift, with their values."""
    now = {one.finding.address: one for one in found if one.finding.deposed is None}
    changes = {
        entry["address"]: entry["change"]
        for entry in document.get("resource_changes") or ()
        if not entry.get("deposed")
    }
    drifted: list[Drifted] = []
    told: list[str] = []
    for finding in reported:
        one = now.get(finding.address)
        why = _not_sought(finding, one, secrets)
        if why or one is None:
            told.append(f"{finding.address}: {why}")
        else:
            drifted.append(_drifted(one, changes[finding.address]))
    return Sought(tuple(drifted), tuple(told))


def _not_sought(reported: Finding, now: Judged | None, secrets: Secrets) -> str:
    """In the order of what to tell first; empty if it is looked for."""
    if reported.deposed:
        return "a replaced object still exists, which no code can say"
    if now is None:
        return "it no longer drifts"
    finding = now.finding
    missing = finding.drift_class is DriftClass.MISSING
    reasons = (
        (finding.drift_class in NOT_COUNTED, NOT_COUNTED.get(finding.drift_class, "")),
        (
            finding.action is Action.DELETE,
            "it is no longer in the newest commit; a plan of the stack destroys it",
        ),
        (
            not missing and any(_secret(one, secrets) for one in now.differences),
            f"{SENSITIVE}; change its source and plan the stack",
        ),
        (
            not missing and all(one.consequence for one in now.differences),
            "the provider computes what differs",
        ),
    )
    return next((why for applies, why in reasons if applies), "")


def _secret(one: Difference, secrets: Secrets) -> bool:
    return one.mark is not None or secrets.scrub(one.before) != one.before


def _drifted(one: Judged, change: Mapping[str, Any]) -> Drifted:
    address = one.finding.address
    after = _plain(change.get("after") or {})
    if one.finding.drift_class is DriftClass.MISSING:
        return Drifted(address, None, after)
    names = {str(each.path[0]) for each in one.differences if each.path and not each.consequence}
    return Drifted(
        address,
        _plain(change.get("before") or {}),
        after,
        change.get("after_unknown"),
        frozenset(names),
    )


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(part) for key, part in value.items()}
        case list():
            return [_plain(part) for part in value]
        case _:
            return plain_number(value)


def still(addresses: Collection[str], found: Iterable[Judged]) -> tuple[str, ...]:
    """Those among the addresses that drift nevertheless."""
    return tuple(
        one.finding.address for one in found if one.finding.counts and one.finding.address in addresses
    )
