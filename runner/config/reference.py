"""References to secrets in a configuration: replaced where it is read, or left for whoever uses them later."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from runner.config.check import Complaint
from runner.config.place import KeyPath
from runner.host.reference import (
    Unresolved,
    check,
    is_credential,
    never_fetched,
    refers,
    resolve,
    variables_in,
)
from runner.model.values.regex import regex

_READS = regex(r"\$\{\s*(?:env|file|cred|aws-[a-z]+)\s*:", re.IGNORECASE)
_CREDENTIAL = regex(r"\$\{cred:([^}]*)\}")
# Resolved each time they are used. `*` stands for any key or place in a list.
_LATER: tuple[KeyPath, ...] = (
    ("contexts", "*", "vars"),
    ("contexts", "*", "env"),
    ("contexts", "*", "files"),
    ("notifications", "*", "to"),
)
# What only git, forges, terraform and the runs use. `*` stands for any key or place in a list.
FOR_RUNS: tuple[KeyPath, ...] = (
    ("sources", "*", "auth"),
    ("sources", "*", "forge"),
    ("contexts",),
    ("engines", "registry_tokens"),
    ("aws", "*", "external_id"),
    ("broker",),
    ("worker",),
)


def texts(data: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Every text in plain data with its path; keys are not texts."""
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from texts(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from texts(value, (*path, index))


def foreign_references(data: Any) -> Iterator[Complaint]:
    """In a stack file only `aws.external_id` may name a credential: a commit must not read the operator's files."""
    for path, text in texts(data):
        if path == ("aws", "external_id"):
            match = _CREDENTIAL.fullmatch(text)
            if "${" in text and (match is None or not is_credential(match[1])):
                yield Complaint(path, "expected a string or ${cred:NAME}")
        elif _READS.search(text):
            yield Complaint(
                path, "a stack file cannot read files, credentials or the environment of the server"
            )


def variables(data: Any, unread: Collection[KeyPath]) -> frozenset[str]:
    """The environment variables that texts refer to, without those in the unread parts."""
    read = (text for path, text in texts(data) if not _within(path, unread))
    return frozenset(name for text in read for name in variables_in(text))


def resolved(
    data: Any, environ: Mapping[str, str], unread: Collection[KeyPath] = ()
) -> tuple[Any, list[Complaint]]:
    """The data with every reference replaced by its value, and complaints about those without one.

    References in the `unread` parts are only checked: this process has no use for their values.

    Those in a context or in an address of a notification are only checked: each run and each delivery resolves
    them, so that a rotated secret needs no restart, and a missing one stops nothing else.
    """
    complaints: list[Complaint] = []

    def walk(value: Any, path: KeyPath) -> Any:
        if isinstance(value, dict):
            return {key: walk(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner, (*path, index)) for index, inner in enumerate(value)]
        if not isinstance(value, str) or not refers(value):
            return value
        try:
            if _within(path, (*_LATER, *unread)):
                check(value)
                return value
            return resolve(value, environ, never_fetched)
        except Unresolved as error:
            complaints.append(Complaint(path, str(error), got=False))
            return value

    return walk(data, ()), complaints


def _within(path: KeyPath, parts: Collection[KeyPath]) -> bool:
    return any(
        len(path) >= len(part) and all(one in {"*", key} for one, key in zip(part, path, strict=False))
        for part in parts
    )
