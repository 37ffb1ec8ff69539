"""What the operator passes in through the environment, bound implicitly: identities, places, and values.

Renewing a secret for the same account changes nothing, so secrets themselves are not included.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from runner.engine.environment import CREDENTIALS, TABLE
from runner.host.files import read_foreign
from runner.model.changes.secret_shape import names_secret, without_tokens
from runner.model.stack.definition import VARIABLE, AwsRoles

DIGITS = 16
# Of our own table, only these say where something is done.
_WHERE = frozenset({"AWS_REGION", "AWS_DEFAULT_REGION"})
_OURS = frozenset(row.name for row in TABLE) - _WHERE
# Renewed together with a secret, or a secret with a harmless name.
_RENEWED = (
    "*EXPIR*",
    "*CERTIFICATE*",
    "*_JSON",
    "AWS_CONTAINER_*",
    "*NONCE*",
    "TRACEPARENT",
    "INVOCATION_ID",
)
# Which identity is used if the stack names no role.
_WHO = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN")
_FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
_GOOGLE = (
    "GOOGLE_CREDENTIALS",
    "GOOGLE_CLOUD_KEYFILE_JSON",
    "GCLOUD_KEYFILE_JSON",
    "GOOGLE_APPLICATION_CREDENTIALS",
)
# Ids that continue with I or J predate this encoding, and stand for themselves.
_KEY_ID = re.compile(r"A[A-Z]{3}([A-HK-Z2-7][A-Z2-7]{15})")
_LARGEST = 1 << 20
_KEY_BLOCK = re.compile(r"-----BEGIN.*?-----END[^\n]*", re.DOTALL)
_NAMED = re.compile(r"\s*[=:]\s*")


def given(environment: Mapping[str, str], roles: AwsRoles, key: bytes) -> tuple[str, ...]:
    """`NAME digest` of each; nothing without a key, since a short value could be guessed from its digest."""
    if not key:
        return ()
    return tuple(f"{name} {marked(name, value, key)}" for name, value in sorted(_bound(environment, roles)))


def marked(name: str, value: str, key: bytes) -> str:
    return hmac.new(key, f"driftline-given-v1\n{name}\n{value}".encode(), hashlib.sha256).hexdigest()[:DIGITS]


def _bound(environment: Mapping[str, str], roles: AwsRoles) -> Iterator[tuple[str, str]]:
    own_roles = bool(roles.plan_role or roles.apply_role)
    for name, value in environment.items():
        if name.startswith(VARIABLE) or _is_plain(name) or (name in _WHO and not own_roles):
            yield name, value
        elif name in _FILES and not own_roles:
            yield name, _of_file(value, lines=True)
        elif name in _GOOGLE:
            yield name, _google(value)
    # Those of a context may change after the approval, unlike those of the stack's own definition.
    for role in ("plan_role", "apply_role", "external_id") if own_roles else ():
        yield f"aws.{role}", getattr(roles, role) or ""
    if not own_roles and "AWS_ACCESS_KEY_ID" in environment:
        key_id = environment["AWS_ACCESS_KEY_ID"]
        yield "AWS_ACCESS_KEY_ID", aws_account(key_id) or key_id


def _is_plain(name: str) -> bool:
    """Neither a secret nor one of ours, whose values differ from run to run."""
    if name in _OURS or names_secret(name):
        return False
    return not any(fnmatchcase(name, pattern) for pattern in (*CREDENTIALS, *_RENEWED))


def places(environment: Mapping[str, str]) -> dict[str, str]:
    """The values that may be shown: regions, endpoints, projects and the like."""
    return {
        name: without_tokens(value)
        for name, value in environment.items()
        if _is_plain(name) and not name.startswith(VARIABLE)
    }


def aws_account(key_id: str) -> str:
    """The account of an access key, which its id encodes. Empty if it is not an AWS id."""
    found = _KEY_ID.fullmatch(key_id)
    if found is None:
        return ""
    try:
        bits = int.from_bytes(base64.b32decode(found[1])[:6], "big")
    except (binascii.Error, ValueError):
        return ""
    return f"{(bits & 0x7FFFFFFFFF80) >> 7:012d}"


def _of_file(path: str, *, lines: bool) -> str:
    """The identity in a file; its path if it is unreadable."""
    try:
        return identity_in(read_foreign(Path(path).resolve(), _LARGEST), lines=lines)
    except (OSError, RuntimeError):
        return path


def identity_in(content: bytes, *, lines: bool = False) -> str:
    """The account and the project of a Google key; for any other file, with `lines`, everything except
    renewed secrets: profiles with their regions, roles and accounts, clusters with their servers.
    """
    try:
        key = json.loads(content)
        if isinstance(key, dict) and "client_email" in key:
            return " ".join(str(key[name]) for name in ("type", "client_email", "project_id") if name in key)
    except (ValueError, RecursionError):
        pass
    text = _KEY_BLOCK.sub("", content.decode(errors="replace"))
    return "\n".join(_kept(text.splitlines())) if lines else ""


def _kept(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        name, named, value = (part.strip() for part in _NAMED.sub("=", line, count=1).partition("="))
        if not named and not name.startswith("["):
            continue  # a bare secret
        if name.lower() == "aws_access_key_id":
            yield f"account {aws_account(value) or value}"
        elif not names_secret(name) and not any(word in name.lower() for word in ("expir", "certificate")):
            yield line.strip()


def _google(value: str) -> str:
    """For a key given inline, or as the path of its file."""
    if value.lstrip().startswith("{"):
        return identity_in(value.encode(errors="replace"))
    return _of_file(value, lines=False)
