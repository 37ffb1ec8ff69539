"""Webhooks: signed as Standard Webhooks says, and to nobody that the operator has not named."""

import base64
import socket
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import standardwebhooks
from notify_world import SECRET, Receiver, answered, channel, drift_event, run_event

from runner.errors import NotDelivered
from runner.model.notify.message import folded, message_of
from runner.notify import webhook
from runner.notify.webhook import secret_of, signature

ADDRESS = "https://drift.example.com"


def hook(receiver: Receiver, **how: Any) -> Any:
    return channel(f"http://${{env:HOOK}}@127.0.0.1:{receiver.port}/hook", **how)


def test_the_published_vector_has_the_published_signature() -> None:
    # https://github.com/standard-webhooks/standard-webhooks: the tests of its libraries.
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    found = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_library_of_the_standard_verifies_what_is_sent(receiver: Receiver) -> None:
    hook(receiver).send(message_of(drift_event(), ADDRESS))
    (got,) = receiver.requests
    assert standardwebhooks.Webhook(SECRET).verify(got.body, dict(got.headers)) == got.json


def test_a_signature_is_of_the_id_the_time_and_the_body() -> None:
    key = secret_of(f"https://{SECRET}@hooks.example.com/")
    same = signature(key, "event-1", 1, b"{}")
    others = {
        signature(key, "event-2", 1, b"{}"),
        signature(key, "event-1", 2, b"{}"),
        signature(key, "event-1", 1, b""),
    }
    assert same not in others
    assert len(others) == 3


def test_the_body_is_an_event_of_cloudevents(receiver: Receiver) -> None:
    hook(receiver).send(message_of(drift_event("resolve"), ADDRESS))
    (got,) = receiver.requests
    assert got.headers["content-type"] == "application/cloudevents+json"
    assert {key: got.json[key] for key in ("specversion", "id", "source", "type", "subject")} == {
        "specversion": "1.0",
        "id": "event-8",
        "source": ADDRESS,
        "type": "driftline.drift.resolve",
        "subject": "dr-3",
    }
    assert got.json["id"] == got.headers["webhook-id"]
    assert datetime.fromisoformat(got.json["time"]).tzinfo == UTC
    assert got.json["data"]["payload"]["counted"] == 2
    assert got.json["data"]["link"] == f"{ADDRESS}/drift/dr-3"


def test_many_events_are_one_body_with_their_number(receiver: Receiver) -> None:
    events = [drift_event(number=number, stack=f"s{number}") for number in range(500)]
    hook(receiver).send(folded(events, ADDRESS))
    (got,) = receiver.requests
    assert got.json["type"] == "driftline.events"
    assert (got.json["data"]["count"], got.json["data"]["topics"]) == (500, {"drift.open": 500})
    assert len(got.json["data"]["stacks"]) == 10
    assert got.json["data"]["more_stacks"] == 490


def test_one_drift_has_one_subject_from_its_begin_to_its_end(receiver: Receiver) -> None:
    for moved in ("open", "confirm", "change", "acknowledge", "resolve"):
        hook(receiver).send(message_of(drift_event(moved), ADDRESS))
    assert {request.json["subject"] for request in receiver.requests} == {"dr-3"}
    assert len({request.json["data"]["title"] for request in receiver.requests}) == 1


@pytest.mark.parametrize("status", [300, 400, 404, 500])
def test_only_a_status_of_success_is_a_delivery(receiver: Receiver, status: int) -> None:
    receiver.answer = answered(status)
    with pytest.raises(NotDelivered, match=f"answered {status}"):
        hook(receiver).send(message_of(run_event(), ADDRESS))


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answer = answered(307, location=f"http://127.0.0.1:{receiver.port}/elsewhere")
    with pytest.raises(NotDelivered, match="redirects, which is not followed"):
        hook(receiver).send(message_of(run_event(), ADDRESS))
    assert [request.path for request in receiver.requests] == ["/hook"]


def test_the_body_of_an_answer_is_not_read(receiver: Receiver) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        answered(200, **{"content-length": str(1 << 40)})(handler)

    receiver.answer = endless
    hook(receiver).send(message_of(run_event(), ADDRESS))


def test_an_answer_that_trickles_in_is_given_up(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "SECONDS", 0.3)

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.settimeout(0.05)
        for letter in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 10_000:
            try:
                handler.wfile.write(bytes([letter]))
                handler.connection.recv(1)
            except TimeoutError:
                continue
            except OSError:
                break

    receiver.answer = trickle
    with pytest.raises(NotDelivered, match="did not answer within"):
        hook(receiver).send(message_of(run_event(), ADDRESS))


@pytest.mark.parametrize(
    "to",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00:ec2::254]/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:a9fe:a9fe::]/",
        "https://[::a9fe:a9fe]/",
        "https://[::ffff:0:a9fe:a9fe]/",
        "https://[64:ff9b:1::a9fe:a9fe]/",
        "https://[fec0::1]/",
        "https://[5f00::1]/",
        "https://[3fff::1]/",
        "https://192.88.99.1/",
        "https://168.63.129.16/",
        "https://192.0.0.192/",
        "https://10.0.0.5/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://2852039166/",  # 169.254.169.254 in one number
        "https://0x7f.1/",
    ],
)
def test_no_host_inside_the_network_is_reached(to: str) -> None:
    where = to.replace("https://", "https://${env:HOOK}@")
    with pytest.raises(NotDelivered, match=r"to allow it, add .* to notify\.allow_hosts"):
        channel(where, allowed=()).send(message_of(run_event(), ADDRESS))


def test_a_name_that_changes_its_address_is_reached_where_it_was_judged(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second answer would lead to this machine."""
    answers = [["93.184.215.14"], ["127.0.0.1"]]
    asked: list[str] = []

    def resolve(host: str, port: int, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        found = answers.pop(0) if host == "rebinding.example" and answers else [host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    tried: list[str] = []

    async def post(_parts: object, found: list[str], *_: object) -> int:
        tried.extend(found)
        return 200

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(webhook, "_post", post)
    channel("https://${env:HOOK}@rebinding.example/", allowed=()).send(message_of(run_event(), ADDRESS))
    assert (asked, tried) == (["rebinding.example"], ["93.184.215.14"])


def test_the_judged_address_is_connected_to_and_the_name_is_only_said(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "addresses", lambda *_: ["127.0.0.1"])
    channel(f"http://${{env:HOOK}}@nowhere.invalid:{receiver.port}/hook", allowed=("nowhere.invalid",)).send(
        message_of(run_event(), ADDRESS)
    )
    (got,) = receiver.requests
    assert got.headers["host"] == f"nowhere.invalid:{receiver.port}"


def test_without_tls_only_hosts_that_are_named_are_reached(receiver: Receiver) -> None:
    with pytest.raises(NotDelivered, match="without TLS"):
        hook(receiver, allowed=()).send(message_of(run_event(), ADDRESS))
    assert receiver.requests == []


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
)
def test_a_webhook_without_a_sound_secret_sends_nothing(receiver: Receiver, secret: str) -> None:
    to = f"http://{secret}@127.0.0.1:{receiver.port}/hook"
    with pytest.raises(NotDelivered, match="needs a secret") as refused:
        channel(to).send(message_of(run_event(), ADDRESS))
    assert not secret or secret not in refused.value.message
    assert receiver.requests == []


def test_a_host_that_refuses_the_connection_is_told_as_that() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens there
        port = taken.getsockname()[1]
        with pytest.raises(NotDelivered, match=r"^127\.0\.0\.1 cannot be reached: Connection refused$"):
            channel(f"http://${{env:HOOK}}@127.0.0.1:{port}/hook").send(message_of(run_event(), ADDRESS))


@pytest.mark.parametrize("evil", ["a\r\nx-evil: 1", "a\nb", "a b", "a\x00b"])
def test_no_line_break_of_an_address_becomes_a_header(receiver: Receiver, evil: str) -> None:
    to = f"http://${{env:HOOK}}@127.0.0.1:{receiver.port}/{evil}"
    with pytest.raises(NotDelivered):
        channel(to).send(message_of(run_event(), ADDRESS))
    assert receiver.requests == []
