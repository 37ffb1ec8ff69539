"""Drift reports as files: `reports/<stack>/dr-N.json` and `.md`, for people, dashboards and Git."""

import os
from pathlib import Path

from runner.files import private_folder
from runner.model.drift import DriftReport
from runner.model.report_text import report_json, report_markdown


class ReportFiles:
    """Written aside and renamed, so that a reader never sees half a report."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / "reports"

    def file(self, report: DriftReport) -> None:
        folder = private_folder(self._root)
        for part in report.stack.split("/"):
            folder = private_folder(folder / part)
        _write(folder / f"{report.name}.json", report_json(report))
        _write(folder / f"{report.name}.md", report_markdown(report))


def _write(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.touch(mode=0o600)
    aside.write_text(text)
    aside.replace(path)
