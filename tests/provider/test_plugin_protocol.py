"""What the test provider speaks by itself is what the libraries for it speak."""

from typing import Any

import msgpack
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, StreamEnded, TrailersReceived
from hpack import Encoder
from tf.gen import tfplugin_pb2 as pb

from provider.calls import Calls
from provider.cloudfile import Cloudfile
from provider.coded import UNKNOWN, Message, Unknown, packed, unpacked
from provider.frames import Frames, Stream
from provider.header_blocks import Blocks
from provider.json_text import parsed, written

METHOD = b"/tfplugin6.Provider/ReadResource"
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, 127, 128, 255, 256, 65536, 1 << 40, -1, -32, -33, -129, -(1 << 40), 0.5, "", "web",
    "ö" * 20, "x" * 300, "x" * 70000, [], [1, [None]], list(range(20)), list(range(70000)),
    {"name": "web", "tags": {"env": "test"}}, {str(each): each for each in range(40)},
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_values_travel_as_messagepack(value: Any) -> None:
    assert unpacked(msgpack.packb(value)) == value
    assert msgpack.unpackb(packed(value)) == value


@pytest.mark.parametrize("kind", [0, 12])
@pytest.mark.parametrize("known", [b"\0", b"\x80", b"1234", b"12345", b"x" * 300])
def test_what_is_unknown_goes_back_as_it_came(kind: int, known: bytes) -> None:
    came = msgpack.packb({"id": msgpack.ExtType(kind, known), "name": "web"})
    found = unpacked(came)
    assert isinstance(found["id"], Unknown)
    assert found["name"] == "web"
    assert packed(found) == came
    assert (found["id"] is UNKNOWN) is ((kind, known) == (0, b"\0"))


@pytest.mark.parametrize("text", ['{"a": [1, 0.5, "\\u00f6\\"", null, true, {}]}', " [] ", '"x"'])
def test_json_is_read_and_written(text: str) -> None:
    assert parsed(text) == parsed(written(parsed(text)))


def test_its_schema_is_one_of_the_protocol() -> None:
    schema = pb.GetProviderSchema.Response.FromString(Calls(Cloudfile()).get_provider_schema(Message(b"")))
    attributes = {each.name: each for each in schema.resource_schemas["cloudfile_object"].block.attributes}
    assert attributes["name"] == pb.Schema.Attribute(
        name="name", type=b'"string"', required=True, description_kind=pb.MARKDOWN
    )
    assert attributes["tags"].type == b'["map","string"]'
    assert attributes["secret"].sensitive
    assert {name for name, each in attributes.items() if each.computed} == {"id", "etag"}
    assert schema.provider.block.attributes[0].name == "path"
    assert set(schema.data_source_schemas) == {"cloudfile_lookup"}


def test_another_name_of_an_object_replaces_it() -> None:
    before = dict.fromkeys(("value", "tags", "secret", "size", "list", "delay"))
    prior = {**before, "name": "web", "id": "web", "etag": "1"}
    request = pb.PlanResourceChange.Request(
        type_name="cloudfile_object",
        prior_state=pb.DynamicValue(msgpack=msgpack.packb(prior)),
        proposed_new_state=pb.DynamicValue(msgpack=msgpack.packb({**prior, "name": "other"})),
    )
    answer = Calls(Cloudfile()).plan_resource_change(Message(request.SerializeToString()))
    planned = pb.PlanResourceChange.Response.FromString(answer)
    assert [step.attribute_name for each in planned.requires_replace for step in each.steps] == ["name"]
    unknown = msgpack.ExtType(0, b"\0")
    assert msgpack.unpackb(planned.planned_state.msgpack) == {
        **prior, "name": "other", "id": unknown, "etag": unknown,
    }  # fmt: skip


@pytest.mark.parametrize("huffman", [True, False])
def test_headers_are_read_whatever_the_other_side_remembers(*, huffman: bool) -> None:
    blocks, encoder = Blocks(), Encoder()
    for number in range(300):
        if number == 200:
            encoder.header_table_size = 200
        headers = {
            b":method": b"POST",
            b":path": METHOD + b"%d" % (number % 70),
            b"te": b"trailers",
            b"text": bytes(range(number % 90, 256)),
            b"grpc-timeout": b"%dm" % number,
        }
        assert blocks.read(encoder.encode(list(headers.items()), huffman=huffman)) == headers


def client() -> H2Connection:
    made = H2Connection(H2Configuration(header_encoding=None))
    made.initiate_connection()
    return made


def call(library: H2Connection, method: bytes = METHOD, *, ends: bool = True) -> int:
    stream = library.get_next_available_stream_id()
    rows = [(b":method", b"POST"), (b":path", method), (b":scheme", b"https"), (b":authority", b"localhost")]
    library.send_headers(stream, rows)
    if ends:
        library.send_data(stream, b"\0\0\0\0\x02hi", end_stream=True)
    return stream


def exchange(library: H2Connection, frames: Frames) -> tuple[list[tuple[int, Stream]], list[Any]]:
    """What the server is asked, and what the client gets, until both are silent."""
    asked: list[tuple[int, Stream]] = []
    told: list[Any] = []
    while sent := library.data_to_send():
        asked += frames.receive(sent)
        answer, frames.out = bytes(frames.out), bytearray()
        for event in library.receive_data(answer):
            told.append(event)
            if isinstance(event, DataReceived):
                library.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
    return asked, told


def test_an_answer_larger_than_the_window_arrives_as_room_is_given() -> None:
    library, frames = client(), Frames({METHOD})
    number = call(library)
    [(asked, stream)], _ = exchange(library, frames)
    assert (asked, bytes(stream.request)) == (number, b"\0\0\0\0\x02hi")
    frames.answer(number, b"x" * 300_000, 0, "")
    library.ping(b"12345678")  # so that there is something to exchange
    _, told = exchange(library, frames)
    content = b"".join(event.data for event in told if isinstance(event, DataReceived))
    assert content == b"\0" + (300_000).to_bytes(4) + b"x" * 300_000
    assert [dict(event.headers)[b"grpc-status"] for event in told if isinstance(event, TrailersReceived)] == [
        b"0"
    ]
    assert any(isinstance(event, StreamEnded) for event in told)
    assert frames.streams == {}


def test_a_method_that_it_does_not_have_is_answered_before_anything_is_sent() -> None:
    library, frames = client(), Frames({METHOD})
    call(library, b"/plugin.GRPCBroker/StartStream", ends=False)
    asked, told = exchange(library, frames)
    assert asked == []
    assert [dict(event.headers)[b"grpc-status"] for event in told if hasattr(event, "headers")] == [b"12"]
