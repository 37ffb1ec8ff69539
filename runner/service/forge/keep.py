"""Keep what stands at a forge as it should be: derived from the records each time, so that nothing missed stays wrong."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any

from runner.errors import DriftlineError, ForgeRefused, ForgeThrottled
from runner.model.events.feed import LAST_RETRY, Cursor, failed, waits
from runner.model.forge.comment import comment as request_comment
from runner.model.forge.consumer import consumer_of
from runner.model.forge.drift_issue import CloseIssue, OpenIssue, Step, UpdateIssue, steps
from runner.model.forge.marker import marker
from runner.model.forge.planned import Answer, PlannedRequest
from runner.model.forge.request import RequestAtForge
from runner.model.forge.result_comment import CommitResult, result_comment
from runner.model.forge.status import statuses
from runner.model.preview.pull_request import PullRequest, PullState
from runner.model.schedule.polling import MOST
from runner.model.settings.source import AUTO, SourceSettings
from runner.model.values.frozen import dataclass
from runner.ports.basics import Clock
from runner.ports.forge import Forge, Forges
from runner.ports.git import Git
from runner.ports.records.store import Reader, Store
from runner.service.cycle.feed import save_cursor
from runner.service.forge.commands import Commands
from runner.service.forge.owners import owners_in
from runner.service.preview.record import record

CLOSED = "closed at the forge"
ISSUE = "issue"
AGAIN = timedelta(hours=1)  # then everything is compared with the forge, where somebody may have removed it
Draw = Callable[[Reader, PullRequest, Sequence[Answer]], PlannedRequest]
Results = Callable[[Reader, str], Sequence[CommitResult]]  # of a source, by its name
Write = tuple[tuple[Any, ...], object, Callable[[], None]]


@dataclass(frozen=True)
class AtForges:
    """The configured forges, what is drawn of a pull request and of commits there, and the mirrors of the repositories."""

    forges: Forges
    draw: Draw
    results: Results
    git: Git


@dataclass
class Kept:
    """One repository at its forge. `written` is what stands there already, as far as this process knows."""

    source: SourceSettings
    at: AtForges
    store: Store
    clock: Clock
    commands: Commands
    log: Callable[[str], None]
    written: dict[tuple[Any, ...], object] = field(default_factory=dict)
    next_read: datetime | None = None
    compared: datetime | None = None
    refused: dict[tuple[Any, ...], str] = field(default_factory=dict)  # what could not be written, and why
    bases: dict[int, str] = field(default_factory=dict)  # of requests for other branches
    news: Event = field(default_factory=Event)

    @property
    def name(self) -> str:
        return consumer_of(self.source.name)

    def read_soon(self) -> None:
        """With the next look, from any thread."""
        self.news.set()

    def look(self) -> None:
        """Read and write what is due. A forge that fails is asked again later, and delays nothing else."""
        now = self.clock.now()
        with self.store.reading() as reader:
            head = reader.events_head()
            cursor = reader.cursor(self.name) or Cursor(self.name, 0)
        if waits(cursor, now):
            return
        due = self.next_read is None or not now < self.next_read <= now + LAST_RETRY
        reads = due or self.news.is_set()
        if not reads and not cursor.tries and cursor.position == head:
            return
        try:
            self._bring_up_to_date(now, reads=reads)
        except DriftlineError as error:
            save_cursor(self.store, self._later(cursor, error, now))
            self.log(error.message)
            return
        problem = next(iter(self.refused.values()), "")
        since = cursor.failing_since or now if problem else None
        reached = Cursor(self.name, head, problem=problem, failing_since=since)
        if cursor != reached:
            save_cursor(self.store, reached)

    def _later(self, cursor: Cursor, error: DriftlineError, now: datetime) -> Cursor:
        """It holds no event back: what should stand there comes from the records, whatever was missed."""
        later = failed(cursor, error.message, now, random.random()) or replace(
            cursor, next_try=now + LAST_RETRY, problem=error.message
        )
        if isinstance(error, ForgeThrottled):
            later = replace(later, next_try=min(error.facts["until"], now + LAST_RETRY))
        with self.store.reading() as reader:
            return replace(later, position=reader.events_head())

    def _bring_up_to_date(self, now: datetime, *, reads: bool) -> None:
        forge = self.at.forges.of(self.source.name)
        if forge is None:
            return
        if self.compared is None or not now < self.compared + AGAIN:
            self.written.clear()
            self.compared = now
        if reads:
            self.news.clear()
            self._read(forge, now)
            self._keep_issues(forge)
            self.next_read = now + timedelta(
                seconds=MOST if self.source.poll == AUTO else float(self.source.poll)
            )
        wanted = list(self._writes(forge))
        for key, value, write in wanted:
            if self.written.get(key) != value:
                self._write(key, write)
                self.written[key] = value
        present = {key for key, _, _ in wanted}
        self.refused = {key: why for key, why in self.refused.items() if key in present or key[0] == ISSUE}

    def _write(self, key: tuple[Any, ...], write: Callable[[], None]) -> None:
        """What is refused for one place, such as a locked conversation, is no reason to leave the others."""
        try:
            write()
        except ForgeRefused as error:
            self.refused[key] = error.message
            self.log(error.message)
        else:
            self.refused.pop(key, None)

    # What should stand there

    def _writes(self, forge: Forge) -> Iterator[Write]:
        mark = marker("request", self.source.name)
        for request in self._requests():
            # A status is of the commit, whatever it is merged into: this one would answer for the other branch.
            for status in () if request.base else statuses(request):
                key = ("status", request.revision, status.context)
                yield key, status, partial(forge.set_status, request.revision, status)
            text = request_comment(request, forge.can)
            yield ("comment", request.number), text, partial(forge.save_comment, request.number, mark, text)
        if forge.can.commit_comments:
            yield from self._result_writes(forge)

    def _result_writes(self, forge: Forge) -> Iterator[Write]:
        mark = marker("result", self.source.name)
        with self.store.reading() as reader:
            results = self.at.results(reader, self.source.name)
        for one in results:
            text = result_comment(one, forge.can)
            yield ("result", one.revision), text, partial(forge.save_commit_comment, one.revision, mark, text)

    def _requests(self) -> list[PlannedRequest]:
        with self.store.reading() as reader:
            return [
                replace(
                    self.at.draw(reader, pull, reader.answers(pull.source, pull.number)),
                    branch=self.source.branch,
                    base=self.bases.get(pull.number, ""),
                )
                for pull in reader.pull_requests(self.source.name, {PullState.OPEN})
            ]

    def _keep_issues(self, forge: Forge) -> None:
        """Compared with those that are there, which people may close."""
        rules = self.source.forge.drift_issues if self.source.forge is not None else None
        if rules is None or not forge.can.issues:
            return
        with self.store.reading() as reader:
            reports = [one for one in reader.reports() if reader.stack(one.stack).source == self.source.name]
        present = forge.own_issues(rules.labels[0])
        self.refused = {key: why for key, why in self.refused.items() if key[0] != ISSUE}
        due = steps(self.source.name, reports, present, rules, forge.can.body, self._owners())
        for count, step in enumerate(due):
            self._write((ISSUE, count), partial(_take, forge, step))

    def _owners(self) -> Callable[[str], tuple[str, ...]]:
        """Nobody where Git fails: the issue matters more than who gets it."""
        known = owners_in(self.store, self.at.git, self.source)

        def owners(stack: str) -> tuple[str, ...]:
            try:
                return known(stack)
            except DriftlineError as error:
                self.log(error.message)
                return ()

        return owners

    # What is read there

    def _read(self, forge: Forge, now: datetime) -> None:
        with self.store.reading() as reader:
            pulls = reader.pull_requests(self.source.name)
            since = reader.forge_since(self.source.name)
        # After the look at the records: whatever is in them was at the forge before.
        found = {one.number: one for one in forge.open_requests()}
        branch = self.source.branch
        self.bases = {number: one.base for number, one in found.items() if one.base not in {"", branch}}
        for pull in pulls:
            self._compare(pull, found.get(pull.number), now)
        if since is None:
            since = now
        comments = forge.comments_since(since)
        self.commands.take(self.source.name, comments)
        with self.store.writing() as writer:
            writer.save_forge_since(self.source.name, max([since, *(one.updated for one in comments)]))

    def _compare(self, pull: PullRequest, told: RequestAtForge | None, now: datetime) -> None:
        """Only what is missing twice in a row is closed: lists of a forge may lag behind its refs."""
        if told is None:
            if pull.state is PullState.OPEN and pull.gone:
                record(self.store, pull.ended(PullState.CLOSED, CLOSED, now))
            elif pull.state is PullState.OPEN:
                self._note(pull, gone=True)
            return
        title, author = told.shown
        if (pull.title, pull.author, pull.gone) != (title, author, False):
            self._note(pull, gone=False, title=title, author=author)
        if pull.reason == CLOSED:
            # Without its base it is examined again.
            record(self.store, replace(pull, state=PullState.OPEN, reason="", base="", changed_at=now))

    def _note(
        self, pull: PullRequest, *, gone: bool, title: str | None = None, author: str | None = None
    ) -> None:
        with self.store.writing() as writer:
            writer.save_pull_at_forge(pull.source, pull.number, gone=gone, title=title, author=author)


def _take(forge: Forge, step: Step) -> None:
    match step:
        case OpenIssue(text):
            forge.open_issue(text)
        case UpdateIssue(number, text):
            forge.update_issue(number, text)
        case CloseIssue(number, comment):
            forge.close_issue(number, comment)
