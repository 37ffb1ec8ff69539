"""What was changed, by whom, and who approved it."""

from dataclasses import replace

from runner.model.run.life import Kind, Run
from runner.model.values.frozen import dataclass
from runner.ports.records.runs import RunFilter
from runner.ports.records.store import Reader
from runner.view.run import RunRow, run_row
from runner.view.run_page import ApprovalRow, approval_row


@dataclass(frozen=True)
class HistoryRow(RunRow):
    """`subject` is that of its commit."""

    subject: str
    approvals: tuple[ApprovalRow, ...]


HistoryRows = tuple[HistoryRow, ...]


def history_rows(reader: Reader, where: RunFilter) -> HistoryRows:
    """The newest runs that may change something; drift checks are no history."""
    kinds = (Kind.CHANGE, Kind.DESTROY)
    runs = [run for kind in kinds for run in reader.runs(replace(where, kind=kind))]
    newest = sorted(runs, key=lambda run: run.id, reverse=True)[: where.limit]
    return tuple(_row(reader, run) for run in newest)


def _row(reader: Reader, of: Run) -> HistoryRow:
    commit = reader.commit(of.source, of.revision)
    return HistoryRow(
        **vars(run_row(of)),
        subject=commit.subject if commit else "",
        approvals=tuple(map(approval_row, reader.approvals(of.id))),
    )
