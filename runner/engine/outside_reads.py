"""Files outside the repository that the code reads: no revision has them, and an apply reads them again.

Provisioners, provider configurations and write-only arguments may call `file("/etc/motd")`, which a plan's
JSON does not show. All such files count, whichever expression reads them.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from runner.engine.contexts import FOLDER as CONTEXTS
from runner.engine.modules.code import files_of
from runner.engine.passed_in import identity_in, marked
from runner.engine.session import Session
from runner.hcl.blocks import blocks_of
from runner.hcl.tokens import NotHcl
from runner.host.files import read_foreign
from runner.model.approval.binding import FILE
from runner.model.changes.secret_shape import names_secret

LARGEST = 16 << 20
_READING = re.compile(rb"file|provider|script")  # files without any of these words read nothing
_MAX_GUESSES = 10_000
_MAX_FILES = 1_000  # of a folder
# A plan contains the values that these blocks read.
_PLANNED = frozenset({"data", "variable", "terraform", "check", "import", "moved"})
# These differ at each read.
_VOLATILE = ("/proc/", "/sys/", "/dev/", "/var/log/")
_CALL = re.compile(
    r"(?:\b([\w-]+)\s*=\s*)?"
    r"\b(?:templatefile|file(?:exists|set|md5|sha1|sha256|sha512|base64|base64sha256|base64sha512)?)\s*\(\s*"
)
_PLAIN = re.compile(r'"((?:[^"\\$%\n]|[$%](?!\{)|\$\{path\.(?:module|root|cwd)\})*)"\s*[,)]')
# What provisioners send to another machine: a file, a folder, scripts.
_SENDS = re.compile(r'"(?:file|remote-exec)"')
_SENT = re.compile(r"\b(?:source|scripts?)\s*=\s*(\[[^\]]*\]|[^\n]*)")
_STRING = re.compile(r'"((?:[^"\\$%\n]|[$%](?!\{)|\$\{path\.(?:module|root|cwd)\})*)"')
_INSIDE = re.compile(r'"(?:\$\{path\.|[^"/$])')
_BEHIND = re.compile(r'"\$\{[^{}"]*\}([^"\\$%{}\n]*)"\s*[,)]')
_ABSOLUTE = re.compile(r'"(/[^"\\$%{}\n]+)"')
# Provider arguments that name a file with an identity.
_CONFIGURED = re.compile(r"\b[\w-]*(?:config|credential|key)[\w-]*\s*=\s*(\[[^\]]*\]|\"[^\"\n]*\")")


@dataclass
class Reads:
    """The files that calls name. Of `identities` only the identity in them counts. `behind` follows a
    computed part of a path.
    """

    paths: set[str] = field(default_factory=set)
    identities: set[str] = field(default_factory=set)
    behind: set[str] = field(default_factory=set)

    def note(self, kind: str, text: str, module: Path, root: Path) -> None:
        """Record a block of this kind, in a module in that folder."""
        if kind in _PLANNED:
            return
        if kind == "provider":
            self.identities |= {
                path for found in _CONFIGURED.finditer(text) for path in _ABSOLUTE.findall(found[1])
            }
        if not kind or (kind == "resource" and _SENDS.search(text)):
            self._note_sent(text, module, root)
        for call in _CALL.finditer(text):
            plain = _PLAIN.match(text, call.end())
            if plain is not None:
                secret = kind == "provider" and names_secret(call[1] or "")
                (self.identities if secret else self.paths).add(_place(plain[1], module, root))
            elif _INSIDE.match(text, call.end()) is None:
                behind = _BEHIND.match(text, call.end())
                self.behind.add("" if behind is None else behind[1])

    def _note_sent(self, text: str, module: Path, root: Path) -> None:
        for found in _SENT.finditer(text):
            literals = _STRING.findall(found[1])
            self.paths |= {_place(path, module, root) for path in literals}
            if not literals:
                behind = _BEHIND.match(f"{found[1].strip()},")
                self.behind.add("" if behind is None else behind[1])


def outside(session: Session) -> tuple[str, ...]:
    """`file:PATH digest` of each; nothing without a key, since short content could be guessed from its digest."""
    key, workspace = session.execution.key, session.execution.workspace
    if not key or session.seal is None or session.read is None:
        return ()
    reads = Reads()
    files = list(
        files_of(session.seal.manifest.modules, session.read, session.seal.data, session.row.suffixes)
    )
    for module, name, content in files:
        folder = (workspace.data if module.fetched else workspace.module) / module.folder
        for kind, text in _texts(name, content) if _READING.search(content) else ():
            reads.note(kind, text, folder, workspace.module)
    reads.paths |= set(
        islice(_guesses(session, reads.behind, (content for *_, content in files)), _MAX_GUESSES)
    )
    # Files of contexts have marks of their own, and another path in each run.
    own = (workspace.tree or workspace.module, workspace.data, workspace.control / CONTEXTS)
    inside = tuple(f"{folder}/" for folder in own)
    digests = {
        path: _content(path) for path in reads.paths if not f"{path}/".startswith((*inside, *_VOLATILE))
    }
    digests |= {
        path: _identity(path)
        for path in reads.identities - digests.keys()
        if not f"{path}/".startswith(inside)
    }
    return tuple(
        f"{FILE}{path} {marked(path, found, key)}"
        for path, found in sorted(digests.items())
        if found is not None
    )


def _texts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """The kind of each block and its text; the whole file as one block if its structure is unclear."""
    if name.endswith(".json"):
        with suppress(ValueError, RecursionError):
            yield from (("", text) for text in _strings(json.loads(content)))
        return
    text = content.decode("utf-8-sig", errors="replace")
    try:
        yield from ((block.kind, block.body) for block in blocks_of(text))
    except NotHcl:
        yield "", text


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, part in value.items():
                yield from (f'{name} = "{part}"',) if isinstance(part, str) else _strings(part)
        case list():
            for part in value:
                yield from _strings(part)


def _place(path: str, module: Path, root: Path) -> str:
    for name, folder in (("module", module), ("root", root), ("cwd", root)):
        path = path.replace(f"${{path.{name}}}", str(folder))
    return os.path.normpath(root / path)


def _guesses(session: Session, behind: Iterable[str], contents: Iterable[bytes]) -> Iterator[str]:
    """Possible targets of a computed path: any file whose absolute path, or its beginning, is written somewhere."""
    if not behind:
        return
    variables = [value for name, value in session.environment.items() if name.startswith("TF_VAR_")]
    texts = [
        *(content.decode(errors="replace") for content in contents),
        *(path.read_text(errors="replace") for path in session.var_files() if path.is_file()),
        *(f'"{value}"' for value in variables),
        *variables,
    ]
    for beginning in sorted({path for text in texts for path in _ABSOLUTE.findall(text)}):
        for rest in sorted(behind):
            if Path(place := os.path.normpath(f"{beginning}{rest}")).is_file():
                yield place


def _content(path: str) -> str | None:
    """A digest, or the contents of a folder; None if there is nothing to bind to."""
    try:
        real = Path(path).resolve()
        if real.is_dir():
            return "\n".join(sorted(islice(_files_below(real), _MAX_FILES)))
        content = read_foreign(real, LARGEST)
    except FileNotFoundError:
        return "not there"
    except (OSError, RuntimeError):
        return None
    return identity_in(content) or hashlib.sha256(content).hexdigest()


def _files_below(folder: Path) -> Iterator[str]:
    """Each with its size and time: a folder to send may have any size."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            about = (Path(place) / name).lstat()
            yield f"{place}/{name} {about.st_size} {about.st_mtime_ns}"


def _identity(path: str) -> str | None:
    try:
        return identity_in(read_foreign(Path(path).resolve(), LARGEST), lines=True)
    except (OSError, RuntimeError):
        return None
