"""What the settings of a forge must satisfy."""

import re
from collections.abc import Iterator, Sequence
from typing import get_args
from urllib.parse import urlsplit

from runner.config.check import Complaint
from runner.config.limits import DRIFT_ISSUES, out_of_limits
from runner.config.place import KeyPath
from runner.model.forge.address import ForgeAddress, forge_address
from runner.model.settings.forge import AppSettings, DriftIssues, ForgeSettings, ForgeType
from runner.model.settings.source import SourceSettings
from runner.model.values.loopback import is_loopback

_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
_TWO_PARTS = re.compile(f"{_PART}/{_PART}")
# Groups of GitLab have subgroups, 20 deep.
_PARTS = re.compile(f"{_PART}(/{_PART}){{1,21}}")
# Projects of people begin with a tilde.
_PROJECT_PARTS = re.compile(f"~?{_PART}/{_PART}")
_REPOSITORIES = {"gitlab": _PARTS, "bitbucket-server": _PROJECT_PARTS}
_WITHOUT_ISSUES = frozenset({"bitbucket", "bitbucket-server"})
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_UNSENDABLE = re.compile(r"[^\x21-\x7e]")
_MAIL = re.compile(r"[\x21-\x39\x3b-\x7e]{1,200}")  # a colon ends the user of basic authentication


def forge_complaints(here: KeyPath, forge: ForgeSettings, source_url: str) -> Iterator[Complaint]:
    if forge.url is not None and not _is_address(forge.url):
        message = "expected an https address without ?, # and user; http is for this host only"
        yield Complaint((*here, "url"), message)
    address = forge_address(forge, source_url)
    if address is None:
        message = "the source's URL does not say where the forge is; set url and repository"
        yield Complaint(here, message, got=False)
    elif _REPOSITORIES.get(forge.type, _TWO_PARTS).fullmatch(address.repository) is None:
        key = "url" if forge.repository is None else "repository"
        message = (
            f'expected a repository such as acme/infra, but it is "{address.repository}"; set repository'
        )
        yield Complaint((*here, key) if getattr(forge, key) else here, message, got=False)
    yield from _credentials(here, forge)
    if forge.drift_issues is not None:
        yield from _drift_issues((*here, "drift_issues"), forge.drift_issues, forge.type)


def name_complaints(here: KeyPath, name: str, forge: ForgeSettings) -> Iterator[Complaint]:
    """Who is mapped as `forge:gitlab:ana` for every GitLab must not be somebody else in a source called gitlab."""
    if name in get_args(ForgeType) and name != forge.type:
        yield Complaint(here, f"a source at {forge.type} cannot have the name of another type of forge")


def shared_statuses(sources: Sequence[SourceSettings]) -> Iterator[Complaint]:
    """Doubts: a status has no name of a source, so that the green one of one may hide the failure of another."""
    first: dict[tuple[ForgeAddress, str], str] = {}
    for index, source in enumerate(sources):
        address = forge_address(source.forge, source.url) if source.forge and source.previews else None
        if address is None:
            continue
        other = first.setdefault((address, source.branch), source.name)
        if other != source.name:
            message = (
                f'source "{other}" sets the same commit statuses for this branch, and each overwrites those of'
                " the other: make one source of them, or leave out forge or previews in one"
            )
            yield Complaint(("sources", index, "forge"), message, got=False)


def _drift_issues(here: KeyPath, issues: DriftIssues, kind: str) -> Iterator[Complaint]:
    yield from out_of_limits(issues, DRIFT_ISSUES, here)
    if not issues.labels or not all(issues.labels):
        yield Complaint((*here, "labels"), "expected at least one label", got=False)
    if kind in _WITHOUT_ISSUES:
        yield Complaint(here, "Bitbucket has no issues that Driftline can write", got=False)


def _credentials(here: KeyPath, forge: ForgeSettings) -> Iterator[Complaint]:
    if (forge.token is None) == (forge.app is None):
        yield Complaint(here, "expected token or app, and not both", got=False)
    if forge.token is not None and (not forge.token or _UNSENDABLE.search(forge.token)):
        message = "a token may not be empty or contain spaces, line breaks or other than ASCII characters"
        yield Complaint((*here, "token"), message, got=False)
    if forge.user is not None and (forge.type != "bitbucket" or _MAIL.fullmatch(forge.user) is None):
        yield Complaint((*here, "user"), "expected the e-mail address of an account of Bitbucket")
    if forge.app is not None:
        yield from _app((*here, "app"), forge.app, forge.type)


def _app(here: KeyPath, app: AppSettings, kind: str) -> Iterator[Complaint]:
    if kind != "github":
        yield Complaint(here, "only GitHub has Apps; use a token", got=False)
    for key in ("id", "installation"):
        if _ID.fullmatch(getattr(app, key)) is None:
            yield Complaint((*here, key), "expected an id", got=False)
    # Where this process does not read it, the reference is still there.
    if not app.key.startswith("${") and not _is_rsa_key(app.key):
        yield Complaint((*here, "key"), "expected an RSA private key without a password, as PEM", got=False)


def _is_rsa_key(text: str) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return isinstance(load_pem_private_key(text.encode(), None), RSAPrivateKey)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.query or parts.fragment or "@" in parts.netloc or _UNSENDABLE.search(url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
