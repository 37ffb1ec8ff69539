"""One program out of the archive of a release. No path in the archive is ever used."""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from runner.errors import EngineUntrusted

LARGEST = 1 << 30  # bytes of a program; terraform has about 90 MB
MOST_ENTRIES = 64
CHUNK = 1 << 20


def take_program(archive: Path, name: str, into: Path) -> None:
    """EngineUntrusted unless the archive holds plain files only, and the program once."""
    try:
        with zipfile.ZipFile(archive) as opened:
            program = _found(opened, archive.name, name)
            with opened.open(program) as content, into.open("xb") as file:
                size = 0
                while chunk := content.read(CHUNK):
                    size += len(chunk)
                    if size > LARGEST:
                        raise EngineUntrusted(file=archive.name, problem=_too_large(name))
                    file.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise EngineUntrusted(file=archive.name, problem=f"it is no sound zip file: {error}") from error


def _found(opened: zipfile.ZipFile, archive: str, name: str) -> zipfile.ZipInfo:
    entries = opened.infolist()
    if len(entries) > MOST_ENTRIES:
        raise EngineUntrusted(file=archive, problem=f"it has more than {MOST_ENTRIES} entries")
    for entry in entries:
        path = entry.orig_filename
        if PurePosixPath(path).name != path or "\\" in path:
            raise EngineUntrusted(file=archive, problem=f'it has an entry with a path: "{path}"')
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in {0, stat.S_IFREG}:
            raise EngineUntrusted(file=archive, problem=f'its entry "{path}" is no regular file')
    programs = [entry for entry in entries if entry.orig_filename == name]
    if len(programs) != 1:
        raise EngineUntrusted(
            file=archive, problem=f'it has {len(programs) or "no"} entries "{name}", and needs one'
        )
    if programs[0].file_size > LARGEST:
        raise EngineUntrusted(file=archive, problem=_too_large(name))
    return programs[0]


def _too_large(name: str) -> str:
    return f'its entry "{name}" exceeds {LARGEST >> 20} MiB'
