"""What valid notifications must satisfy. Whether an address works, `driftline doctor` and `notify test` say."""

import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile

from runner.config.check import Complaint
from runner.config.match import match_complaints
from runner.config.place import KeyPath
from runner.host.reference import FETCHED, refers
from runner.model.notify.rate import Rate
from runner.model.schedule.cron import cron_flaw
from runner.model.settings.notifications import VARIABLE, Notification
from runner.model.settings.server import Settings
from runner.model.values.name import EXPECTED, NAME

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
_ADDRESS = re.compile(r"[a-z][a-z0-9+-]*://\S|\$\{")
_FETCHED = re.compile(r"\$\{(?:" + "|".join(FETCHED) + "):")
_REFERENCE = re.compile(r"\$\{[^}]*\}")
_PASSWORD = re.compile(r"://[^/@?:]*:[^/@?]+@|://whsec_")
_ALL_SECRET = frozenset({"discord", "gchat", "opsgenie", "pagerduty", "slack", "tgram"})  # nothing but tokens
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def notify_complaints(settings: Settings) -> Iterator[Complaint]:
    sources = tuple(source.name for source in settings.sources)
    for index, one in enumerate(settings.notifications):
        here: KeyPath = ("notifications", index)
        if any(other.name == one.name for other in settings.notifications[:index]):
            yield Complaint((*here, "name"), "another notification already has this name")
        if NAME.fullmatch(one.name) is None:
            message = EXPECTED
            yield Complaint((*here, "name"), message)
        yield from match_complaints((*here, "match"), one.match, sources)
        yield from _to((*here, "to"), one)
        yield from _when(here, one)
        yield from _topics((*here, "topics"), one.topics)
    for index, host in enumerate(settings.notify.allow_hosts):
        if _HOST.fullmatch(host) is None:
            yield Complaint(
                ("notify", "allow_hosts", index), "expected a host name or an address, without a port"
            )


def _topics(here: KeyPath, globs: Sequence[str]) -> Iterator[Complaint]:
    from runner.model.notify.topics import matching

    for number, glob in enumerate(globs):
        if not matching([glob]):
            yield Complaint((*here, number), "no topic matches this")


def _to(here: KeyPath, one: Notification) -> Iterator[Complaint]:
    words = (one.to,) if isinstance(one.to, str) else one.to
    if any(_FETCHED.search(word) for word in words):
        yield Complaint(here, "only ${cred:...}, ${env:...} and ${file:...} can be used here", got=False)
    if any(map(_CONTROL.search, words)):
        yield Complaint(here, "contains control characters", got=False)
    elif not isinstance(one.to, str):
        yield from _command(here, one.to)
    elif _ADDRESS.match(one.to) is None:
        yield Complaint(here, "expected an address such as https://..., or a list for a command", got=False)


def _command(here: KeyPath, words: tuple[str, ...]) -> Iterator[Complaint]:
    argv = tuple(dropwhile(VARIABLE.fullmatch, words))
    if not argv or not argv[0].startswith("/"):
        message = "a command begins with the absolute path of its program, after variables such as TOKEN=..."
        yield Complaint(here, message, got=False)
    if any(map(refers, argv)):
        message = "arguments are visible to all users of the machine"
        yield Complaint(here, message, 'write ["TOKEN=${cred:NAME}", "/path/to/program"]', got=False)


def _when(here: KeyPath, one: Notification) -> Iterator[Complaint]:
    if one.at_most is not None:
        try:
            Rate.parse(one.at_most)
        except ValueError as error:
            yield Complaint((*here, "at_most"), str(error))
    if one.digest is not None and (flaw := cron_flaw(one.digest)):
        yield Complaint((*here, "digest"), flaw)


def secrets_in_clear(settings: Settings) -> Iterator[Complaint]:
    """Doubts: files of configuration are copied and committed, and a secret in one cannot be rotated alone."""
    for index, one in enumerate(settings.notifications):
        if isinstance(one.to, str):
            scheme, _, rest = _REFERENCE.sub("", one.to).partition("://")
            if _PASSWORD.search(f"://{rest}") or (scheme in _ALL_SECRET and "${" not in one.to):
                message = "this address has a secret in clear; write ${cred:NAME} or ${file:/path} instead"
                yield Complaint(("notifications", index, "to"), message, got=False)
