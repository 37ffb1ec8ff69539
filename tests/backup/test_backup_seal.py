"""The sealed file by itself: what is read is what was written, all of it and in order."""

from io import BytesIO

import pytest

from runner.artifact.seal import key_id
from runner.backup.seal import CHUNK, TAG, Header, NotOpened, Opening, OtherKey, Sealing

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
HEADER = Header(1, "0.1.0", 4, "2026-01-02T03:04:05Z", key_id(KEY))


def sealed(content: bytes) -> bytes:
    into = BytesIO()
    sealing = Sealing(into, HEADER, KEY)
    sealing.write(content)
    sealing.finish()
    return into.getvalue()


def opened(content: bytes, key: bytes = KEY) -> bytes:
    opening = Opening(BytesIO(content), lambda _: key)
    return opening.readall()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7])
def test_every_size_comes_back(size: int) -> None:
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)
    assert opened(sealed(content)) == content


def test_the_header_is_read_without_a_key() -> None:
    seen: list[Header] = []

    def no_key(header: Header) -> bytes:
        seen.append(header)
        raise OtherKey(header.key)

    with pytest.raises(OtherKey):
        Opening(BytesIO(sealed(b"x")), no_key)
    assert seen == [HEADER]


def test_two_backups_of_the_same_share_no_byte_of_their_content() -> None:
    one, other = sealed(b"same" * 100), sealed(b"same" * 100)
    assert one[-400:] != other[-400:]


def test_another_key_is_named() -> None:
    with pytest.raises(OtherKey, match=key_id(KEY)):
        opened(sealed(b"x"), OTHER)


@pytest.mark.parametrize("what", ["swapped", "left out", "twice", "the last one cut off"])
def test_chunks_that_are_not_as_they_were_written_are_refused(what: str) -> None:
    whole = sealed(bytes(3 * CHUNK))
    size = CHUNK + TAG
    head, chunks = whole[: -3 * size], [whole[len(whole) - n * size :][:size] for n in (3, 2, 1)]
    wrong = {
        "swapped": [chunks[1], chunks[0], chunks[2]],
        "left out": [chunks[0], chunks[2]],
        "twice": [chunks[0], chunks[0], chunks[1], chunks[2]],
        "the last one cut off": chunks[:2],
    }[what]
    assert opened(head + b"".join(chunks)) == bytes(3 * CHUNK)
    with pytest.raises(NotOpened):
        opened(head + b"".join(wrong))
