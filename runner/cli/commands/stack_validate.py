"""`driftline stack validate`: check stack files before they are committed; needs neither configuration nor database."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from runner.cli.folder import Folder
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.errors import BadConfig, BadStackFile, DriftlineError, NotFound
from runner.model.settings.server import Settings
from runner.model.settings.source import GENEROUS, Allow, SourceSettings
from runner.model.values.problem import Problem
from runner.view.document import document
from runner.view.problem import problem_row
from runner.view.words import counted

if TYPE_CHECKING:
    from runner.ports.git import Git

USUAL = "stack.yaml"


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@output_option
@pass_cli
def validate(cli: Cli, paths: tuple[Path, ...], output: str) -> None:
    """Check stack files, or every `stack.yaml` in directories (by default the current one).

    Reads the whole repository, to compare names, dependencies and states with all other stacks.
    """
    wanted = paths or (Path(),)
    problems: list[Problem] = []
    doubts: list[Problem] = []
    count = 0
    for root, group in _by_root(wanted).items():
        folder = Folder(root, _data_dirs(cli.config, root, group))
        files = _stack_files(folder, group)
        count += len(files)
        server = _server(cli.config, root)
        if server is None and files:
            cli.console.say(_UNJUDGED)
        found, unread = _found(folder, files, server.allow if server else GENEROUS)
        problems += found
        doubts += [*unread, *_doubts(files)]
    if output == "json":
        warnings = (problem_row(doubt, "warning") for doubt in doubts)
        cli.console.json(document((*map(problem_row, problems), *warnings)))
    else:
        cli.console.data(*(str(problem) for problem in problems))
        for doubt in doubts:
            cli.console.warn(str(doubt))
    if problems:
        message = f"{counted(len(problems), 'problem')} in {counted(count, 'stack file')}"
        raise BadStackFile(message, hint=_next_step(problems))
    if not count:
        raise NotFound(f"no {USUAL} in {', '.join(map(str, wanted))}", hint="driftline init")
    cli.console.say(f"{counted(count, 'stack file')} checked, no problems.")


def _next_step(problems: Sequence[Problem]) -> str:
    """The keys of a stack file explain no problem that is in its code."""
    if all(problem.stack_file for problem in problems):
        return "fix the code, then   driftline stack validate"
    return "fix the file; its keys are described by   driftline config schema --kind stack"


_UNJUDGED = (
    "The rules of the source were not checked, because no configuration here lists this repository as a source;"
    " use -c FILE."
)


def _server(config: Path | None, root: Path) -> SourceSettings | None:
    """The source by which a server reads this repository, where its configuration is here and sound."""
    from runner.config.server_file import find_config, load

    with suppress(DriftlineError, OSError):
        git = root / ".git" / "config"
        remotes = git.read_text(errors="replace").split() if git.is_file() else []
        for source in load(find_config(config)).sources:
            if source.url in remotes or Path(source.url).resolve() == root:
                return source
    return None


def _by_root(paths: Iterable[Path]) -> dict[Path, list[Path]]:
    groups: dict[Path, list[Path]] = {}
    for path in paths:
        groups.setdefault(_repository(path.resolve()), []).append(path.resolve())
    return groups


def _repository(path: Path) -> Path:
    """The top of the work tree around the path; without one, its folder."""
    folder = path if path.is_dir() else path.parent
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)


def _data_dirs(config: Path | None, root: Path, paths: Sequence[Path]) -> frozenset[Path]:
    """Those inside the repository: the trees in them are copies, each with the stack files of a revision."""
    from runner.config.server_file import find_config

    around = {place for path in paths for place in (path, *path.parents) if place.is_relative_to(root)}
    configurations = {place / "driftline.yaml" for place in around}
    with suppress(BadConfig):
        configurations.add(find_config(config))
    found = (place for file in configurations for place in _data_dir(file))
    return frozenset(place for place in found if root in place.parents)


def _data_dir(file: Path) -> Iterator[Path]:
    """As the configuration has it, which need not be sound for that: a token, say, is known to the server alone."""
    from runner.config.document import read_quickly
    from runner.config.reference import resolved
    from runner.config.walk import Odd

    with suppress(OSError, RuntimeError, Odd):  # unreadable, `~` of nobody, no plain YAML
        for document in read_quickly(file.read_bytes()):
            named = document.get("data_dir") if isinstance(document, dict) else None
            text, unresolved = resolved(named, os.environ)
            if isinstance(text, str) and not unresolved:
                yield (file.resolve().parent / Path(text).expanduser()).resolve()


def _stack_files(folder: Folder, paths: Sequence[Path]) -> dict[str, Path]:
    """By their path inside the repository."""
    found: dict[str, Path] = {}
    for path in paths:
        inside = _usual(folder, path) if path.is_dir() else [path]
        found |= {
            file.relative_to(folder.root).as_posix(): file for file in inside if not folder.leaves_out(file)
        }
    return found


def _usual(folder: Folder, top: Path) -> Iterator[Path]:
    return (place / USUAL for place, _, files in folder.below(top) if USUAL in files)


def _found(folder: Folder, files: dict[str, Path], allow: Allow) -> tuple[list[Problem], list[Problem]]:
    """Problems of the files that were asked for, named as a person in this folder names them; and files of version
    managers above them that nobody reads.
    """
    from runner.config.stack_file import StackFileReader
    from runner.engine.modules.configuration import HclModules
    from runner.service.discovery.discover import Discoverer

    root = folder.root
    source = SourceSettings(name="here", url=str(root), stacks=(f"**/{USUAL}", *files), allow=allow)
    settings = Settings(data_dir=root, sources=(source,))
    discoverer = Discoverer(cast("Git", folder), StackFileReader(), HclModules(), settings)
    found = discoverer.discover(source, "0" * 40)
    here = Path.cwd()
    problems = [
        _renamed(problem, files.get(problem.file, root / problem.file), here)
        for problem in found.problems
        if (problem.stack_file or problem.file) in files
    ]
    notes = [
        _renamed(note, root / note.file, here)
        for note in found.notes
        if any(Path(file).is_relative_to(_governed(note.file)) for file in files)
    ]
    return problems, notes


def _governed(file: str) -> Path:
    """The directory in which a version manager's file counts."""
    folder = Path(file).parent
    return folder.parent if folder.name == ".config" else folder


def _doubts(files: dict[str, Path]) -> Iterator[Problem]:
    """What is allowed and hardly meant."""
    from runner.config.heal_rules import stack_heal_doubts

    for name, path in files.items():
        with suppress(OSError):
            for doubt in stack_heal_doubts(name, path.read_bytes()):
                yield _renamed(doubt, path, Path.cwd())


def _renamed(problem: Problem, file: Path, here: Path) -> Problem:
    name = str(file.relative_to(here)) if file.is_relative_to(here) else str(file)
    return replace(problem, file=name)
