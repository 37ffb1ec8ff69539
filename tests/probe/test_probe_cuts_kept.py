"""A schema that was cut down once is kept in memory, and never outlives the file that it was cut from."""

from pathlib import Path

from runner.probe.cache import Cache
from runner.probe.protocol import cut

PROVIDER = "h1:provider"
TYPES = frozenset({"resource aws_vpc"})


def whole(*names: str) -> bytes:
    """A schema answer with these resource types, empty each."""
    entries = (b"\x0a" + bytes([len(name)]) + name.encode() + b"\x12\x00" for name in names)
    return b"\x0a\x02\x12\x00" + b"".join(b"\x12" + bytes([len(entry)]) + entry for entry in entries)


def kept(folder: Path, schema: bytes) -> Cache:
    cache = Cache(folder)
    cache.keep_schema(PROVIDER, 6, schema)
    return cache


def test_it_is_cut_down_to_the_types(tmp_path: Path) -> None:
    schema = whole("aws_vpc", "aws_eip")
    cache = kept(tmp_path, schema)
    assert cache.schema_of(PROVIDER, 6, TYPES) == cut(schema, TYPES) != schema
    assert cache.schema_of(PROVIDER, 6, None) == schema


def test_what_is_written_later_counts(tmp_path: Path) -> None:
    before = kept(tmp_path, whole("aws_eip")).schema_of(PROVIDER, 6, TYPES)
    after = kept(tmp_path, whole("aws_vpc")).schema_of(PROVIDER, 6, TYPES)
    assert before != after == cut(whole("aws_vpc"), TYPES)


def test_a_file_that_is_damaged_or_gone_is_not_answered_from_memory(tmp_path: Path) -> None:
    cache = kept(tmp_path, whole("aws_vpc"))
    assert cache.schema_of(PROVIDER, 6, TYPES) is not None
    (file,) = tmp_path.glob("schema-*")
    file.write_bytes(file.read_bytes()[:-1])
    assert cache.schema_of(PROVIDER, 6, TYPES) is None
    file.unlink()
    assert cache.schema_of(PROVIDER, 6, TYPES) is None


def test_two_stacks_with_other_types_get_their_own(tmp_path: Path) -> None:
    cache = kept(tmp_path, whole("aws_vpc", "aws_eip"))
    other = cache.schema_of(PROVIDER, 6, frozenset({"resource aws_eip"}))
    assert other != cache.schema_of(PROVIDER, 6, TYPES)
