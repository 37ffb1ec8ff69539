"""How the cloud calls what drifted: ids, names and ARNs of a resource, for looking up who changed it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from runner.model.drift.report import Finding
from runner.model.secret.copies import Secrets

# Of the provider of AWS, whose trail can be read.
_PROVIDER = "/aws"
LONGEST = 2_048
_ATTRIBUTES = (
    "arn", "id", "name", "region", "alarm_name", "allocation_id", "bucket", "cluster", "cluster_identifier",
    "destination_cidr_block", "fqdn", "function_name", "identifier", "key_id", "node_group_name", "policy_arn",
    "replication_group_id", "repository_name", "rest_api_id", "role", "route_table_id", "security_group_id", "stage_name",
    "statement_id", "url", "zone_id",
)  # fmt: skip


def named(findings: Iterable[Finding], document: Mapping[str, Any], secrets: Secrets) -> Iterator[Finding]:
    """The findings with type and names where the plan has them. A name that is secret is left out."""
    entries = {entry["address"]: entry for entry in _entries(document)}
    for one in findings:
        entry = entries.get(one.address)
        yield (
            one if entry is None else replace(one, type=entry["type"], names=_names(entry["change"], secrets))
        )


def _entries(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Of what is gone, only resource_drift still knows how it was called. Otherwise resource_changes, which come last, count."""
    for kind in ("resource_drift", "resource_changes"):
        for entry in document.get(kind) or ():
            known = str(entry.get("provider_name") or "").endswith(_PROVIDER) and entry.get("mode") != "data"
            if known and isinstance(entry["change"].get("before"), Mapping):
                yield entry


def _names(change: Mapping[str, Any], secrets: Secrets) -> tuple[tuple[str, str], ...]:
    before, marks = change["before"], change.get("before_sensitive") or {}
    secrets = secrets.with_marked(change)
    return tuple(
        (name, value)
        for name in _ATTRIBUTES
        if isinstance(value := before.get(name), str)
        and 0 < len(value) <= LONGEST
        and not (marks is True or (isinstance(marks, Mapping) and marks.get(name)))
        and secrets.scrub(value) == value
    )
