"""What each run found and left: changes, messages, outputs, steps, evidence, how it was planned."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runner.errors import RunNotFound
from runner.model.changes.changes import ChangeSet, Diagnostic
from runner.model.values.codec import from_plain, to_plain
from runner.store.rows import Value, compact, kept_if_short
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.plan.step import Step
    from runner.model.run.evidence import Evidence
    from runner.model.warm.compared import HowPlanned


def _changes_of(document: str) -> ChangeSet:
    return from_plain(ChangeSet, json.loads(document))


# The plans that wait for somebody are read for every status.
_changes = kept_if_short(_changes_of)


class DetailReads(Session):
    def changes(self, run_id: int) -> ChangeSet | None:
        row = self._one("SELECT changes FROM run_details WHERE run = ?", run_id)
        return None if row is None or row["changes"] is None else _changes(row["changes"])

    def diagnostics(self, run_id: int) -> tuple[Diagnostic, ...]:
        return tuple(from_plain(Diagnostic, one) for one in self._detail(run_id, "diagnostics") or ())

    def outputs(self, run_id: int) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._detail(run_id, "outputs")
        return found

    def steps(self, run_id: int) -> tuple[Step, ...]:
        from runner.model.plan.step import Step

        return tuple(from_plain(Step, one) for one in self._detail(run_id, "steps") or ())

    def evidence(self, run_id: int) -> Evidence | None:
        from runner.model.run.evidence import Evidence

        found = self._detail(run_id, "evidence")
        return None if found is None else from_plain(Evidence, found)

    def how_planned(self, run_id: int) -> HowPlanned | None:
        from runner.model.warm.compared import HowPlanned

        found = self._detail(run_id, "how_planned")
        return None if found is None else from_plain(HowPlanned, found)

    def asks_for_full_plan(self, run_id: int) -> bool:
        row = self._one("SELECT full FROM run_details WHERE run = ?", run_id)
        return row is not None and bool(row["full"])

    def _detail(self, run_id: int, name: str) -> Any:
        row = self._one(
            "SELECT changes, diagnostics, outputs, evidence, steps, how_planned FROM run_details WHERE run = ?",
            run_id,
        )
        return None if row is None or row[name] is None else json.loads(row[name])


class DetailWrites(DetailReads):
    def save_plan(self, run_id: int, changes: ChangeSet, diagnostics: Sequence[Diagnostic] = ()) -> None:
        self._save_details(run_id, {"changes": compact(to_plain(changes))})
        if diagnostics:
            self.save_diagnostics(run_id, diagnostics)

    def save_diagnostics(self, run_id: int, diagnostics: Sequence[Diagnostic]) -> None:
        self._save_details(run_id, {"diagnostics": compact([to_plain(one) for one in diagnostics])})

    def save_steps(self, run_id: int, steps: Sequence[Step]) -> None:
        self._save_details(run_id, {"steps": compact([to_plain(one) for one in steps])})

    def save_how_planned(self, run_id: int, how: HowPlanned) -> None:
        self._save_details(run_id, {"how_planned": compact(to_plain(how))})

    def ask_for_full_plan(self, run_id: int) -> None:
        self._save_details(run_id, {"full": 1})

    def save_outputs(self, run_id: int, outputs: Mapping[str, Any]) -> None:
        self._save_details(run_id, {"outputs": compact(dict(outputs))})

    def save_evidence(self, run_id: int, evidence: Evidence) -> None:
        self._save_details(run_id, {"evidence": compact(to_plain(evidence))})

    def _save_details(self, run_id: int, row: Mapping[str, Value]) -> None:
        try:
            self._upsert("run_details", {"run": run_id, **row}, "run")
        except sqlite3.IntegrityError as error:
            raise RunNotFound(run=f"run-{run_id}") from error
