"""What the operator trusts: the files under `verify` of a source, and the programs that use them."""

import base64
import binascii
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.errors import VerifierFailed
from runner.model.settings.source import SourceSettings
from runner.model.values.frozen import dataclass
from runner.source.command import KILLED, NOT_FOUND, Call, Ended, run
from runner.source.failure import one_line

KEYS = ("allowed_signers", "gpg_keys", "revoked")
# The format of a line, and the words at which the key may start.
LINES = {
    "allowed_signers": ("a name, options, and a public key, as in: ana@example.com ssh-ed25519 AAAA...", 1),
    "revoked": ("a public key, or a whole file made by ssh-keygen -k", 0),
}
REVOCATION_LIST = b"SSHKRL\n\0"
PUBLIC_KEY = re.compile(rb"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w.@-]+")


@dataclass(frozen=True)
class Bench:
    """A private folder with copies of the configured files, so that nothing changes while commits are judged."""

    source: SourceSettings
    folder: Path
    timeout: float

    def has(self, key: str) -> bool:
        return (self.folder / key).exists()

    def ask(self, *argv: str, stdin: bytes = b"") -> Ended:
        """The answer of a program. VerifierFailed without one: that says nothing about a commit."""
        ended = run(Call(argv, self.folder, self.timeout), stdin)
        if ended.code in {NOT_FOUND, KILLED}:
            raise self.failed(f"{argv[0]}: {ended.error}")
        return ended

    def failed(self, problem: str) -> VerifierFailed:
        return VerifierFailed(source=self.source.name, problem=one_line(problem, self.source))


@contextmanager
def bench(source: SourceSettings, timeout: float) -> Iterator[Bench]:
    """VerifierFailed if a file is unreadable or has the wrong content."""
    # mkdtemp creates it with 0700, which gpg requires.
    with TemporaryDirectory(prefix="driftline-trust-") as folder:
        made = Bench(source, Path(folder), timeout)
        for key in KEYS:
            path: Path | None = getattr(source.verify, key)
            if path is not None:
                _copy(made, key, path)
        yield made


def _copy(made: Bench, key: str, path: Path) -> None:
    try:
        shutil.copyfile(path, made.folder / key)
        content = (made.folder / key).read_bytes()
    except OSError as error:
        raise made.failed(f"verify.{key}: {path}: {error.strerror}") from error
    if not content.strip() and key != "revoked":
        raise made.failed(f"verify.{key}: {path} is empty")
    if key in LINES and not content.startswith(REVOCATION_LIST):
        _check_lines(made, f"verify.{key}: {path}", content, *LINES[key])


def _check_lines(made: Bench, file: str, content: bytes, expected: str, first: int) -> None:
    """ssh-keygen says little about a bad line: in `revoked` it refuses every signature, in `allowed_signers`
    that line's.
    """
    for number, line in enumerate(content.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith(b"#"):
            continue
        places = range(first, len(words) - 1) if first else (0,)  # options may contain spaces
        if not any(_is_key(words[at : at + 2]) for at in places):
            raise made.failed(f"{file}:{number}: expected {expected}")


def _is_key(words: list[bytes]) -> bool:
    if len(words) < 2 or PUBLIC_KEY.fullmatch(words[0]) is None:
        return False
    try:
        return words[0] in base64.b64decode(words[1], validate=True)
    except binascii.Error:
        return False
