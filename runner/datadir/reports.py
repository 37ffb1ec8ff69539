"""Drift reports as files: `reports/<stack>/dr-N.json` and `.md`, for people, dashboards and Git."""

from collections.abc import Callable, Mapping
from pathlib import Path

from runner.host.files import private_folder, write_whole
from runner.model.drift.report import DriftReport


class ReportFiles:
    """Written to a temporary name and renamed, so that readers never see half a report."""

    def __init__(self, data_dir: Path, faces: Mapping[str, Callable[[DriftReport], str]]) -> None:
        """`faces` say what is written, each under its ending."""
        self._root = data_dir / "reports"
        self._faces = faces

    def file(self, report: DriftReport) -> None:
        folder = private_folder(self._root)
        for part in report.stack.split("/"):
            folder = private_folder(folder / part)
        for ending, face in self._faces.items():
            write_whole(folder / f"{report.name}.{ending}", face(report).encode(), durable=False)
