"""Who made a call, from the userIdentity of CloudTrail.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from runner.model.values.frozen import dataclass
from runner.model.values.text import whole

LONGEST = 256
_SSO = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")
_SERVICE_ROLE = "AWSServiceRoleFor"
_RUN = re.compile(r"driftline-(run-[0-9]{1,18})")
_OURS = "driftline-"


class Kind(StrEnum):
    USER = "user"
    ROLE = "role"
    SSO = "sso"
    ROOT = "root"
    SERVICE = "service"
    ACCOUNT = "account"
    FEDERATED = "federated"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Actor:
    """`name` is the user, the session of a role, the service or the account. `role` is the one that was assumed,
    or the permission set of IAM Identity Center. `source` is the source identity, which sessions cannot change.
    """

    kind: Kind
    name: str
    account: str = ""
    role: str = ""
    source: str = ""
    on_behalf: str = ""  # the service that made the call for it

    @property
    def run(self) -> str | None:
        """The run whose session it is, if it looks like one of Driftline's: any session can be named so."""
        match = _RUN.fullmatch(self.name) if self.kind is Kind.ROLE else None
        return match[1] if match else None

    @property
    def of_driftline(self) -> bool:
        return self.kind is Kind.ROLE and self.name.startswith(_OURS)

    def __str__(self) -> str:
        source = f", source identity {self.source}" if self.source else ""
        return _WORDS.get(self.kind, "{0.name}").format(self, source)


_WORDS = {
    Kind.ROLE: "{0.name} (role {0.role}{1})",
    Kind.SSO: "{0.name} (SSO {0.role})",
    Kind.ROOT: "root of account {0.account}",
    Kind.ACCOUNT: "account {0.name}",
    Kind.SERVICE: "AWS service {0.name}",
    Kind.UNKNOWN: "{0.name} (unknown identity)",
}


def actor_of(identity: Any) -> Actor:
    """Whoever it is; a form that is not known is said to be unknown and keeps its name."""
    said = identity if isinstance(identity, Mapping) else {}
    account, by = _text(said, "accountId"), _text(said, "invokedBy")
    context = _map(said, "sessionContext")
    more: dict[str, Any] = {"account": account, "on_behalf": by}
    form = said.get("type")
    if form == "AssumedRole":
        return _assumed(said, context, more)
    kind, *keys = _FORMS.get(form, (Kind.UNKNOWN, "userName", "arn", "principalId", "invokedBy"))
    if form == "IdentityCenterUser":
        more["role"] = "Identity Center"
        said = {**said, "userId": _text(_map(said, "onBehalfOf"), "userId")}
    if kind is Kind.SERVICE:
        more["on_behalf"] = ""
    name = "root" if kind is Kind.ROOT else next(filter(None, (_last(said, key) for key in keys)), "")
    return Actor(kind, name or "nobody named", **more)


# The kind, and which keys have the name, the first one that is there.
_FORMS: Mapping[Any, tuple[Any, ...]] = {
    "IAMUser": (Kind.USER, "userName", "arn"),
    "SAMLUser": (Kind.FEDERATED, "userName", "principalId"),
    "WebIdentityUser": (Kind.FEDERATED, "userName", "principalId"),
    "FederatedUser": (Kind.FEDERATED, "arn", "principalId"),
    "Root": (Kind.ROOT,),
    "AWSService": (Kind.SERVICE, "invokedBy"),
    "AWSAccount": (Kind.ACCOUNT, "accountId"),
    "IdentityCenterUser": (Kind.SSO, "userId", "principalId"),
}


def _assumed(said: Mapping[str, Any], context: Mapping[str, Any], more: dict[str, Any]) -> Actor:
    issuer = _map(context, "sessionIssuer")
    arn = _text(said, "arn").split("/")
    role = _text(issuer, "userName") or (arn[-2] if len(arn) > 2 else "")
    session = arn[-1] if len(arn) > 2 else _text(said, "principalId").rpartition(":")[2]
    if sso := _SSO.fullmatch(role):
        return Actor(Kind.SSO, session, **more, role=sso[1])
    if role.startswith(_SERVICE_ROLE):
        return Actor(Kind.SERVICE, more["on_behalf"] or role, account=more["account"], role=role)
    return Actor(Kind.ROLE, session, **more, role=role, source=_text(context, "sourceIdentity"))


def _map(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = of.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(of: Mapping[str, Any], key: str) -> str:
    value = of.get(key)
    return whole(str(value)[:LONGEST]) if isinstance(value, str | int | bool) else ""


def _last(of: Mapping[str, Any], key: str) -> str:
    """The last part of an ARN or of a principal; anything else as it is."""
    text = _text(of, key)
    return re.split(r"[/:]", text)[-1] if key in {"arn", "principalId"} else text
