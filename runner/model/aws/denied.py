"""Which permission is missing, as AWS says it in its error messages.

"User: ARN is not authorized to perform: SERVICE:ACTION on resource: ARN because REASON":
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import re

from runner.model.aws.action import iam_action
from runner.model.values.frozen import dataclass

_WHO = re.compile(r"\b(?:User|Principal): (arn:[\w-]+:(?:iam|sts):[^\s]{1,700})")
_ACTION = re.compile(r"not authorized to perform:? ([A-Za-z0-9-]{1,64}:[A-Za-z0-9]{1,128})")
_RESOURCE = re.compile(r"on resource: \"?([^\s\"]{1,1000})")
_EXPLICIT = re.compile(r"explicit deny in an? ([a-z -]{1,60}?)(?: policy)?(?:$|[.:,;])")


@dataclass(frozen=True)
class Denial:
    """`policy` is the kind of policy that denies it explicitly: no permission of an identity helps against that."""

    action: str
    identity: str | None = None
    resource: str | None = None
    policy: str | None = None


def denial(service: str, operation: str, message: str) -> Denial:
    """`service` and `operation` as boto3 and the service name them, for messages without an action."""
    action, resource = _ACTION.search(message), _RESOURCE.search(message)
    who, explicit = _WHO.search(message), _EXPLICIT.search(message)
    return Denial(
        action=action[1] if action else iam_action(service, operation),
        identity=who[1] if who else None,
        resource=resource[1] if resource and resource[1] != "*" else None,
        policy=explicit[1] if explicit else None,
    )
