"""Which drift counts: judged from one normal plan, made at the last applied revision.

A refresh-only plan does not help: it reports what `ignore_changes` hides and what providers invent. Only
`resource_changes` says what terraform would change back; `resource_drift` has the rest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from runner.model.changes.address_order import address_order
from runner.model.changes.changes import Action
from runner.model.changes.configuration import config_address, configured_resources
from runner.model.changes.difference import Difference, differences, path_text
from runner.model.drift.changed_inputs import Judged, by_inputs
from runner.model.drift.named import named
from runner.model.drift.partly import Partly
from runner.model.drift.report import DriftClass, Finding
from runner.model.drift.touched import UNTOUCHED, Touched, reverted, touched
from runner.model.evaluated.code import UNREAD, Code
from runner.model.plan.fingerprint import canonical, is_computed, seal
from runner.model.plan.reading import (
    action_of,
    attribute_changes,
    is_change,
    read_outputs,
    understanding,
)
from runner.model.plan.timeless import Clock, clock_of
from runner.model.secret.copies import NONE, Secrets, plan_secrets
from runner.model.stack.definition import IgnoreRule
from runner.model.values.pattern import covered, covers

_MISSING_OR_GONE = frozenset({Action.CREATE, Action.DELETE})
_DRIFTS = frozenset({Action.UPDATE, Action.REPLACE, *_MISSING_OR_GONE})


def classify(
    document: Mapping[str, Any],
    rules: Sequence[IgnoreRule] = (),
    given: Secrets = NONE,
    *,
    by_marks: bool = False,
    partly: Sequence[Partly] = (),
    changed_inputs: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Finding, ...]:
    """What a drift check found, counted or not, by address."""
    found = [
        judged.finding
        for judged in judge(
            document, rules, given, by_marks=by_marks, partly=partly, changed_inputs=changed_inputs
        )
    ]
    secrets = given if by_marks else plan_secrets(document) | given
    return tuple(
        replace(finding, address=secrets.address(finding.address))
        for finding in named(found, document, secrets)
    )


def absorbed(addresses: Iterable[str]) -> tuple[Finding, ...]:
    """The findings of a plan without changes, if only the addresses of what changed outside are known."""
    return tuple(Finding(address, Action.UPDATE, DriftClass.ABSORBED) for address in addresses)


def drift_fingerprint(
    document: Mapping[str, Any],
    rules: Sequence[IgnoreRule],
    key: bytes,
    given: Secrets = NONE,
    *,
    by_marks: bool = False,
    partly: Sequence[Partly] = (),
    changed_inputs: Mapping[str, str] = MappingProxyType({}),
    code: Code = UNREAD,
) -> str:
    """Equal if two checks saw the same drift; only counted findings are part of it."""
    with understanding(document):
        blocks = configured_resources(document)
        found = judge(document, rules, given, by_marks=by_marks, partly=partly, changed_inputs=changed_inputs)
        counted = [judged for judged in found if judged.finding.counts]
        clock = clock_of(document, code)
        sealed = sorted(
            _sealed(each, blocks.get(config_address(each.finding.address)), clock) for each in counted
        )
        return seal("drift", sealed, key)


def _sealed(judged: Judged, block: Mapping[str, Any] | None, clock: Clock) -> str:
    """Without the old values that a provider computes: a refresh changes them at any time."""
    finding = judged.finding
    seen = [
        [
            d.path,
            "computed" if d.consequence and is_computed(d.path, block) else [d.before],
            clock.timeless(d.after),
            d.unknown,
        ]
        for d in judged.differences
    ]
    which = [finding.deposed] if finding.deposed else []
    return canonical([finding.address, finding.action, finding.drift_class, seen, *which])


def judge(
    document: Mapping[str, Any],
    rules: Sequence[IgnoreRule],
    given: Secrets = NONE,
    *,
    by_marks: bool = False,
    partly: Sequence[Partly] = (),
    changed_inputs: Mapping[str, str] = MappingProxyType({}),
) -> list[Judged]:
    """The taxonomy: each finding with its differences."""
    with understanding(document):
        secrets = given if by_marks else plan_secrets(document) | given
        runs = touched(partly, document, secrets)
        planned = [
            judged
            for entry in document.get("resource_changes") or ()
            if entry.get("mode") != "data" and is_change(entry)
            if (judged := _planned(entry, rules, secrets, runs.get(entry["address"], UNTOUCHED))) is not None
        ]
        if changed_inputs:
            planned = by_inputs(planned, document, changed_inputs)
        seen = {judged.finding.address for judged in planned}
        moved = [
            judged
            for entry in document.get("resource_drift") or ()
            if entry.get("mode") != "data" and entry["address"] not in seen
            if (judged := _moved(entry, secrets, runs.get(entry["address"], UNTOUCHED))) is not None
        ]
        counts = any(judged.finding.counts for judged in planned)
        outputs = () if counts else _outputs(document, secrets, partly)
        return sorted([*planned, *moved, *outputs], key=lambda judged: address_order(judged.finding.address))


def _planned(
    entry: Mapping[str, Any], rules: Sequence[IgnoreRule], secrets: Secrets, runs: Touched
) -> Judged | None:
    """What terraform would do about a resource. A move, an import or a forget changes nothing in the cloud."""
    address, action = entry["address"], action_of(entry["change"])
    if action not in _DRIFTS:
        return None
    mine = [rule for rule in rules if covers(rule.address, address)]
    found = () if action in _MISSING_OR_GONE else tuple(differences(entry["change"]))
    real = [difference for difference in found if not difference.phantom]
    if action is Action.UPDATE and all(d.consequence for d in real) and (not real or len(real) < len(found)):
        return None  # only phantoms and their consequences
    if not real:
        return _whole(entry, action, mine, secrets, runs)
    ruled = [d for d in real if any(_covers(rule, d) for rule in mine)]
    left = [d for d in real if runs.by and d not in ruled and runs.left(entry, d, secrets)]
    uncovered = [d for d in real if d not in ruled and d not in left]
    uncounted = _is_ignored(real, uncovered)
    kind = (DriftClass.PARTIAL if left else DriftClass.IGNORED) if uncounted else DriftClass.DRIFT
    counted = real if uncounted else uncovered
    finding = Finding(
        address=address,
        action=action,
        drift_class=kind,
        attributes=attribute_changes(entry["change"], counted, secrets),
        reason=_reasons(rule for rule in mine if any(_covers(rule, d) for d in real)) if uncounted else "",
    )
    return Judged(_left_by(finding, runs), tuple(counted))


def _whole(
    entry: Mapping[str, Any],
    action: Action,
    rules: Sequence[IgnoreRule],
    secrets: Secrets,
    runs: Touched,
) -> Judged:
    """A whole resource is ignored only by a rule that says so: at an applied revision, a create means that it is gone."""
    whole = [rule for rule in rules if "*" in rule.attributes]
    counted = DriftClass.MISSING if action is Action.CREATE else DriftClass.DRIFT
    finding = Finding(entry["address"], action, counted, deposed=entry.get("deposed"), reason=_reasons(whole))
    if whole:
        return Judged(replace(finding, drift_class=DriftClass.IGNORED))
    if runs.took() if action is Action.CREATE else runs.brought() or (runs.by and finding.deposed):
        return Judged(_left_by(replace(finding, drift_class=DriftClass.PARTIAL), runs))
    if runs.by and runs.moved and runs.entry is not None:
        # The applied revision does not know the object, so its plan does not say who changed it.
        real = tuple(reverted(runs.entry))
        attributes = attribute_changes(runs.entry["change"], real, secrets)
        return Judged(replace(finding, action=Action.UPDATE, attributes=attributes), real)
    return Judged(finding)


def _left_by(finding: Finding, runs: Touched) -> Finding:
    if finding.drift_class is not DriftClass.PARTIAL:
        return finding
    return replace(finding, run=runs.run.run, revision=runs.run.revision)


def _is_ignored(real: Sequence[Difference], uncovered: Sequence[Difference]) -> bool:
    """Values known after apply follow from the rest, so they cannot make a covered change count."""
    causes = [d for d in real if not d.consequence] or list(real)
    left = {d.path for d in uncovered}
    return bool(causes) and not any(d.path in left for d in causes)


def _covers(rule: IgnoreRule, difference: Difference) -> bool:
    return covered(rule.attributes, path_text(difference.path))


def _reasons(rules: Iterable[IgnoreRule]) -> str:
    return "; ".join(dict.fromkeys(rule.reason for rule in rules if rule.reason))


def _moved(entry: Mapping[str, Any], secrets: Secrets, runs: Touched) -> Judged | None:
    """What changed outside, and terraform would leave: hidden by `ignore_changes`, or computed."""
    change = entry["change"]
    action = action_of(change)
    if action is Action.DELETE and runs.lost():
        # Only the newer revision has it, so the applied one would not recreate it.
        return Judged(Finding(entry["address"], Action.CREATE, DriftClass.MISSING))
    real = tuple(difference for difference in differences(change) if not difference.phantom)
    if action is Action.NO_OP or (action is Action.UPDATE and not real):
        return None
    attributes = () if action in _MISSING_OR_GONE else attribute_changes(change, real, secrets)
    return Judged(Finding(entry["address"], action, DriftClass.ABSORBED, attributes), real)


def _outputs(document: Mapping[str, Any], secrets: Secrets, partly: Sequence[Partly]) -> Iterator[Judged]:
    kind = DriftClass.PARTIAL if partly else DriftClass.OUTPUT_ONLY
    of: dict[str, Any] = {"run": partly[0].run, "revision": partly[0].revision} if partly else {}
    for output in read_outputs(document, secrets):
        change = document["output_changes"][output.name]
        real = tuple(difference for difference in differences(change) if not difference.phantom)
        if real:
            attributes = attribute_changes(change, real, secrets)
            yield Judged(Finding(f"output.{output.name}", output.action, kind, attributes, **of), real)
