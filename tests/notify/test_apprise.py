"""Mail, chats and others by Apprise, in a process that reaches no more than it may."""

import email
import email.policy
import socket
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from notify_world import Receiver, answered, channel, drift_event, run_event

from runner.errors import NotDelivered
from runner.model.notify.message import folded, message_of
from runner.notify import command
from runner.notify.target import Target

ADDRESS = "https://drift.example.com"
CANARY = "c4n4ry-0f-4-t0k3n"


class Mails:
    def __init__(self) -> None:
        self.received: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        self.received.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
def mails() -> Iterator[tuple[Mails, int]]:
    mails = Mails()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mails, hostname="127.0.0.1", port=port)
    controller.start()
    yield mails, port
    controller.stop()


def mail_to(port: int, **how: Any) -> Any:
    return channel(
        f"mailto://127.0.0.1:{port}?from=drift@example.com&to=ops@example.com&mode=insecure", **how
    )


def test_a_mail_says_it_in_text_and_in_html(mails: tuple[Mails, int]) -> None:
    got, port = mails
    mail_to(port).send(message_of(run_event(reason="1 to <add> by https://evil.example"), ADDRESS))
    (mail,) = got.received
    assert (mail["subject"], mail["to"]) == ("prod/vpc: run (run-12)", "ops@example.com")
    body = mail.get_body(("html",))
    assert body is not None
    shown = body.get_content()
    assert "<b>change run of prod/vpc is awaiting approval, by driftline</b>" in shown
    assert f'href="{ADDRESS}/runs/run-12"' in shown
    assert "1 to &lt;\u200badd&gt; by https:\u200b//evil.\u200bexample" in shown


def test_all_mails_about_one_drift_are_one_thread(mails: tuple[Mails, int]) -> None:
    got, port = mails
    for moved in ("open", "change", "resolve"):
        mail_to(port).send(message_of(drift_event(moved), ADDRESS))
    assert {mail["references"] for mail in got.received} == {"<dr-3@driftline>"}
    assert {mail["in-reply-to"] for mail in got.received} == {"<dr-3@driftline>"}
    assert len({mail["subject"] for mail in got.received}) == 1


def test_no_value_adds_a_header_or_a_recipient(mails: tuple[Mails, int]) -> None:
    got, port = mails
    evil = "x\r\nBcc: eve@evil.example\r\n\r\nevil"
    mail_to(port).send(message_of(run_event(stack=evil, reason=evil, by=evil), ADDRESS))
    (mail,) = got.received
    assert mail["bcc"] is None
    assert "Bcc" in mail["subject"]


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("json://127.0.0.1:{port}/x", ["message"]),
        ("ntfy://127.0.0.1:{port}/topic", ["message"]),
        ("gotify://127.0.0.1:{port}/Token1234567890", ["message"]),
        ("mmost://127.0.0.1:{port}/3ccdd113474722377935511fc85d3dd4", ["text"]),
        (
            "rocket://3ccdd113474722377935511fc85d3dd4/3ccdd113474722377935511fc85d3dd4@127.0.0.1:{port}",
            ["text"],
        ),
    ],
)
def test_a_service_gets_the_message(receiver: Receiver, address: str, text: list[str]) -> None:
    channel(address.format(port=receiver.port)).send(message_of(run_event(by="@all"), ADDRESS))
    got = receiver.requests[-1].json
    shown = next(got[key] for key in text)
    assert "change run of" in shown
    assert "driftline approve run-12" in shown
    assert "@all" not in shown


def test_a_chat_that_shows_markdown_gets_values_as_code(receiver: Receiver) -> None:
    to = f"mmost://127.0.0.1:{receiver.port}/3ccdd113474722377935511fc85d3dd4"
    channel(to).send(message_of(run_event(reason="[click](https://evil.example) **now**"), ADDRESS))
    shown = receiver.requests[-1].json["text"]
    assert "`[click]\u200b(https:\u200b//evil.\u200bexample) **now**`" in shown


def test_many_events_are_one_message(receiver: Receiver) -> None:
    events = [drift_event(number=number, stack=f"app{number}") for number in range(500)]
    channel(f"json://127.0.0.1:{receiver.port}/x").send(folded(events, ADDRESS))
    (got,) = receiver.requests
    assert got.json["message"].startswith("500 further events:")


@pytest.mark.parametrize(
    "to",
    [
        "json://127.0.0.1:{port}/x",
        "json://localhost:{port}/x",
        "xml://127.0.0.1:{port}/x",
        "form://127.0.0.1:{port}/x",
        "ntfy://127.0.0.1:{port}/topic",
        "mailto://127.0.0.1:{port}?from=a@example.com&to=b@example.com&mode=insecure",
        "rsyslog://127.0.0.1:{port}",
        "json://169.254.169.254/latest/meta-data",
        "json://10.0.0.5/x",
    ],
)
def test_no_host_inside_the_network_is_reached_that_is_not_named(receiver: Receiver, to: str) -> None:
    with pytest.raises(NotDelivered, match=r"to allow it, add .* to notify\.allow_hosts"):
        channel(to.format(port=receiver.port), allowed=()).send(message_of(run_event(), ADDRESS))
    assert receiver.requests == []


def test_another_name_of_an_allowed_address_is_allowed_by_its_own_name_only(receiver: Receiver) -> None:
    to = f"json://127.0.0.1:{receiver.port}/x"
    with pytest.raises(NotDelivered):
        channel(to, allowed=("localhost",)).send(message_of(run_event(), ADDRESS))
    channel(to.replace("127.0.0.1", "localhost"), allowed=("localhost",)).send(
        message_of(run_event(), ADDRESS)
    )
    assert len(receiver.requests) == 1


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answer = answered(307, location=f"http://127.0.0.1:{receiver.port}/elsewhere")
    with pytest.raises(NotDelivered):
        channel(f"json://127.0.0.1:{receiver.port}/x?redirect=yes").send(message_of(run_event(), ADDRESS))
    assert [request.path for request in receiver.requests] == ["/x"]


def test_an_endless_answer_ends_with_the_process(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "SECONDS", 5)

    def endless(handler: BaseHTTPRequestHandler) -> None:
        answered(200, **{"content-length": str(1 << 40)})(handler)
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            return

    receiver.answer = endless
    with pytest.raises(NotDelivered):
        channel(f"json://127.0.0.1:{receiver.port}/x").send(message_of(run_event(), ADDRESS))


@pytest.mark.parametrize(
    "to",
    [
        "json://user:${env:TOKEN}@127.0.0.1:{port}/x",
        "json://127.0.0.1:{port}/${env:TOKEN}",
        "json://127.0.0.1:{port}/x?+Authorization=${env:TOKEN}",
        "gotify://127.0.0.1:{port}/${env:TOKEN}",
        "${env:WHOLE}",
        "nonsense://${env:TOKEN}",
        "mailto://u:${env:TOKEN}@127.0.0.1:1?to=a@example.com&mode=insecure",
    ],
)
def test_no_error_has_a_part_of_the_address(receiver: Receiver, to: str) -> None:
    receiver.answer = answered(500)
    environ = {"TOKEN": CANARY, "WHOLE": f"json://127.0.0.1:{receiver.port}/{CANARY}"}
    with pytest.raises(NotDelivered) as refused:
        channel(to.replace("{port}", str(receiver.port)), environ).send(message_of(run_event(), ADDRESS))
    assert CANARY not in refused.value.message
    assert refused.value.message.strip()


def test_a_secret_with_any_character_stays_within_its_part(receiver: Receiver) -> None:
    to = f"json://user:${{env:TOKEN}}@127.0.0.1:{receiver.port}/x"
    channel(to, {"TOKEN": "p@ss/w:rd?&#"}).send(message_of(run_event(), ADDRESS))
    (got,) = receiver.requests
    assert got.headers["authorization"] == "Basic dXNlcjpwQHNzL3c6cmQ/JiM="


def test_a_missing_secret_is_named_and_nothing_is_sent(receiver: Receiver) -> None:
    with pytest.raises(NotDelivered, match="variable NOWHERE is not set"):
        channel(f"json://u:${{env:NOWHERE}}@127.0.0.1:{receiver.port}/x").send(
            message_of(run_event(), ADDRESS)
        )
    assert receiver.requests == []


def test_an_address_that_nothing_understands_is_a_flaw() -> None:
    assert list(channel("nonsense://x").flaws()) == ["this is no address that Apprise understands"]
    assert list(channel("json://127.0.0.1/x").flaws()) == []


def test_without_the_extra_it_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.notify.apprise.find_spec", lambda _: None)
    with pytest.raises(NotDelivered, match=r"driftline\[notify\]"):
        channel("json://127.0.0.1/x").send(message_of(run_event(), ADDRESS))


@pytest.mark.parametrize("spelled", [CANARY, "p%40ss%2Fword", "p@ss/word"])
def test_what_a_plugin_says_is_shown_without_the_address_in_any_spelling(spelled: str) -> None:
    to = Target((f"json://user:p%40ss%2Fword@chat.example.com/{CANARY}?+x=y",))
    shown = to.without(f"chat.example.com refused {spelled}", but="chat.example.com")
    assert shown == "chat.example.com refused ***"
    assert to.without("chat.example.com is away") == "*** is away"


@pytest.mark.parametrize("starts", ["subprocess.Popen(['true'])", "os.system('true')", "os.fork()"])
def test_the_process_that_sends_starts_no_other(starts: str) -> None:
    code = (
        f"import os, subprocess\nfrom runner.notify.apprise_process import Guard\nGuard([]).begin()\n{starts}"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "is not allowed" in ended.stderr
