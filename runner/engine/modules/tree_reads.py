"""Whether the files that a module's functions read are files of the tree, which are inputs of the stack."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from runner.engine.modules.expression_scan import Outside, Scan
from runner.engine.modules.file_reads import reads_of
from runner.hcl.text import hcl_text
from runner.hcl.tokens import NotHcl
from runner.host.files import read_foreign
from runner.model.code.called_modules import FETCHED, CalledModule
from runner.model.code.file_reads import ANY, FILESET, REPOSITORY, TEMPLATEFILE, FileRead, Reads
from runner.model.code.module import LARGEST
from runner.model.code.path_scope import Scope
from runner.model.values.paths import TOP, join, printable

_DATA = "\1"  # the data folder, in paths from the repository's top; no name in Git has it
MOST_FILES = 10_000  # below the folders that are searched for links
# Upwards, escapes, alternatives, computed parts.
_ODD_PATTERN = re.compile(r"\.\.|[\\{}\0]")
UNKNOWN = "reads a file whose path is only known while planning"


class TreeReads:
    """Of one module. `tree` and `data` are folders reached through no link; `root` and `folder` are below one of them."""

    def __init__(self, tree: Path, data: Path, root: str, module: CalledModule, folder: str) -> None:
        self._tree, self._data, self._root = tree, data, root
        self._is_fetched = module.fetched
        self._folder = f"{_DATA}/{folder}" if module.fetched else folder

    def judge(self, files: Mapping[str, bytes], counted: int, scan: Scan) -> None:
        """Outside, if anything else may be read than files of the tree or of a fetched module."""
        reads = reads_of(files)
        if len(reads.files) < counted:
            raise Outside("has calls that read files and are not understood")
        scope = self._scope(reads)
        for read in reads.files:
            try:
                self._judge(scope, read, scan)
            except Outside as problem:
                raise Outside(f"{problem}, {read.code},", read.line, read.file) from None

    def _scope(self, reads: Reads) -> Scope:
        """Without variables and workspace, which callers, var files and stacks set."""
        known = {name: value for name, value in reads.values.items() if not name.startswith("var.")}
        return Scope(self._folder, self._root, None, known, {})

    def _judge(self, scope: Scope, read: FileRead, scan: Scan) -> None:
        for path in read.paths:
            text, pattern = scope.text(path), scope.text(read.pattern)
            if text is None or pattern is None or (ANY in text and read.function == TEMPLATEFILE):
                raise Outside(UNKNOWN)
            fixed, several, rest = text.partition(ANY)
            if ".." in rest or "\0" in rest.replace(ANY, ""):
                raise Outside(UNKNOWN)
            if several:
                fixed = fixed[: fixed.rfind("/") + 1]
            if read.function == FILESET and _ODD_PATTERN.search(pattern):
                raise Outside("searches for files by an unclear pattern")
            place = self._place(fixed)
            if several or read.function == FILESET:
                _without_links(place)
            elif read.function == TEMPLATEFILE:
                _template(place, scan)

    def _place(self, text: str) -> str:
        """The absolute path; Outside if it is none of the stack's inputs, or is reached through a link."""
        path = text.removeprefix(REPOSITORY) if text.startswith(REPOSITORY) else f"{self._root}/{text}"
        place = join(TOP, path)
        if text.startswith(("/", "~")) or place is None:
            raise Outside("reads a file outside of the repository")
        base, within = self._tree, TOP
        if path.startswith(f"{_DATA}/"):
            base, within = self._data, FETCHED
            path, place = path.removeprefix(f"{_DATA}/"), place.removeprefix(f"{_DATA}/")
        elif self._is_fetched:
            within = self._root  # what a fetched module reads elsewhere in the repository is no input
        if within != TOP and not f"{place}/".startswith(f"{within}/"):
            raise Outside("reads a file outside of its module")
        found = os.path.normpath(base / place)
        if os.path.realpath(base / path) != found:
            raise Outside("reads a file through a link")
        return found


def _without_links(folder: str) -> None:
    """Nothing below may lead elsewhere: which names are read there is only known while planning."""
    count = 0
    for place, folders, files in os.walk(folder):
        count += len(folders) + len(files)
        if count > MOST_FILES:
            raise Outside(f"reads from a folder with more than {MOST_FILES:,} files")
        if any(os.path.islink(f"{place}/{name}") for name in (*folders, *files)):  # noqa: PTH114 - of many
            raise Outside("reads from a folder with a link in it")


def _template(path: str, scan: Scan) -> None:
    """A template is code. One that reads files itself is refused: relative to what is not said in it."""
    try:
        text = hcl_text(read_foreign(path, LARGEST))
    except FileNotFoundError:
        return  # always an error, unless `try` or a condition expects it
    except (OSError, UnicodeDecodeError):
        raise Outside("renders a template that cannot be read") from None
    name, before = os.path.basename(path), scan.reads  # noqa: PTH119
    try:
        scan.raw(text)
        scan.template(text)
    except (Outside, NotHcl) as problem:
        raise Outside(f"renders {printable(name)}, which {problem}") from None
    if scan.reads > before:
        raise Outside(f"renders {printable(name)}, which reads files")
