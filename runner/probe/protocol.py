"""The plugin protocol, as far as a probe needs it: the calls, and what happens to each.

Source: docs/plugin-protocol/tfplugin5.proto and tfplugin6.proto of hashicorp/terraform. A call that is not in
the table is refused, and the check is done plainly: an unknown call may be one that must not be passed on.
"""

import base64
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum

from runner.model.values.frozen import dataclass
from runner.probe.wire import BYTES, NotAMessage, fields, first, number_in

# go-plugin starts a provider with these and reads one line:
# https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md
HANDSHAKE = {
    "TF_PLUGIN_MAGIC_COOKIE": "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
    "PLUGIN_PROTOCOL_VERSIONS": "5,6",
    "PLUGIN_MIN_PORT": "10000",
    "PLUGIN_MAX_PORT": "25000",
}


class Call(StrEnum):
    """What happens to a call."""

    SCHEMA = "schema"  # answered from the cache, reduced to the types in use
    VALIDATION = "validation"  # of the provider's configuration; answered from the cache
    CONFIGURE = "configure"  # afterwards the process belongs to this one connection
    FORWARD = "forward"  # byte for byte
    STOP = "stop"  # to every process of the check


_COMMON = {
    "GetMetadata": Call.FORWARD,
    "GetResourceIdentitySchemas": Call.FORWARD,
    "GetFunctions": Call.FORWARD,
    "CallFunction": Call.FORWARD,
    "UpgradeResourceState": Call.FORWARD,
    "UpgradeResourceIdentity": Call.FORWARD,
    "ReadResource": Call.FORWARD,
    "PlanResourceChange": Call.FORWARD,
    "MoveResourceState": Call.FORWARD,
    "ImportResourceState": Call.FORWARD,
    "ReadDataSource": Call.FORWARD,
    "OpenEphemeralResource": Call.FORWARD,
    "RenewEphemeralResource": Call.FORWARD,
    "CloseEphemeralResource": Call.FORWARD,
    "ValidateEphemeralResourceConfig": Call.FORWARD,
}
# ApplyResourceChange is in neither: nothing that a probe passes on changes the cloud.
CALLS: Mapping[str, Call] = {
    **{f"/tfplugin5.Provider/{name}": call for name, call in _COMMON.items()},
    **{f"/tfplugin6.Provider/{name}": call for name, call in _COMMON.items()},
    "/tfplugin5.Provider/GetSchema": Call.SCHEMA,
    "/tfplugin6.Provider/GetProviderSchema": Call.SCHEMA,
    "/tfplugin5.Provider/PrepareProviderConfig": Call.VALIDATION,
    "/tfplugin6.Provider/ValidateProviderConfig": Call.VALIDATION,
    "/tfplugin5.Provider/Configure": Call.CONFIGURE,
    "/tfplugin6.Provider/ConfigureProvider": Call.CONFIGURE,
    "/tfplugin5.Provider/ValidateResourceTypeConfig": Call.FORWARD,
    "/tfplugin6.Provider/ValidateResourceConfig": Call.FORWARD,
    "/tfplugin5.Provider/ValidateDataSourceConfig": Call.FORWARD,
    "/tfplugin6.Provider/ValidateDataResourceConfig": Call.FORWARD,
    "/tfplugin5.Provider/Stop": Call.STOP,
    "/tfplugin6.Provider/StopProvider": Call.STOP,
}
# Calls whose request starts with a name, and the map of the schema that contains that name. Not the validation of
# a resource: one with `count = 0` is validated, but a plan says nothing about its type.
_RESOURCES, _DATA_SOURCES, _EPHEMERAL, _FUNCTIONS = 2, 3, 8, 7
_TYPED = {
    "UpgradeResourceState": _RESOURCES,
    "ReadResource": _RESOURCES,
    "PlanResourceChange": _RESOURCES,
    "ReadDataSource": _DATA_SOURCES,
    "OpenEphemeralResource": _EPHEMERAL,
    "CallFunction": _FUNCTIONS,
}
# A data source that cannot be read before the apply is only validated, and its schema decides what the plan says of it.
_VALIDATED = frozenset({"ValidateDataSourceConfig", "ValidateDataResourceConfig"})
UNREAD = "unread "
_CUT = {_RESOURCES: "resource", _DATA_SOURCES: "data"}
_LETTERS = {**_CUT, _EPHEMERAL: "ephemeral", _FUNCTIONS: "function"}
_SCHEMA_DIAGNOSTICS, _VALIDATION_DIAGNOSTICS, _SEVERITY, _ERROR = 4, 2, 1, 1
_CONFIG = 1  # in the request and in the answer


def type_in(method: str, request: bytes) -> str | None:
    """The type or function that a call concerns: `resource aws_vpc`, `data aws_vpc`, `unread data aws_vpc` or
    `function arn_parse`.
    """
    call = method.rpartition("/")[2]
    validated = call in _VALIDATED
    kind = _DATA_SOURCES if validated else _TYPED.get(call)
    name = first(request, 1) if kind is not None else None
    if kind is None or not name:
        return None
    return f"{UNREAD if validated else ''}{_LETTERS[kind]} {name.decode(errors='replace')}"


def asked(types: AbstractSet[str]) -> list[str]:
    """Without what was validated and then read."""
    return sorted(one for one in types if not (one.startswith(UNREAD) and one.removeprefix(UNREAD) in types))


def cut(schema: bytes, types: AbstractSet[str] | None) -> bytes:
    """The schema with the resources and data sources of these types only; complete for None.

    Functions, ephemeral resources and everything else stay. NotAMessage if it is no schema.
    """
    if types is None:
        return schema
    named = {one.removeprefix(UNREAD) for one in types}
    kept = (
        one.raw
        for one in fields(schema)
        if one.number not in _CUT or f"{_CUT[one.number]} {_key(one.value)}" in named
    )
    return b"".join(kept)


def good_schema(answer: bytes) -> bool:
    """Whether it may be cached: a schema without errors. A warning would be repeated anyway, so it is allowed."""
    return _readable(answer) and not _errors(answer, _SCHEMA_DIAGNOSTICS)


def good_validation(answer: bytes) -> bool:
    """Whether a provider has no diagnostics about its configuration, not even a warning."""
    return _readable(answer) and not any(one.number == _VALIDATION_DIAGNOSTICS for one in fields(answer))


def unchanged(method: str, request: bytes) -> bytes:
    """The answer of a provider without diagnostics: the unchanged configuration, where the protocol returns it.

    Terraform does not use the provider's version of it (internal/terraform/node_provider.go), which may
    contain values from its environment.
    """
    if not method.startswith("/tfplugin5."):
        return b""
    return b"".join(one.raw for one in fields(request) if one.number == _CONFIG)


def _errors(answer: bytes, number: int) -> bool:
    diagnostics = (one.value for one in fields(answer) if one.number == number and one.kind == BYTES)
    return any(number_in(diagnostic, _SEVERITY) == _ERROR for diagnostic in diagnostics)


def _readable(answer: bytes) -> bool:
    try:
        return all(True for _ in fields(answer))
    except NotAMessage:
        return False


def _key(entry: bytes) -> str:
    return (first(entry, 1) or b"").decode(errors="replace")


@dataclass(frozen=True)
class Handshake:
    """The address of a started provider, and the certificate that it presents there, if any."""

    protocol: int
    path: str
    certificate: str = ""  # base64 of DER, without padding

    @property
    def presented(self) -> bytes:
        """The certificate as DER."""
        return base64.b64decode(self.certificate + "=" * (-len(self.certificate) % 4))


def handshake(line: str) -> Handshake | None:
    """`1|5|unix|/tmp/plugin42|grpc|CERTIFICATE`; None for anything else."""
    core, *rest = line.strip().split("|")
    match rest:
        case [version, "unix", path, "grpc", *more] if core == "1" and version in {"5", "6"}:
            return Handshake(int(version), path, more[0] if more else "")
    return None
