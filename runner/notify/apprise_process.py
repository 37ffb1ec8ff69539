"""Send one message by Apprise: python -I -m runner.notify.apprise_process, with the message as JSON on standard input.

Connections are judged where they are made, by their addresses: whatever a plugin, a redirect or a name that
changes its address makes of them, no host inside the network is reached that is not allowed by name.
"""

import json
import logging
import os
import socket
import sys
from collections.abc import Collection
from typing import Any

from runner.notify.reach import is_allowed, is_public, not_allowed

LONGEST = 300
# They show a plain text as Markdown, whatever Apprise calls it.
_MARKDOWN = {"mmost", "mmosts", "discord", "rocket", "rockets", "zulip", "ryver", "wxteams"}
_MAIL = {"+References": "{thread}", "+In-Reply-To": "{thread}"}
# What groups the messages about one drift or run, by scheme: parts of an address.
_THREADS = {
    "mailto": _MAIL,
    "mailtos": _MAIL,
    "gchat": {"thread": "{conversation}"},
    "opsgenie": {"alias": "{conversation}"},
    "pagerduty": {"dedup": "{conversation}"},
    "pagertree": {"dedup": "{conversation}"},
}
_FORBIDDEN = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.forkpty")


class Guard:
    """Of a process: no audit hook can be removed."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = allowed
        self._names: dict[str, str] = {}  # by address
        self.host = self.refused = ""
        self._resolve = socket.getaddrinfo

    def begin(self) -> None:
        socket.getaddrinfo = self._resolved  # the same, and remembered
        sys.addaudithook(self._judge)

    def _resolved(self, host: Any, *args: Any, **kwargs: Any) -> Any:
        found = self._resolve(host, *args, **kwargs)
        name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
        for one in found:
            self._names[str(one[4][0])] = name
        return found

    def _judge(self, event: str, args: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN:
            raise PermissionError(f"{event} is not allowed")
        if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            self._judge_address(args[0], args[1])

    def _judge_address(self, connection: Any, address: Any) -> None:
        if address is None:
            return  # it is connected already
        if connection.family not in {socket.AF_INET, socket.AF_INET6}:
            self._refuse("a socket of this machine", "")
        number = str(address[0])
        try:
            public = is_public(number)
        except ValueError:
            public = False  # a name: it is resolved in `connect`, where nobody can look at it
        name = self._names.get(number, number)
        if not public and not is_allowed(name, self._allowed):
            self._refuse(name, number)

    def _refuse(self, name: str, address: str) -> None:
        self.host, self.refused = name, not_allowed(name, address or name).message
        raise PermissionError(self.refused)


class Heard(logging.Handler):
    """What Apprise says of a failure: only its log has it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def send(asked: dict[str, Any]) -> dict[str, str]:
    """`problem` is empty if the message was sent; `host` is one that may be named in it. Without bodies, only look."""
    heard, guard = _hear(), Guard(asked["allowed"])
    guard.begin()
    import apprise
    import requests

    # However a plugin asks for it: a redirect leads to a host that nobody has named.
    requests.Session.get_redirect_target = lambda *_: None  # type: ignore[method-assign]
    asset = apprise.AppriseAsset(app_id="Driftline", app_desc="Driftline", app_url="", secure_logging=True)
    service = apprise.Apprise.instantiate(_threaded(asked), asset=asset)
    if service is None or "bodies" not in asked:
        unknown = "" if service else "this is no address that Apprise understands"
        return {"problem": unknown, "host": ""}
    form = _form(service, asked["address"])
    service.notify_format = apprise.NotifyFormat(form)
    try:
        sent = service.notify(
            body=asked["bodies"][form],
            title=asked["title"],
            notify_type=apprise.NotifyType(asked["level"]),
            body_format=apprise.NotifyFormat(form),
        )
    except Exception as bug:  # noqa: BLE001 - of any plugin
        heard.lines.append(type(bug).__name__)
        sent = False
    said = guard.refused or "; ".join(heard.lines) or "the service refused it"
    return {"problem": "" if sent else said[:LONGEST], "host": guard.host}


def _hear() -> Heard:
    heard = Heard()
    log = logging.getLogger("apprise")
    log.handlers, log.propagate = [heard], False
    return heard


def _form(service: Any, address: str) -> str:
    """In which the service shows a text."""
    if address.partition("://")[0].lower() in _MARKDOWN:
        return "markdown"
    known = service.notify_format  # one, or several of which the first is its own
    return str((known[0] if isinstance(known, tuple) else known).value)


def _threaded(asked: dict[str, Any]) -> str:
    from urllib.parse import urlencode

    address: str = asked["address"]
    conversation = asked.get("conversation", "")
    thread = f"<{conversation.replace('/', '.')}@driftline>"
    keys = _THREADS.get(address.partition("://")[0].lower(), {})
    if not keys:
        return address
    query = urlencode(
        {key: value.format(conversation=conversation, thread=thread) for key, value in keys.items()}
    )
    return f"{address}{'&' if '?' in address else '?'}{query}"


if __name__ == "__main__":
    try:
        answer = send(json.load(sys.stdin))
    except Exception as bug:  # noqa: BLE001 - its text may contain the address
        answer = {"problem": f"internal error: {type(bug).__name__}", "host": ""}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    # Threads of a plugin must not keep it.
    os._exit(0)
