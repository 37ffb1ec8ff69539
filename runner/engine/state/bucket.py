"""What S3 says about a state: one HEAD by a client that is kept, with the credentials of the run and no others."""

import os
import posixpath
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from runner.engine.state.bucket_access import Access, access
from runner.engine.state.unknown_state import UnknownState
from runner.model.stack.definition import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from botocore.session import Session

SECONDS = 5.0  # for one answer, whatever the endpoint does
CONNECT, READ = 2.0, 3.0
KEPT = 64  # clients
SILENT = "the bucket of the state does not answer"
# What S3 calls an object: together they change with every write.
_TELLING = ("ETag", "VersionId", "ContentLength")


class Buckets:
    """A client for each set of settings and credentials, until a request with it fails."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._guard = threading.Lock()
        self._clients: OrderedDict[Access, Any] = OrderedDict()
        self._session: Session | None = None
        self._silent: set[tuple[str | None, str]] = set()

    def head(self, config: Mapping[str, Any], environment: Mapping[str, str], workspace: str) -> object:
        """Place and version of the object, also of a missing one; UnknownState."""
        way = access(config, environment)
        bucket, key = str(config["bucket"]), _key(config, workspace)
        found = self._within((way.endpoint, bucket), lambda: self._asked(way, bucket, key))
        return [way.endpoint, way.region, bucket, key, found]

    def _within(self, place: tuple[str | None, str], ask: Callable[[], object]) -> object:
        """Its answer, or what it raised; UnknownState if neither comes in time.

        A thread cannot be stopped: as long as one waits for a bucket, no other one is started for it.
        """
        if place in self._silent:
            raise UnknownState(SILENT)
        answer: list[object] = []

        def run() -> None:
            try:
                answer.append(ask())
            except UnknownState as problem:
                answer.append(problem)
            finally:
                self._silent.discard(place)

        thread = threading.Thread(target=run, name="state-head", daemon=True)
        thread.start()
        thread.join(self._seconds)
        if thread.is_alive():
            self._silent.add(place)
            if not thread.is_alive():  # it ended meanwhile, perhaps before the line above
                self._silent.discard(place)
            raise UnknownState(SILENT)
        if isinstance(answer[0], UnknownState):
            raise answer[0]
        return answer[0]

    def _asked(self, way: Access, bucket: str, key: str) -> object:
        from botocore.exceptions import ClientError

        try:
            answer = self._client(way).head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            said = error.response
            if said.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                return None
            self._drop(way)
            # The code and not the text, which may repeat the request.
            code = said.get("Error", {}).get("Code", "unknown error")
            raise UnknownState(f"the bucket of the state answers {code}") from None
        except Exception as error:  # noqa: BLE001 - the endpoint is the code's choice, and may answer anything
            self._drop(way)
            raise UnknownState(f"the bucket of the state cannot be asked: {type(error).__name__}") from None
        return _version(answer, way.region)

    def _client(self, way: Access) -> Any:
        with self._guard:
            if way in self._clients:
                self._clients.move_to_end(way)
                return self._clients[way]
            # 4 ms with a session that has made a client before, 100 ms with a new one.
            made = _client(self._shared(), "s3", way) if way.keys is not None and not way.role else None
        # Not under the guard: it may ask STS, or the machine, for credentials.
        made = made or _client(_own_session(way), "s3", way)
        with self._guard:
            self._clients[way] = made
            while len(self._clients) > KEPT:
                self._clients.popitem(last=False)
        return made

    def _shared(self) -> "Session":
        self._session = self._session or _session()
        return self._session

    def _drop(self, way: Access) -> None:
        with self._guard:
            self._clients.pop(way, None)


def _client(session: "Session", service: str, way: Access) -> Any:
    """With the keys of the run, or where it has none or assumes a role, with the credentials of the session."""
    from botocore.config import Config

    key_id, secret, token = (
        way.keys if way.keys and (service == "sts" or not way.role) else (None, None, None)
    )
    made = session.create_client(
        service,
        region_name=way.region,
        endpoint_url=way.endpoint if service == "s3" else way.sts,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
        verify=way.authorities or True,
        config=Config(
            connect_timeout=CONNECT,
            read_timeout=READ,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path" if way.path_style else "auto"},
            use_fips_endpoint=False,
            use_dualstack_endpoint=False,
        ),
    )
    made.meta.events.register("before-call.s3", _without_redirects)
    return made


def _without_redirects(params: Mapping[str, Any], **_: object) -> None:
    """The engine follows none to another region, and botocore asks one that always redirects without end."""
    params["context"].setdefault("s3_redirect", {})["redirected"] = True


def _session(ambient: Iterable[tuple[str, str]] = ()) -> "Session":
    """Without the files in this process's home, which no run has."""
    from botocore.session import Session

    session, variables = Session(), dict(ambient)
    session.set_config_variable("config_file", variables.get("AWS_CONFIG_FILE", os.devnull))
    session.set_config_variable("credentials_file", variables.get("AWS_SHARED_CREDENTIALS_FILE", os.devnull))
    session.set_config_variable("ignore_configured_endpoint_urls", True)
    return session


def _own_session(way: Access) -> "Session":
    base = _session(way.ambient)
    return _in_role(_client(base, "sts", way), dict(way.role)) if way.role else base


def _in_role(sts: Any, role: Mapping[str, str]) -> "Session":
    """A session whose credentials are those of the role, and renewed in time."""
    from botocore.credentials import RefreshableCredentials

    def assumed() -> dict[str, str]:
        answer = sts.assume_role(**{"RoleSessionName": "driftline-state", **role})["Credentials"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    class Role:
        def load_credentials(self) -> RefreshableCredentials:
            return RefreshableCredentials.create_from_metadata(assumed(), assumed, "sts-assume-role")

    session = _session()
    session.register_component("credential_provider", Role())
    return session


def _key(config: Mapping[str, Any], workspace: str) -> str:
    """As the backend names the objects of workspaces."""
    key = str(config["key"])
    if workspace == DEFAULT_WORKSPACE:
        return key
    return posixpath.normpath(posixpath.join(str(config.get("workspace_key_prefix", "env:")), workspace, key))


def _version(answer: Mapping[str, Any], region: str) -> object:
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    if headers.get("x-amz-bucket-region", region) != region:
        raise UnknownState("the bucket of the state is in another region than the backend says")
    if not answer.get("ETag"):
        raise UnknownState("the bucket of the state does not say which version it has")
    return [str(answer.get(name, "")) for name in (*_TELLING, "LastModified")]
