"""A drift report as a JSON document and as Markdown. Values come from the cloud, so Markdown gets them as code only."""

import json
from typing import Any

from runner.model.codec import to_plain
from runner.model.drift import DriftReport, Finding
from runner.model.plan import SYMBOLS
from runner.model.text import safe_text


def report_document(report: DriftReport) -> dict[str, Any]:
    """The shape of `driftline drift list`."""
    return {
        "id": report.name,
        "stack": report.stack,
        "status": report.status.value,
        "revision": report.revision,
        "first_seen": report.first_seen.isoformat(),
        "last_seen": report.last_seen.isoformat(),
        "seen": report.seen,
        "confirmed": report.confirmed,
        "fingerprint": report.fingerprint,
        "acknowledgement": to_plain(report.acknowledgement),
        "resolved_at": report.resolved_at.isoformat() if report.resolved_at else None,
        "resources": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "address": finding.address,
        "action": finding.action.value,
        "class": finding.drift_class.value,
        "counts": finding.counts,
        "reason": finding.reason,
        "attributes": [
            {"path": change.path, "before": change.before, "after": change.after} for change in finding.attributes
        ],
    }


def report_json(report: DriftReport) -> str:
    return json.dumps(report_document(report), indent=2, sort_keys=True) + "\n"


def report_markdown(report: DriftReport) -> str:
    """A page that any viewer shows; no value can become a link, markup or HTML in it."""
    lines = [
        f"# {report.name}: {_code(report.stack)}",
        "",
        f"{report.status.value}, seen {report.seen} time(s), first {report.first_seen:%Y-%m-%d %H:%M} UTC, "
        f"last {report.last_seen:%Y-%m-%d %H:%M} UTC, at revision {_code(report.revision)}",
    ]
    if report.acknowledgement is not None:
        known = report.acknowledgement
        lines += [
            "",
            f"Acknowledged by {_code(known.by)} until {known.until:%Y-%m-%d %H:%M} UTC: {_code(known.reason)}",
        ]
    for finding in report.findings:
        lines += ["", f"## {_code(f'{SYMBOLS[finding.action]} {finding.address}')}", "", _sentence(finding)]
        if finding.attributes:
            lines += ["", "| attribute | in the cloud | as it should be |", "| --- | --- | --- |"]
            lines += [
                f"| {_cell(change.path)} | {_cell(change.before)} | {_cell(change.after)} |"
                for change in finding.attributes
            ]
    return "\n".join((*lines, ""))


def _sentence(finding: Finding) -> str:
    reason = f": {_code(finding.reason)}" if finding.reason else ""
    return finding.drift_class.value.replace("_", " ") + ("" if finding.counts else ", does not count") + reason


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _code(text).replace("|", "\\|")


def _code(text: str) -> str:
    """A code span whose fence is longer than any run of backticks inside."""
    safe = safe_text(text).replace("\n", " ")
    fence = "`"
    while fence in safe:
        fence += "`"
    pad = " " if safe.startswith("`") or safe.endswith("`") or not safe.strip() else ""
    return f"{fence}{pad}{safe}{pad}{fence}"
