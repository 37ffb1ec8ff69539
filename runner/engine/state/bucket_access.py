"""How the S3 backend of a run reaches its bucket: by its recorded settings and the run's environment alone."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.engine.state.unknown_state import UnknownState

# Settings without influence on which object is read, or how.
_IGNORED = frozenset(
    {
        "encrypt", "acl", "kms_key_id", "dynamodb_table", "dynamodb_endpoint", "iam_endpoint", "use_lockfile", "max_retries",
        "retry_mode", "allowed_account_ids", "forbidden_account_ids", "skip_credentials_validation",
        "skip_metadata_api_check", "skip_region_validation", "skip_requesting_account_id", "skip_s3_checksum", "sts_region",
    }
)  # fmt: skip
_USED = frozenset(
    {
        "bucket", "key", "region", "endpoint", "endpoints", "sts_endpoint", "use_path_style", "force_path_style",
        "workspace_key_prefix", "assume_role",
    }
)  # fmt: skip
# Of `assume_role`; the names that STS has for them.
_ROLE = {
    "role_arn": "RoleArn", "external_id": "ExternalId", "session_name": "RoleSessionName", "policy": "Policy",
}  # fmt: skip
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_REGION = ("AWS_REGION", "AWS_DEFAULT_REGION")
_S3 = ("AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT", "AWS_ENDPOINT_URL")
_STS = ("AWS_ENDPOINT_URL_STS", "AWS_STS_ENDPOINT", "AWS_ENDPOINT_URL")
_AUTHORITIES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE")
_HANDLED = frozenset({*_KEYS, *_REGION, *_S3, *_STS, *_AUTHORITIES})
_NOT_UNDERSTOOD = (
    "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_SSE_CUSTOMER_KEY",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class Access:
    """Equal ones may share a client. It has secrets, so it is never shown.

    Without `keys` the credentials are those that `ambient` variables name, or the machine's.
    """

    region: str
    endpoint: str | None
    sts: str | None
    path_style: bool
    authorities: str | None
    keys: tuple[str, str, str | None] | None
    ambient: tuple[tuple[str, str], ...]
    role: tuple[tuple[str, str], ...]  # to assume, as STS is asked


def access(config: Mapping[str, Any], environment: Mapping[str, str]) -> Access:
    """UnknownState if a setting or a variable is not understood."""
    given = {name: value for name, value in config.items() if value != ""}
    unknown = sorted(given.keys() - _IGNORED - _USED)
    unknown += [name for name in _NOT_UNDERSTOOD if environment.get(name)]
    if unknown:
        raise UnknownState(f"{unknown[0]} of the s3 backend is not understood")
    region = given.get("region") or _first(environment, _REGION)
    if not region or not given.get("bucket") or not given.get("key"):
        raise UnknownState("the s3 backend does not say its region, its bucket or its key")
    endpoints = _object(given.get("endpoints"))
    keys = _keys(environment)
    return Access(
        region=str(region),
        endpoint=_text(endpoints.get("s3") or given.get("endpoint") or _first(environment, _S3)),
        sts=_text(endpoints.get("sts") or given.get("sts_endpoint") or _first(environment, _STS)),
        path_style=_true(given.get("use_path_style")) or _true(given.get("force_path_style")),
        authorities=_first(environment, _AUTHORITIES),
        keys=keys,
        ambient=() if keys is not None else _ambient(environment),
        role=_role(_object(given.get("assume_role"))),
    )


def _keys(environment: Mapping[str, str]) -> tuple[str, str, str | None] | None:
    key_id, secret, token = (environment.get(name) for name in _KEYS)
    return (key_id, secret, token or None) if key_id and secret else None


def _ambient(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The variables that name credentials. The client reads those of this process, so they have to be the same."""
    own, ours = (
        {name: value for name, value in each.items() if name.startswith("AWS_") and name not in _HANDLED}
        for each in (environment, os.environ)
    )
    if own != ours or any(os.environ.get(name) for name in _KEYS):
        raise UnknownState(
            "the run has other credentials than this process, and they are not in its environment"
        )
    return tuple(sorted(own.items()))


def _role(settings: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    given = {name: value for name, value in settings.items() if value not in (None, "", [], {})}
    given.pop("duration", None)
    unknown = sorted(given.keys() - _ROLE.keys())
    if unknown or (given and "role_arn" not in given):
        raise UnknownState(
            f"{(unknown or ['role_arn'])[0]} of assume_role of the s3 backend is not understood"
        )
    return tuple(sorted((_ROLE[name], str(value)) for name, value in given.items()))


def _object(value: Any) -> Mapping[str, Any]:
    """An object, or a block of which there is one; UnknownState for anything else."""
    match value:
        case None:
            return {}
        case dict():
            return value
        case [dict() as one]:
            return one
        case _:
            raise UnknownState("a setting of the s3 backend has an unknown form")


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)


def _text(value: Any) -> str | None:
    """An endpoint may lack its scheme."""
    return None if not value else str(value) if "://" in str(value) else f"https://{value}"


def _true(value: Any) -> bool:
    return value is True or value == "true"
