"""Headers of HTTP/2 as they come (RFC 7541): with the table of what the other side has sent, and Huffman's code."""

from __future__ import annotations

_STATIC = """\
:authority :method=GET :method=POST :path=/ :path=/index.html :scheme=http :scheme=https :status=200 :status=204
:status=206 :status=304 :status=400 :status=404 :status=500 accept-charset accept-encoding=gzip,_deflate accept-language
accept-ranges accept access-control-allow-origin age allow authorization cache-control content-disposition
content-encoding content-language content-length content-location content-range content-type cookie date etag expect
expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified link location
max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after server set-cookie
strict-transport-security transfer-encoding user-agent vary via www-authenticate
"""
STATIC = tuple(
    (name.encode(), value.replace("_", " ").encode())
    for name, _, value in (row.partition("=") for row in _STATIC.split())
)
# How many bits the code of each byte has. Codes are given out by their length, and then by the byte.
LENGTHS = bytes.fromhex(
    "0d171c1c1c1c1c1c1c181e1c1c1e1c1c1c1c1c1c1c1c1e1c1c1c1c1c1c1c1c1c060a0a0c0d06080b0a0a080b08060606"
    "0505050606060606060607080f060c0a0d06070707070707070707070707070707070707070707070807080d130d0e06"
    "0f05060506050606060507070606060506070605050607070707070f0b0e0d1c14161414161616171617171717171817"
    "181816171817171717151617161717181615141616171715171616181516171715151615171617171416161617161617"
    "1a1a1413161716191a1a1a1b1b1a181913151a1b1b1a1b1815151a1a1c1b1b1b14181415161515171616191918181a17"
    "1a1b1a1a1b1b1b1b1b1c1b1b1b1b1b1a"
)
ENTRY = 32  # what each entry of a table counts beside its text
INDEXED, ADDED, RESIZED = 0x80, 0x40, 0x20


def _codes() -> dict[tuple[int, int], int]:
    made = {}
    code = former = 0
    for length, byte in sorted((length, byte) for byte, length in enumerate(LENGTHS)):
        code <<= length - former
        made[length, code] = byte
        code, former = code + 1, length
    return made


CODES = _codes()


def plain(coded: bytes) -> bytes:
    """What Huffman's code stands for. The bits that fill the last byte are the beginning of a longer code."""
    made = bytearray()
    code = length = 0
    for byte in coded:
        for shift in range(7, -1, -1):
            code, length = code << 1 | byte >> shift & 1, length + 1
            found = CODES.get((length, code))
            if found is not None:
                made.append(found)
                code = length = 0
    return bytes(made)


class Blocks:
    """Of one connection."""

    def __init__(self) -> None:
        self._table: list[tuple[bytes, bytes]] = []
        self._room = 4096

    def read(self, block: bytes) -> dict[bytes, bytes]:
        headers = {}
        at = 0
        while at < len(block):
            first = block[at]
            if first & INDEXED:
                index, at = _number(block, at, 7)
                name, value = self._entry(index)
            elif first & ADDED:
                name, value, at = self._literal(block, at, 6)
                self._table.insert(0, (name, value))
                self._shrink()
            elif first & RESIZED:
                self._room, at = _number(block, at, 5)
                self._shrink()
                continue
            else:
                name, value, at = self._literal(block, at, 4)
            headers[name] = value
        return headers

    def _entry(self, index: int) -> tuple[bytes, bytes]:
        return STATIC[index - 1] if index <= len(STATIC) else self._table[index - len(STATIC) - 1]

    def _literal(self, block: bytes, at: int, bits: int) -> tuple[bytes, bytes, int]:
        index, at = _number(block, at, bits)
        if index:
            name = self._entry(index)[0]
        else:
            name, at = _text(block, at)
        value, at = _text(block, at)
        return name, value, at

    def _shrink(self) -> None:
        while sum(len(name) + len(value) + ENTRY for name, value in self._table) > self._room:
            self._table.pop()


def _number(block: bytes, at: int, bits: int) -> tuple[int, int]:
    most = (1 << bits) - 1
    value = block[at] & most
    at += 1
    if value < most:
        return value, at
    shift = 0
    while True:
        byte = block[at]
        at += 1
        value += (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _text(block: bytes, at: int) -> tuple[bytes, int]:
    coded = block[at] & 0x80
    size, at = _number(block, at, 7)
    value = block[at : at + size]
    return plain(value) if coded else value, at + size


def literal(name: bytes, value: bytes) -> bytes:
    """One header as it is sent, in no table."""
    return b"\0" + b"".join(_size(len(one)) + one for one in (name, value))


def _size(size: int) -> bytes:
    if size < 0x7F:
        return bytes((size,))
    size -= 0x7F
    made = bytearray((0x7F,))
    while size >= 0x80:
        made.append(size & 0x7F | 0x80)
        size >>= 7
    made.append(size)
    return bytes(made)
