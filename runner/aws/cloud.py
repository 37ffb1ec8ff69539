"""One connection to AWS for everything that Driftline itself reads there."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from runner.aws.failure import told
from runner.aws.pace import Pace
from runner.errors import AwsAccountDiffers, AwsAccountUnknown
from runner.model.aws.place import Place
from runner.model.settings.aws import AwsAccount

SESSION_NAME = "driftline-reads"  # CloudTrail shows it


class Cloud:
    """Calls by account and region, under the read role of the account. Threads may share it.

    Credentials come from one AssumeRole for each account and are renewed by botocore before they expire. Its
    clients honour proxies, AWS_CA_BUNDLE and AWS_ENDPOINT_URL of the daemon.
    """

    def __init__(self, accounts: Sequence[AwsAccount], pace: Pace | None = None) -> None:
        self._accounts = {one.account: one for one in accounts}
        self._pace = pace or Pace()
        self._sessions: dict[str, Any] = {}
        self._clients: dict[tuple[Place, str], Any] = {}
        self._guard = threading.RLock()  # sessions of botocore are not thread-safe; its clients are

    @property
    def accounts(self) -> tuple[AwsAccount, ...]:
        return tuple(self._accounts.values())

    def account(self, number: str) -> AwsAccount:
        if number not in self._accounts:
            raise AwsAccountUnknown(account=number)
        return self._accounts[number]

    def call(self, place: Place, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One answer; `service` and `operation` as boto3 names them. AwsDenied, AwsThrottled, AwsGone and others."""
        with self._told(place, service):
            answer: dict[str, Any] = getattr(self.client(place, service), operation)(**parameters)
        return answer

    def body(self, place: Place, service: str, operation: str, most: int, **parameters: Any) -> bytes:
        """The stream of an answer such as get_object's, up to so many bytes."""
        with self._told(place, service):
            stream = getattr(self.client(place, service), operation)(**parameters)["Body"]
            with closing(stream):
                return bytes(stream.read(most))

    def pages(
        self, place: Place, service: str, operation: str, **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        """Every page of an answer, each fetched when it is asked for."""
        with self._told(place, service):
            client = self.client(place, service)
            pages = iter(client.get_paginator(operation).paginate(**parameters))
        while True:
            # Not around the yield: errors of whoever reads the pages are not those of AWS.
            with self._told(place, service):
                page = next(pages, None)
            if page is None:
                return
            yield page

    def client(self, place: Place, service: str) -> Any:
        """boto3's, for what `call` and `pages` cannot do; its errors are botocore's."""
        with self._guard:
            if (place, service) not in self._clients:
                self._clients[place, service] = self._new_client(place, service)
            return self._clients[place, service]

    def close(self) -> None:
        """Let no call wait for its turn any longer."""
        self._pace.stop()

    def _told(self, place: Place, service: str) -> Any:
        return told(place, service, self.account(place.account).read_role)

    def _new_client(self, place: Place, service: str) -> Any:
        account = self.account(place.account)
        if account.account not in self._sessions:
            self._sessions[account.account] = _session(account)
        client = self._sessions[account.account].client(
            service, region_name=place.region, config=_configuration()
        )
        # Before each attempt, retries included.
        client.meta.events.register_last("before-send", partial(self._before_send, place, service))
        return client

    def _before_send(self, place: Place, service: str, *, event_name: str, **_: Any) -> None:
        """`event_name` is before-send.SERVICE.OPERATION."""
        self._pace.keep(place, service, event_name.rpartition(".")[2])


def _configuration() -> Any:
    from botocore.config import Config

    return Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 4})


def _session(account: AwsAccount) -> Any:
    """For one account. Its first credentials are fetched by the first request."""
    import boto3
    import botocore.session

    own = botocore.session.get_session()
    own.set_config_variable("region", account.regions[0])
    if account.read_role is None:
        session = boto3.session.Session(botocore_session=own)
        _same_account(account, session)
        return session
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
    from botocore.exceptions import NoCredentialsError

    given = {} if account.external_id is None else {"ExternalId": account.external_id}
    identity = own.get_credentials()
    if identity is None:
        raise NoCredentialsError
    fetcher = AssumeRoleCredentialFetcher(
        partial(own.create_client, config=_configuration()),
        identity,
        account.read_role,
        extra_args={"RoleSessionName": SESSION_NAME, **given},
    )
    assumed = botocore.session.get_session()
    # botocore has no public way to give a session credentials that renew themselves.
    vars(assumed)["_credentials"] = DeferredRefreshableCredentials(
        fetcher.fetch_credentials, method="assume-role"
    )
    return boto3.session.Session(botocore_session=assumed, region_name=account.regions[0])


def _same_account(account: AwsAccount, session: Any) -> None:
    """A role names its account. The daemon's own identity does not, and would answer for any account."""
    sts = session.client("sts", region_name=account.regions[0], config=_configuration())
    found = sts.get_caller_identity()["Account"]
    if found != account.account:
        raise AwsAccountDiffers(account=account.account, other=found)
