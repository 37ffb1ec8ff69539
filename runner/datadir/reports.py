"""Drift reports as files: `reports/<stack>/dr-N.json` and `.md`, for people, dashboards and Git."""

from pathlib import Path

from runner.host.files import private_folder, write_whole
from runner.model.drift.report import DriftReport
from runner.model.drift.report_text import report_json, report_markdown


class ReportFiles:
    """Written to a temporary name and renamed, so that readers never see half a report."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / "reports"

    def file(self, report: DriftReport) -> None:
        folder = private_folder(self._root)
        for part in report.stack.split("/"):
            folder = private_folder(folder / part)
        for ending, text in (("json", report_json(report)), ("md", report_markdown(report))):
            write_whole(folder / f"{report.name}.{ending}", text.encode(), durable=False)
