"""What is recorded of a check's calls, and what keeps a check from being recorded."""

import zlib

import msgpack
import pytest

from runner.probe.recording import (
    FORM,
    LARGEST,
    Conversing,
    NotARecording,
    Recorded,
    Recorder,
    packed,
    unpacked,
)

CONFIGURE = "/tfplugin6.Provider/ConfigureProvider"
READ = "/tfplugin6.Provider/ReadResource"
DATA = "/tfplugin6.Provider/ReadDataSource"
VALIDATE = "/tfplugin6.Provider/ValidateResourceConfig"
NAMED = b"\x0a\x03aws"  # a request whose first field is a type's name


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(b"k" * 32)


def configured(recorder: Recorder) -> Conversing:
    one = recorder.conversation()
    recorder.note(one, CONFIGURE, b"", b"")
    return one


def test_each_decisive_call_is_kept_once_and_counted_each_time(recorder: Recorder) -> None:
    one = configured(recorder)
    for request in (NAMED, NAMED, NAMED + NAMED):
        recorder.note(one, READ, request, b"")
    recorder.note(one, DATA, NAMED, b"")
    recorder.note(one, VALIDATE, NAMED, b"")
    recorded = recorder.recorded()
    [conversation] = recorded.conversations
    assert [each.request for each in conversation.calls] == [NAMED, NAMED + NAMED, NAMED]
    assert (recorded.reads, recorded.data_reads, recorded.refused) == (3, 1, "")


def test_a_connection_that_configures_nothing_is_not_kept(recorder: Recorder) -> None:
    recorder.note(recorder.conversation(), VALIDATE, NAMED, b"")
    assert recorder.recorded() == Recorded()


def test_calls_belong_to_the_configuration_that_they_were_made_with(recorder: Recorder) -> None:
    one, other = configured(recorder), configured(recorder)
    recorder.note(one, READ, NAMED, b"")
    recorder.note(other, DATA, NAMED, b"")
    first, second = recorder.recorded().conversations
    assert [[each.method for each in one.calls] for one in (first, second)] == [[READ], [DATA]]


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("CallFunction", "terraform called CallFunction"),
        ("OpenEphemeralResource", "terraform called OpenEphemeralResource"),
        ("ImportResourceState", "terraform called ImportResourceState"),
        ("MoveResourceState", "terraform called MoveResourceState"),
        ("StopProvider", "terraform called StopProvider"),
    ],
)
def test_a_call_outside_the_known_ones_refuses_the_check(
    recorder: Recorder, method: str, reason: str
) -> None:
    recorder.note(configured(recorder), f"/tfplugin6.Provider/{method}", NAMED, b"")
    assert recorder.recorded() == Recorded(refused=reason)


def test_a_call_before_the_configuration_refuses_the_check(recorder: Recorder) -> None:
    recorder.note(recorder.conversation(), READ, NAMED, b"")
    assert "before it configured" in recorder.recorded().refused


def test_two_answers_to_one_request_refuse_the_check(recorder: Recorder) -> None:
    one = configured(recorder)
    recorder.note(one, READ, NAMED, b"\x12\x00")
    recorder.note(one, READ, NAMED, b"\x1a\x00")
    assert recorder.recorded().refused == "resource aws was answered in two ways"


def test_requests_that_are_too_large_refuse_the_check(recorder: Recorder) -> None:
    recorder.note(configured(recorder), READ, bytes(LARGEST + 1), b"")
    assert recorder.recorded().refused == "its requests are too large to be kept"


def test_a_recording_is_read_as_it_was_written(recorder: Recorder) -> None:
    recorder.note(configured(recorder), READ, NAMED, b"")
    recorded = (recorder.recorded(), Recorded(refused="why"))
    assert unpacked(packed(recorded)) == recorded


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"rubbish", id="rubbish"),
        pytest.param(packed([Recorded()])[:-3], id="cut-off"),
        pytest.param(zlib.compress(msgpack.packb([FORM + 1, []])), id="another-form"),
        pytest.param(zlib.compress(msgpack.packb([FORM, [[1]]])), id="too-few-fields"),
        pytest.param(zlib.compress(msgpack.packb([FORM, 7])), id="no-list"),
        pytest.param(zlib.compress(bytes(2 * LARGEST + 1)), id="a-bomb"),
    ],
)
def test_what_is_no_recording_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NotARecording):
        unpacked(content)
