"""What went wrong at AWS, as one of our errors: denied, throttled, gone, not reached, or refused otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runner.errors import (
    AwsDenied,
    AwsForbidden,
    AwsGone,
    AwsIdentityMissing,
    AwsRefused,
    AwsThrottled,
    AwsUnreachable,
    CredentialsFailed,
    DriftlineError,
)
from runner.model.aws.denied import Denial, denial
from runner.model.aws.place import Place

_DENIED = frozenset((
    "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "Forbidden", "NotAuthorized",
    "UnauthorizedAccess", "UnauthorizedException", "UnauthorizedOperation", "403",
))  # fmt: skip
_THROTTLED = frozenset((
    "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete", "RequestLimitExceeded",
    "RequestThrottled", "RequestThrottledException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException",
    "TooManyRequestsException", "429", "503",
))  # fmt: skip
_GONE = ("NoSuch", "NotFound", "DoesNotExist", "NonExistent")


@contextmanager
def told(place: Place, service: str, role: str | None) -> Iterator[None]:
    """Within it, an error of botocore becomes ours. `role` is the one that the credentials come from."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        CredentialRetrievalError,
        NoCredentialsError,
        PartialCredentialsError,
        ProfileNotFound,
    )
    from botocore.parsers import ResponseParserError  # such as of a page that a proxy answers with

    try:
        yield
    except ClientError as error:
        raise _answered(error, place, service, role) from None
    except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, ProfileNotFound) as error:
        raise AwsIdentityMissing(account=place.account, problem=type(error).__name__) from None
    except (BotoCoreError, ResponseParserError) as error:
        # The kind of fault and its address, without the request.
        address = getattr(error, "kwargs", {}).get("endpoint_url")
        problem = f"{type(error).__name__} at {address}" if address else type(error).__name__
        raise AwsUnreachable(action=service, place=place, problem=problem) from None


def _answered(error: Any, place: Place, service: str, role: str | None) -> DriftlineError:
    operation = error.operation_name
    told = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    # Not every answer has a code: proxies, and moto for some services.
    code, message = str(told.get("Code") or status or "unknown error"), str(told.get("Message", ""))
    if operation == "AssumeRole" and role is not None:
        return CredentialsFailed(role=role, problem=code)
    if code in _DENIED:
        return _denied(denial(service, operation, message), place, role)
    action = f"{service}:{operation}"
    if code in _THROTTLED:
        return AwsThrottled(action=action, place=place)
    if code == "404" or any(part in code for part in _GONE):
        return AwsGone(action=action, place=place, problem=code)
    return AwsRefused(action=action, place=place, problem=code)


def _denied(found: Denial, place: Place, role: str | None) -> AwsDenied:
    facts: dict[str, Any] = {
        "identity": found.identity or role or "the identity of the daemon",
        "action": found.action,
        "resource": f" on {found.resource}" if found.resource else "",
        "place": place,
        "account": place.account,
    }
    return AwsForbidden(**facts, policy=found.policy) if found.policy else AwsDenied(**facts)
