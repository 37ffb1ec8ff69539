"""What CloudTrail recorded: from its files in S3, and from the event history where there are none."""

import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from runner.aws.cloud import Cloud
from runner.errors import AwsGone, DriftlineError
from runner.model.attribution.calls import calls_that_explain
from runner.model.attribution.judge import SLACK, Window
from runner.model.attribution.recognize import recognized
from runner.model.attribution.subject import Subject, lookup_names, places
from runner.model.aws.place import Place
from runner.model.aws.trail import TrailFolder
from runner.model.settings.aws import AwsAccount
from runner.model.suspects.event import TrailEvent
from runner.model.suspects.record import changed
from runner.model.values.frozen import dataclass
from runner.ports.trail import TrailAnswer

MOST_FILES = 2_000
MOST_BYTES = 256 * 1024 * 1024  # of all files of one look, as they are stored
LARGEST = 64 * 1024 * 1024  # of one file, unpacked
MOST_LOOKUPS = 40  # in one place: one a second
MOST_PAGES = 5
MOST_DAYS = 14
# CloudTrail delivers within about 5 minutes on average, and says that this is not guaranteed:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
LATEST = timedelta(hours=1)
_WRITTEN = re.compile(r"_(\d{8}T\d{4})Z_")


@dataclass(frozen=True)
class CloudTrail:
    """`runner.ports.trail.Trail` over the accounts of the configuration."""

    cloud: Cloud

    def look(self, subjects: Sequence[Subject], window: Window) -> TrailAnswer:
        """Every call that is about one of them. What could not be searched is a problem of the answer."""
        regions = {one.account: one.regions for one in self.cloud.accounts}
        answer = TrailAnswer()
        wanted: dict[tuple[str, str], list[Subject]] = {}
        for subject in subjects:
            found = places(subject, regions)
            if not found:
                where = subject.account or "its account"
                answer = answer.but(
                    f"{subject.address}: {where} is not read in {subject.region or 'its region'}"
                )
            for place in found:
                wanted.setdefault(place, []).append(subject)
        for (account, region), there in wanted.items():
            answer += self._in_place(Place(account, region), there, window)
        return answer

    def _in_place(self, place: Place, subjects: Sequence[Subject], window: Window) -> TrailAnswer:
        account = self.cloud.account(place.account)
        answer = TrailAnswer()
        if account.trail is not None:
            try:
                return self._files(account, place, subjects, window)
            except DriftlineError as error:
                answer = answer.but(error.message)
        try:
            return answer + self._history(place, subjects, window)
        except DriftlineError as error:
            return answer.but(error.message)

    # Files

    def _files(
        self, account: AwsAccount, place: Place, subjects: Sequence[Subject], window: Window
    ) -> TrailAnswer:
        assert account.trail is not None
        folder = TrailFolder.parse(account.trail)
        first = max(window.since, window.until - timedelta(days=MOST_DAYS))
        problems = [] if first == window.since else [f"files older than {MOST_DAYS} days were not read"]
        events: list[TrailEvent] = []
        read = taken = 0
        for key, size in self._keys(folder, place, first, window.until):
            if read >= MOST_FILES or taken + size > MOST_BYTES:
                problems.append(f"the trail of {place} has more files than are read at once")
                break
            read, taken = read + 1, taken + size
            body = self._body(place, folder.bucket, key)
            if body is None:
                problems.append("a file of the trail cannot be read, and was left out")
                continue
            events += _about(map(changed, records_in(body)), subjects)
        return TrailAnswer(tuple(events), (f"files of the trail of {place}",), tuple(problems))

    def _keys(
        self, folder: TrailFolder, place: Place, since: datetime, until: datetime
    ) -> Iterator[tuple[str, int]]:
        """Days and names have the time of delivery, which is never before that of a call."""
        day, last = since.astimezone(UTC).date(), (until + LATEST).astimezone(UTC).date()
        while day <= last:
            prefix = folder.on(place.account, place.region, day)
            for page in self.cloud.pages(place, "s3", "list_objects_v2", Bucket=folder.bucket, Prefix=prefix):
                for one in page.get("Contents", ()):
                    key = str(one["Key"])
                    if key.endswith(".json.gz") and _delivered_within(key, since, until):
                        yield key, int(one.get("Size", 0))
            day += timedelta(days=1)

    def _body(self, place: Place, bucket: str, key: str) -> bytes | None:
        """Unpacked; None for a file that is too large, damaged, or was removed in the meantime."""
        try:
            packed = self.cloud.body(place, "s3", "get_object", MOST_BYTES, Bucket=bucket, Key=key)
        except AwsGone:
            return None
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
                body = file.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error):
            return None
        return body if len(body) <= LARGEST else None

    # Event history

    def _history(self, place: Place, subjects: Sequence[Subject], window: Window) -> TrailAnswer:
        """By the names of the resources, which the history has for most calls; else by the calls that would explain it.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
        """
        events: list[TrailEvent] = []
        left = MOST_LOOKUPS
        asked: dict[tuple[str, str], list[TrailEvent]] = {}

        def ask(attribute: str, value: str) -> list[TrailEvent]:
            nonlocal left
            if (attribute, value) not in asked and left > 0:
                left -= 1
                asked[attribute, value] = list(self._lookup(place, attribute, value, window))
            return asked.get((attribute, value), [])

        for subject in subjects:
            found = self._by_names(subject, ask)
            for call in (
                ()
                if found
                else calls_that_explain(
                    subject.type, [one.path for one in subject.attributes], gone=subject.gone
                )
            ):
                found += _about(ask("EventName", call), [subject])
            events += found
        problems = () if left > 0 else (f"the event history of {place} was not searched for everything",)
        return TrailAnswer(tuple(events), (f"event history of {place}",), problems)

    def _by_names(self, subject: Subject, ask: Callable[[str, str], list[TrailEvent]]) -> list[TrailEvent]:
        found: list[TrailEvent] = []
        for name in lookup_names(subject):
            found += _about(ask("ResourceName", name), [subject])
        return found

    def _lookup(self, place: Place, attribute: str, value: str, window: Window) -> Iterator[TrailEvent]:
        pages = self.cloud.pages(
            place,
            "cloudtrail",
            "lookup_events",
            LookupAttributes=[{"AttributeKey": attribute, "AttributeValue": value}],
            StartTime=window.since - SLACK,
            EndTime=window.until + SLACK,
        )
        for _, page in zip(range(MOST_PAGES), pages, strict=False):
            for one in page.get("Events", ()):
                event = changed(_json(str(one.get("CloudTrailEvent", ""))))
                if event is not None:
                    yield event


def _about(events: Any, subjects: Sequence[Subject]) -> list[TrailEvent]:
    return [
        event
        for event in events
        if event is not None and any(recognized(subject, event) is not None for subject in subjects)
    ]


def _delivered_within(key: str, since: datetime, until: datetime) -> bool:
    """ACCOUNT_CloudTrail_REGION_20261130T2155Z_UNIQUE.json.gz; a file with another name is read."""
    match = _WRITTEN.search(key.rpartition("/")[2])
    try:
        at = datetime.strptime(match[1] if match else "", "%Y%m%dT%H%M").replace(tzinfo=UTC)
    except ValueError:
        return True
    return since - timedelta(minutes=5) <= at <= until + LATEST


def records_in(body: bytes) -> list[Any]:
    """Of a file; none if it is no file of CloudTrail."""
    whole = _json(body)
    records = whole.get("Records") if isinstance(whole, dict) else None
    return records if isinstance(records, list) else []


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
