"""Which commits are behind a plan: they are recorded when it is made, so that an approval need not ask Git."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from runner.errors import DriftlineError
from runner.model.approval.behind import MOST, CommitsBehind, Reviewed
from runner.model.run.life import Kind, Run, State
from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.model.approval.approval import Commit
    from runner.model.settings.source import SourceSettings
    from runner.ports.control import ControlPorts
    from runner.ports.records.store import Reader
    from runner.service.approval.authorship import Authors

# Where the authors are on record, neither Git nor the readers of code are imported.
AskGit = Callable[[], "Authors"]


@dataclass(frozen=True)
class Authorship:
    """`judged` are signers that were not on record before."""

    commits: Sequence[Commit]
    judged: Mapping[str, str] = field(default_factory=dict)


def reviewed(reader: Reader, run: Run) -> Reviewed:
    review = reader.review(run.stack)
    since = None if review is None else review.at
    rewritten = reader.rewritten(run.source, since)
    return Reviewed(run.revision, reader.definition(run.definition), review, rewritten)


def record_commits(control: ControlPorts, authors: AskGit, run: Run) -> None:
    """Once the plan waits for a person. Without a record, as after a crash or if Git fails, an approval asks Git."""
    if run.state is not (State.PLANNED if run.kind is Kind.PREVIEW else State.AWAITING_APPROVAL):
        return
    with control.store.reading() as reader:
        facts = reviewed(reader, run)
    try:
        source = control.settings.required_source(run.source)
        commits = authors().commits_behind(source, run, facts)
    except DriftlineError:
        return
    if len(commits) <= MOST:
        with control.store.writing() as writer:
            writer.save_commits_behind(run.id, CommitsBehind(facts.digest, tuple(commits)))


def record_missing(control: ControlPorts, authors: AskGit, tried: set[int]) -> None:
    """Of plans that workers made: they report to a process that asks no Git. Each is tried once by whoever keeps `tried`."""
    with control.store.reading() as reader:
        missing = [run for run in reader.plans_without_commits() if run.id not in tried]
    for run in missing:
        tried.add(run.id)
        record_commits(control, authors, run)


def recorded_commits(reader: Reader, run: Run, facts: Reviewed) -> tuple[Commit, ...] | None:
    """None where Git has to be asked: nothing is recorded, or a review or a force-push came after the plan."""
    behind = reader.commits_behind(run.id)
    return behind.commits if behind is not None and behind.reviewed == facts.digest else None


def authorship(control: ControlPorts, authors: AskGit, run_id: int) -> Authorship:
    """The commits behind the plan of a run, each with its signer if the source verifies signatures."""
    with control.store.reading() as reader:
        run = reader.run(run_id)
        facts = reviewed(reader, run)
        recorded = recorded_commits(reader, run, facts)
    source = control.settings.required_source(run.source)
    commits = recorded if recorded is not None else authors().commits_behind(source, run, facts)
    return Authorship(commits) if source.verify.mode == "off" else _signed(control, authors, source, commits)


def _signed(
    control: ControlPorts, authors: AskGit, source: SourceSettings, commits: Sequence[Commit]
) -> Authorship:
    with control.store.reading() as reader:
        known = reader.signers(source.name, [commit.revision for commit in commits])
    unknown = [commit.revision for commit in commits if commit.revision not in known]
    judged = authors().signers(source, unknown) if unknown else {}
    signers = {**known, **judged}
    return Authorship([replace(one, signed_by=signers.get(one.revision, "")) for one in commits], judged)
