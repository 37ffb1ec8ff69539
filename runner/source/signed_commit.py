"""A commit object as bytes: the signed payload, and the signature. Parsed here, independent of any configuration."""

from runner.model.values.frozen import dataclass

HEADERS = {40: b"gpgsig", 64: b"gpgsig-sha256"}  # by the length of the repository's object ids
ANY_HEADER = b"gpgsig"


class Refused(Exception):
    """The sentence says why a commit is not trusted"""


@dataclass(frozen=True)
class Signed:
    """`payload` is the whole commit without its signature."""

    payload: bytes
    signature: bytes


def read(revision: str, commit: bytes) -> Signed:
    """Exactly one signature, in the header for this kind of repository.

    git skips all other headers starting with `gpgsig`, which are unsigned: such a commit is refused here.
    """
    head, separator, message = commit.partition(b"\n\n")
    wanted = HEADERS[len(revision)] + b" "
    rest: list[bytes] = []
    signature: list[bytes] = []
    inside = False
    for line in head.split(b"\n"):
        if inside and line.startswith(b" "):
            signature.append(line[1:])
        elif line.startswith(wanted) and not signature:
            inside = True
            signature.append(line.removeprefix(wanted))
        elif line.startswith(ANY_HEADER):
            raise Refused("it has more than one signature, or one for another kind of repository")
        else:
            inside = False
            rest.append(line)
    if not signature:
        raise Refused("it is not signed")
    return Signed(b"\n".join(rest) + separator + message, b"\n".join(signature) + b"\n")
