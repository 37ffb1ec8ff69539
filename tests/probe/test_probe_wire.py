"""Taking a provider's answers apart: nothing is lost, and what is no message is never taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.probe.protocol import (
    CALLS,
    Call,
    Handshake,
    asked,
    cut,
    good_schema,
    good_validation,
    handshake,
    type_in,
    unchanged,
)
from runner.probe.wire import BYTES, FIXED32, FIXED64, VARINT, NotAMessage, fields, first, number_in

RESOURCES, DATA_SOURCES, DIAGNOSTICS, FUNCTIONS = 2, 3, 4, 7
VALIDATION_DIAGNOSTICS = 2
ERROR, WARNING = 1, 2


def number(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def field(key: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return number(key << 3 | VARINT) + number(value)
    return number(key << 3 | BYTES) + number(len(value)) + value


def entry(kind: int, name: str, body: bytes = b"its schema") -> bytes:
    return field(kind, field(1, name.encode()) + field(2, body))


def fixed(kind: int, key: int, size: int) -> bytes:
    return number(key << 3 | kind) + b"\xff" * size


keys = st.integers(1, 1 << 20)
one_field = st.one_of(
    st.builds(field, keys, st.binary(max_size=300)),
    st.builds(field, keys, st.integers(0, (1 << 64) - 1)),
    st.builds(fixed, st.just(FIXED64), keys, st.just(8)),
    st.builds(fixed, st.just(FIXED32), keys, st.just(4)),
)
messages = st.lists(one_field, max_size=20)


@given(messages)
def test_the_fields_of_a_message_are_the_whole_message(parts: list[bytes]) -> None:
    assert [one.raw for one in fields(b"".join(parts))] == parts


@given(st.binary(max_size=200))
def test_garbage_is_a_message_without_a_rest_or_none(garbage: bytes) -> None:
    try:
        found = list(fields(garbage))
    except NotAMessage:
        return
    assert b"".join(one.raw for one in found) == garbage


@given(st.lists(one_field, min_size=1, max_size=5), st.data())
def test_a_message_that_is_cut_off_inside_its_last_field_is_none(
    parts: list[bytes], data: st.DataObject
) -> None:
    missing = data.draw(st.integers(1, len(parts[-1]) - 1))
    with pytest.raises(NotAMessage):
        list(fields(b"".join(parts)[:-missing]))


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"\x80" * 11, id="number-without-end"),
        pytest.param(b"\x00\x01", id="field-0"),
        pytest.param(b"\x0b", id="group"),
        pytest.param(b"\x0e\x00", id="unknown-wire-type"),
        pytest.param(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", id="length-beyond-all"),
    ],
)
def test_what_does_not_fit_is_no_message(garbage: bytes) -> None:
    with pytest.raises(NotAMessage):
        list(fields(garbage))


def test_the_first_text_and_the_last_number_of_a_field_count() -> None:
    message = field(1, b"one") + field(1, b"two") + field(2, 3) + field(2, 300)
    assert first(message, 1) == b"one"
    assert first(message, 9) is None
    assert (number_in(message, 2), number_in(message, 9)) == (300, 0)


# ---- the schema

SCHEMA = (
    field(1, b"the provider's own"),
    entry(RESOURCES, "aws_vpc"),
    entry(DATA_SOURCES, "aws_vpc"),
    entry(RESOURCES, "aws_subnet"),
    entry(DATA_SOURCES, "aws_region"),
    field(DIAGNOSTICS, field(1, WARNING)),
    field(5, b"meta"),
    field(6, b"capabilities"),
    entry(FUNCTIONS, "arn_parse"),
    entry(8, "aws_vpc"),
    field(900, 5),
    fixed(FIXED64, 901, 8),
)


def test_a_schema_is_cut_to_the_types_of_each_kind_and_keeps_all_else() -> None:
    kept = cut(b"".join(SCHEMA), {"resource aws_vpc", "data aws_region"})
    dropped = {SCHEMA[2], SCHEMA[3]}
    assert kept == b"".join(part for part in SCHEMA if part not in dropped)


def test_a_schema_is_whole_without_types_and_empty_with_none() -> None:
    whole = b"".join(SCHEMA)
    assert cut(whole, None) == whole
    assert [one.number for one in fields(cut(whole, frozenset()))] == [1, 4, 5, 6, 7, 8, 900, 901]


@given(messages, st.sets(st.text(max_size=5)))
def test_cutting_changes_no_other_field(parts: list[bytes], types: set[str]) -> None:
    try:
        kept = cut(b"".join(parts), types)
    except NotAMessage:
        return  # what should be a type is none
    others = [one.raw for one in fields(b"".join(parts)) if one.number not in {RESOURCES, DATA_SOURCES}]
    assert [one.raw for one in fields(kept) if one.number not in {RESOURCES, DATA_SOURCES}] == others


def test_a_broken_schema_is_not_cut() -> None:
    with pytest.raises(NotAMessage):
        cut(b"".join(SCHEMA)[:-3], {"resource aws_vpc"})


# ---- what may be cached


def answer_with(diagnostics: int, severity: int) -> bytes:
    return field(diagnostics, field(1, severity))


def test_a_schema_with_an_error_is_not_kept_and_one_with_a_warning_is() -> None:
    fine, warning, error = (
        field(1, b"fine"),
        answer_with(DIAGNOSTICS, WARNING),
        answer_with(DIAGNOSTICS, ERROR),
    )
    assert [good_schema(answer) for answer in (b"", fine, fine + warning)] == [True] * 3
    assert [good_schema(answer) for answer in (error, fine + warning + error)] == [False] * 2
    assert not good_schema(fine + b"\x0a\x05cut")


def test_a_provider_with_any_diagnostics_is_asked_again() -> None:
    fine = field(1, b"fine")
    said = [answer_with(VALIDATION_DIAGNOSTICS, severity) for severity in (WARNING, ERROR)]
    assert [good_validation(answer) for answer in (b"", fine)] == [True] * 2
    assert [good_validation(fine + one) for one in said] == [False] * 2
    assert not good_validation(fine + b"\x0a\x05cut")


def test_a_valid_configuration_is_echoed_where_the_protocol_returns_it() -> None:
    request = field(1, b"configuration")
    assert unchanged("/tfplugin5.Provider/PrepareProviderConfig", request + field(9, b"new")) == request
    assert unchanged("/tfplugin6.Provider/ValidateProviderConfig", request) == b""


# ---- calls


def test_nothing_that_changes_the_cloud_is_passed_on() -> None:
    assert not [method for method in CALLS if "Apply" in method]
    assert {CALLS[f"/tfplugin{version}.Provider/PlanResourceChange"] for version in (5, 6)} == {Call.FORWARD}


@pytest.mark.parametrize(
    ("method", "request_", "expected"),
    [
        ("/tfplugin5.Provider/ReadResource", field(1, b"aws_vpc"), "resource aws_vpc"),
        ("/tfplugin6.Provider/ReadDataSource", field(1, b"aws_vpc"), "data aws_vpc"),
        ("/tfplugin6.Provider/ReadDataSource", b"", None),
        ("/tfplugin6.Provider/ReadDataSource", field(1, b"\xff"), "data \ufffd"),
        ("/tfplugin6.Provider/ConfigureProvider", field(1, b"1.11.4"), None),
        ("/tfplugin6.Provider/OpenEphemeralResource", field(1, b"aws_token"), "ephemeral aws_token"),
        ("/tfplugin5.Provider/CallFunction", field(1, b"arn_parse"), "function arn_parse"),
        ("/tfplugin6.Provider/ValidateDataResourceConfig", field(1, b"aws_vpc"), "unread data aws_vpc"),
        ("/tfplugin5.Provider/ValidateDataSourceConfig", field(1, b"aws_vpc"), "unread data aws_vpc"),
        # Also called for `count = 0`, of which a plan shows nothing.
        ("/tfplugin6.Provider/ValidateResourceConfig", field(1, b"aws_vpc"), None),
        ("/tfplugin5.Provider/ValidateResourceTypeConfig", field(1, b"aws_vpc"), None),
    ],
)
def test_a_call_names_the_type_that_it_concerns(method: str, request_: bytes, expected: str | None) -> None:
    assert type_in(method, request_) == expected


def test_a_data_source_that_is_read_was_not_only_validated() -> None:
    assert asked({"unread data aws_vpc", "data aws_vpc", "unread data aws_ami", "resource aws_vpc"}) == [
        "data aws_vpc",
        "resource aws_vpc",
        "unread data aws_ami",
    ]


def test_a_data_source_that_was_only_validated_stays_in_the_cut() -> None:
    schema = field(3, field(1, b"aws_vpc")) + field(3, field(1, b"aws_ami"))
    assert cut(schema, {"unread data aws_ami"}) == field(3, field(1, b"aws_ami"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1|5|unix|/tmp/plugin1|grpc|", Handshake(5, "/tmp/plugin1")),
        ("1|6|unix|/tmp/plugin1|grpc|TUlJ", Handshake(6, "/tmp/plugin1", "TUlJ")),
        ("1|6|unix|/tmp/plugin1|grpc", Handshake(6, "/tmp/plugin1")),
        ("1|6|unix|/tmp/plugin1|grpc||true", Handshake(6, "/tmp/plugin1")),
        ("  1|6|unix|/tmp/plugin1|grpc\r\n", Handshake(6, "/tmp/plugin1")),
        ("1|4|unix|/tmp/plugin1|grpc|", None),
        ("1|7|unix|/tmp/plugin1|grpc|", None),
        ("2|6|unix|/tmp/plugin1|grpc|", None),
        ("1|6|tcp|127.0.0.1:1234|grpc|", None),
        ("1|6|unix|/tmp/plugin1|netrpc|", None),
        ("1|6|unix|/tmp/plugin1", None),
        ("This binary is a plugin.", None),
        ("", None),
    ],
)
def test_a_handshake_is_one_of_the_plugin_protocol_or_none(line: str, expected: Handshake | None) -> None:
    assert handshake(line) == expected
