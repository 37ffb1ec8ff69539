"""A drift report as a JSON document and as Markdown. Values come from the cloud, so Markdown only has them as code."""

from collections.abc import Iterator
from datetime import UTC, datetime

from runner.model.changes.attribute_text import attribute_rows
from runner.model.changes.changes import SYMBOLS, AttributeChange
from runner.model.changes.value_text import shortened, value_text
from runner.model.drift.report import DriftClass, DriftReport, Finding
from runner.model.drift.suspicion_text import line, state
from runner.model.evaluated.text import applied_lines
from runner.model.values.markdown import block, cell, code, sentence

_COLUMNS: dict[DriftClass, tuple[str, str]] = {
    DriftClass.DRIFT: ("in the cloud", "in the code"),
    DriftClass.MISSING: ("in the cloud", "in the code"),
    DriftClass.IGNORED: ("in the cloud", "in the code"),
    DriftClass.PARTIAL: ("in the cloud", "at the applied revision"),
    DriftClass.CONTEXT: ("in the cloud", "with the changed value"),
    DriftClass.UPSTREAM: ("in the cloud", "with the changed output"),
    DriftClass.ABSORBED: ("as recorded", "in the cloud"),
    DriftClass.OUTPUT_ONLY: ("as recorded", "would be"),
}

_MEANINGS: dict[DriftClass, str] = {
    DriftClass.DRIFT: "terraform would change it back",
    DriftClass.MISSING: "missing in the cloud; terraform would create it again",
    DriftClass.ABSORBED: "changed outside, but terraform would leave it as it is",
    DriftClass.OUTPUT_ONLY: "only an output value changed as a consequence",
    DriftClass.IGNORED: "ignored by a rule",
    DriftClass.CONTEXT: "not drift: caused by a context or a variable of engines.env that changed since the last apply",
    DriftClass.UPSTREAM: "not drift: caused by an output of another stack that changed since the last apply",
    DriftClass.PARTIAL: "not drift: the state contains parts of another revision",
}


def _time(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def report_markdown(report: DriftReport) -> str:
    """A page for any Markdown viewer; no value can become a link, markup or HTML."""
    return "\n".join((*_lines(report), ""))


def _lines(report: DriftReport) -> Iterator[str]:
    yield f"# {report.name}: drift in {code(report.stack)}"
    yield ""
    yield f"- status: {report.status.value}{'' if report.confirmed else ', not confirmed yet'}"
    yield f"- applied revision: {code(report.revision)}"
    yield f"- seen {report.seen} time(s), first {_time(report.first_seen)}, last {_time(report.last_seen)}"
    yield f"- fingerprint: {code(report.fingerprint)}"
    if report.resolved_at is not None:
        yield f"- resolved: {_time(report.resolved_at)}"
    if (known := report.acknowledgement) is not None:
        yield f"- acknowledged by {code(known.by)} until {_time(known.until)}: {code(known.reason)}"
    if report.contest is not None:
        yield f"- contested since {_time(report.contest.since)}: {code(report.contest.sentence)}"
    for title, counts in (("What drifted", True), ("Ignored", False)):
        findings = [finding for finding in report.findings if finding.counts is counts]
        if findings:
            yield from ("", f"## {title} ({len(findings)})")
        for finding in findings:
            yield from finding_lines(finding)
    yield from cause_lines(report)
    besides = [applied.text for applied in applied_lines(report.apply_only)]
    if besides:
        yield from ("", "## Healing also does this", "", *block(besides))


def cause_lines(report: DriftReport) -> Iterator[str]:
    """Who may have caused it; nothing before that was looked up."""
    known = report.suspicion
    if known is None:
        return
    yield from ("", "## Who did it", "")
    for one in known.suspects:
        yield f"- {code(line(report, one))}: {'; '.join(map(sentence, one.reasons))}"
    yield from (f"- {code(address)}: nobody found" for address in known.unexplained)
    yield from (f"- {sentence(problem)}" for problem in known.problems)
    yield from ("", sentence(state(known)))


def meaning(finding: Finding) -> str:
    """The finding in words."""
    if finding.deposed:
        what = f"deposed object {finding.deposed}, replaced but not destroyed yet"
        return f"{what}; {_MEANINGS[finding.drift_class]}" if finding.run else what
    return _MEANINGS[finding.drift_class] + left_by(finding)


def left_by(finding: Finding) -> str:
    return f", {finding.revision[:12]}, left by {finding.run}" if finding.run else ""


def finding_lines(finding: Finding) -> Iterator[str]:
    """What moved at one address; as harmless in Markdown as the whole report."""
    yield from ("", f"### {code(finding.address)}", "")
    reason = f": {code(finding.reason)}" if finding.reason else ""
    yield f"{code(SYMBOLS[finding.action])} {finding.action.value}, {meaning(finding)}{reason}"
    if finding.attributes:
        before, after = _COLUMNS[finding.drift_class]
        rows = [(change, None if change.unknown else attribute_rows(change)) for change in finding.attributes]
        short = [change for change, long in rows if long is None]
        if short:
            yield from ("", f"| attribute | {before} | {after} |", "| --- | --- | --- |")
            yield from map(_row, short)
        for change, long in rows:
            if long is not None:
                yield from ("", f"{code(change.path)}, `-` {before}, `+` {after}:", "")
                yield from block([f"{symbol} {text}" for symbol, text in long], "diff")


def _row(change: AttributeChange) -> str:
    before = value_text(change.before, named=change.sensitive and change.before is not None)
    named = change.unknown or (change.sensitive and change.after is not None)
    after = value_text(change.after, named=named)
    cells = (change.path, *shortened(before, after))
    return f"| {' | '.join(cell(one) for one in cells)} |"
