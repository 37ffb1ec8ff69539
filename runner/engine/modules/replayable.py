"""Whether a plan of this code follows from nothing but its inputs and what providers answer.

Only then may a recorded check be repeated without the engine. Unclear code may not.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from runner.engine.modules.block_scan import scan_file
from runner.engine.modules.code import files_of
from runner.engine.modules.code_files import Code
from runner.engine.modules.declared import why
from runner.engine.modules.expression_scan import Outside, Scan
from runner.engine.modules.module_files import in_order
from runner.engine.modules.tree_reads import TreeReads
from runner.hcl.tokens import NotHcl
from runner.model.code.called_modules import ROOT, CalledModule
from runner.model.values.paths import printable

LARGEST_CODE = 16 << 20  # bytes of all modules
_ROOT = CalledModule("", ROOT, fetched=False)


def outside_induction(
    modules: Iterable[CalledModule], read: Mapping[str, bytes], fetched: Path, code: Code
) -> str:
    """Why not, with file and line; "" if a recorded check of this code may be repeated.

    `read` is the code as measured before the plan. The files that it reads are looked up in the tree of `code`.
    """
    try:
        judged = _Judged(_real(code.module), _real(code.tree), _real(fetched))
        for module, files in _by_module(modules, read, fetched, code.suffixes):
            judged.module(module, files)
    except Outside as problem:
        return str(problem)
    except OSError as problem:
        return printable(f"has code that cannot be read ({problem})")
    return ""


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))


def _by_module(
    modules: Iterable[CalledModule], read: Mapping[str, bytes], fetched: Path, suffixes: tuple[str, ...]
) -> Iterator[tuple[CalledModule, dict[str, bytes]]]:
    called = {one.key: one for one in (_ROOT, *modules)}
    found: dict[str, dict[str, bytes]] = {key: {} for key in called}
    for module, name, content in files_of(called.values(), read, fetched, suffixes):
        found[module.key][name] = content
    if sum(len(content) for files in found.values() for content in files.values()) > LARGEST_CODE:
        raise Outside(f"has more than {LARGEST_CODE:,} bytes of code")
    for key, files in found.items():
        if not files:
            raise Outside(f'has a module "{printable(key)}" whose files cannot be read')
        yield called[key], {name: files[name] for name in in_order(files)}


@dataclass(frozen=True)
class _Judged:
    """A stack's root module, the tree that it is in, and the data folder; none reached through a link."""

    root: Path
    tree: Path
    data: Path
    scan: Scan = field(default_factory=Scan)

    def module(self, module: CalledModule, files: Mapping[str, bytes]) -> None:
        top = self.data if module.fetched else self.tree
        base = self.data if module.fetched else self.root
        folder = os.path.normpath(base / module.folder)
        if not f"{folder}/".startswith(f"{top}/"):
            raise Outside(f'has the module "{printable(module.key)}", which is outside of the repository')
        if os.path.realpath(base / module.folder) != folder:
            raise Outside(f'has the module "{printable(module.key)}", which is reached through a link')
        before = self.scan.reads
        within = os.path.relpath(folder, top)
        for name, content in files.items():
            with _located(module, within, name):
                if os.path.islink(f"{folder}/{name}"):  # noqa: PTH114 - of many files
                    raise Outside("has a link as a file of code")
                scan_file(self.scan, name, content)
        reads = TreeReads(self.tree, self.data, os.path.relpath(self.root, self.tree), module, within)
        with _located(module, within):
            reads.judge(files, self.scan.reads - before, self.scan)


@contextmanager
def _located(module: CalledModule, folder: str, name: str = "") -> Iterator[None]:
    """Say where what is raised was found."""
    try:
        yield
    except (NotHcl, ValueError, RecursionError) as problem:
        place = _place(module, folder, name)
        raise Outside(f"has code that cannot be read ({printable(why(problem))}) in {place}") from None
    except Outside as problem:
        place = _place(module, folder, name or problem.file)
        line = f":{problem.line}" if problem.line else ""
        raise Outside(f"{problem} in {place}{line}") from None


def _place(module: CalledModule, folder: str, name: str) -> str:
    if module.fetched:
        folder = f"module.{module.key}"
    return printable(os.path.normpath(f"{folder}/{name}"))
