"""What runs left on disk: receipts of their applies, and files named after their numbers."""

import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from runner.model.audit.receipt import Receipt

_DIGEST = re.compile(r"[0-9a-f]{64}")
_RUN = re.compile(r"(?:run-)?([0-9]{1,18})(?:\.[a-z.]+)?")
_REPORT = re.compile(r"dr-([0-9]{1,18})\.[a-z]+")
_FOLDERS = ("logs", "artifacts", "runs", "claims")


class FileReceipts:
    """Satisfies `ports.Receipts` in the data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.folder = data_dir / "receipts"

    def executed(self) -> list[Receipt]:
        found = (self._receipt(path) for path in _entries(self.folder))
        return sorted((one for one in found if one is not None), key=lambda one: (one.run, one.digest))

    def highest_run(self) -> int:
        named = (
            int(match[1])
            for folder in _FOLDERS
            for path in _entries(self.data_dir / folder)
            if (match := _RUN.fullmatch(path.name))
        )
        return max(max(named, default=0), max((receipt.run for receipt in self.executed()), default=0))

    def highest_report(self) -> int:
        names = (name for _, _, files in os.walk(self.data_dir / "reports") for name in files)
        return max((int(match[1]) for name in names if (match := _REPORT.fullmatch(name))), default=0)

    @staticmethod
    def _receipt(path: Path) -> Receipt | None:
        """None if it is not a receipt: no file here may stop the daemon from starting."""
        if path.suffix != ".json" or _DIGEST.fullmatch(path.stem) is None:
            return None
        try:
            document = json.loads(path.read_bytes())
            run, stack, at = document["run"], document.get("stack"), document.get("at")
            return Receipt(
                digest=str(document["digest"]),
                run=int(str(run).removeprefix("run-")),
                stack=stack if isinstance(stack, str) else None,
                at=datetime.fromisoformat(at) if isinstance(at, str) else None,
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None


def _entries(folder: Path) -> Iterator[Path]:
    try:
        yield from folder.iterdir()
    except (FileNotFoundError, NotADirectoryError):
        return
