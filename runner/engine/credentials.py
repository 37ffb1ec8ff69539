"""Short-lived AWS credentials for a child process, by role; those for planning and for applying are separate."""

import os
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runner.errors import CredentialsFailed
from runner.model.stack.definition import AwsRoles
from runner.model.values.frozen import dataclass

# The longest that every role allows by default, and the limit for role chaining.
DURATION = 3600
RENEW_BEFORE = timedelta(minutes=5)
_REFERENCE = re.compile(r"\$\{cred:([A-Za-z0-9][A-Za-z0-9_.-]*)\}")
_NOT_IN_A_SESSION_NAME = re.compile(r"[^\w+=,.@-]")


@dataclass(frozen=True)
class _Session:
    """The request for a role; also the key under which the answer is cached."""

    role: str
    purpose: str
    name: str  # CloudTrail shows it, so runs never share it
    region: str | None
    external_id: str | None


class AwsCredentials:
    """`sts:AssumeRole` with the daemon's own identity."""

    def __init__(
        self,
        *,
        credentials_folder: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder = credentials_folder
        self._now = now
        self._known: dict[_Session, tuple[dict[str, str], datetime]] = {}
        self._guard = threading.Lock()

    def environment(self, aws: AwsRoles, run: str, *, for_apply: bool) -> dict[str, str]:
        """The variables that pass the role to the child; none if the stack names no role for this purpose.

        An apply without its own role uses the plan's; planning never gets the apply's.
        """
        role = (aws.apply_role or aws.plan_role) if for_apply else aws.plan_role
        if role is None:
            return {}
        session = _Session(
            role=role,
            purpose="apply" if for_apply else "plan",
            name=_NOT_IN_A_SESSION_NAME.sub("-", f"driftline-{run}")[:64],
            region=aws.region,
            external_id=self._resolved(aws.external_id, role),
        )
        with self._guard:
            now = self._now()
            self._known = {s: known for s, known in self._known.items() if now < known[1] - RENEW_BEFORE}
            known = self._known.get(session)
        if known is None:
            # Not under the guard: if one region does not answer, stacks in other regions continue.
            known = _assume(session)
            with self._guard:
                self._known[session] = known
        return dict(known[0])

    def _resolved(self, external_id: str | None, role: str) -> str | None:
        """`${cred:NAME}` is a file that systemd's LoadCredential placed there."""
        match = _REFERENCE.fullmatch(external_id or "")
        if match is None:
            return external_id
        folder = self._folder or (
            Path(path) if (path := os.environ.get("CREDENTIALS_DIRECTORY")) is not None else None
        )
        if folder is None or not (folder / match[1]).is_file():
            raise CredentialsFailed(
                role=role, problem=f"the external id {match[0]} is not among the credentials"
            )
        return (folder / match[1]).read_text().strip()


def _assume(session: _Session) -> tuple[dict[str, str], datetime]:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    given: dict[str, Any] = {} if session.external_id is None else {"ExternalId": session.external_id}
    try:
        # A separate session: boto3's default session is not thread-safe.
        sts = boto3.session.Session().client(
            "sts",
            region_name=session.region,
            config=Config(connect_timeout=5, read_timeout=15, retries={"max_attempts": 3}),
        )
        answer = sts.assume_role(
            RoleArn=session.role, RoleSessionName=session.name, DurationSeconds=DURATION, **given
        )["Credentials"]
    except ClientError as error:
        # The code and not the text, which may repeat the request.
        problem = error.response.get("Error", {}).get("Code", "unknown error")
        raise CredentialsFailed(role=session.role, problem=problem) from None
    except (BotoCoreError, ValueError) as error:
        raise CredentialsFailed(role=session.role, problem=_problem(error)) from None
    variables = {
        "AWS_ACCESS_KEY_ID": answer["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": answer["SecretAccessKey"],
        "AWS_SESSION_TOKEN": answer["SessionToken"],
    }
    return variables, answer["Expiration"]


def _problem(error: Exception) -> str:
    """The kind of fault and its address, without the request."""
    address = getattr(error, "kwargs", {}).get("endpoint_url")
    return f"{type(error).__name__} at {address}" if address else type(error).__name__
