"""`driftline config`: check the configuration, show what counts, print its schema."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import field
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Literal

import click

from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.output import Cell
from runner.errors import BadConfig, DriftlineError
from runner.model.approval.rule_reach import forgotten
from runner.model.approval.terms import Declaration
from runner.model.code.engines import ENGINES
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.model.values.frozen import dataclass
from runner.model.values.problem import Problem
from runner.view.document import document
from runner.view.problem import problem_row
from runner.view.words import counted

if TYPE_CHECKING:
    from runner.app import App


@click.group()
def command() -> None:
    """Validate and show the configuration, and print its schema."""


@command.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@output_option
@pass_cli
def validate(cli: Cli, file: Path | None, output: str) -> None:
    """Check FILE, or the active configuration, and report all problems with their positions."""
    from runner.config.server_file import check, find_config

    path = find_config(file or cli.config)
    settings, problems = check(path)
    doubts: list[Problem] = []
    if settings is not None and not problems:
        known = _known(settings, path)
        problems, unsure = _misplaced(settings, path, known)
        doubts = [*unsure, *_doubts(settings, path, known)]
    if output == "json":
        warnings = (problem_row(doubt, "warning") for doubt in doubts)
        cli.console.json(document((*map(problem_row, problems), *warnings)))
    else:
        cli.console.data(*map(str, problems))
        for doubt in doubts:
            cli.console.warn(doubt.message if (doubt.line, doubt.column) == (1, 1) else str(doubt))
    if settings is None or problems:
        count = counted(len(problems), "problem")
        raise BadConfig(
            f"{path} has {count}", hint="fix the file; its keys are described by   driftline config schema"
        )
    names = ", ".join(source.name for source in settings.sources) or "none"
    # Not a flaw of the file: it may be made or mounted later.
    for missing in _missing(settings):
        cli.console.say(Cell(f"! {missing}", "yellow"))
    cli.console.say(f"{path} is valid; sources: {names}; data in {settings.data_dir}")


def _missing(settings: Settings) -> Iterator[str]:
    for number, place in enumerate(settings.executor.visible):
        if _is_gone(place):
            yield f"executor.visible[{number}]: {place} does not exist, so runs cannot use it"
    for engine in ENGINES:
        binary = getattr(settings.engines, engine).binary
        if binary is not None and binary.startswith("/") and _is_gone(Path(binary)):
            yield f"engines.{engine}.binary: {binary} does not exist, so stacks that want no other version wait"
    tls = settings.web.tls
    for key, file in (("cert", tls.cert), ("key", tls.key)):
        if file is not None and _is_gone(file):
            yield f"web.tls.{key}: {file} does not exist, so nothing is served"
    if settings.web.oidc is not None and find_spec("authlib") is None:
        yield "web.oidc: authlib is not installed here, so nothing is served:   pip install 'driftline[oidc]'"


def _is_gone(place: Path) -> bool:
    """Not where this user may not look: the service's user perhaps may."""
    try:
        place.stat()
    except OSError as error:
        return error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
    return False


@dataclass(frozen=True)
class _Known:
    """The stacks, where there is a database that can be read; what their approval rules are judged by, where there are any."""

    stacks: dict[str, Stack] = field(default_factory=dict)
    counting: dict[str, tuple[Declaration, ...]] = field(default_factory=dict)


def _known(settings: Settings, path: Path) -> _Known:
    from runner.app import App
    from runner.model.settings.rule_tables import table_rules
    from runner.service.approval.terms import counting
    from runner.store.database import FILE_NAME

    rules = any(table_rules(settings))
    if (rules or settings.promotion) and os.access(settings.data_dir / FILE_NAME, os.R_OK):
        with suppress(DriftlineError, OSError), App(settings, path).store.reading() as reader:
            present = {stack.name: stack for stack in reader.stacks() if stack.missing_since is None}
            declared = present if rules else {}
            return _Known(present, {name: counting(reader, stack) for name, stack in declared.items()})
    return _Known()


def _misplaced(settings: Settings, path: Path, known: _Known) -> tuple[list[Problem], list[Problem]]:
    """Stages of promotions: what is certainly wrong with their order, and what a commit may still mend."""
    from runner.config.promotion_rules import misplaced_stages
    from runner.config.server_file import placed

    if not settings.promotion or not known.stacks:
        return [], []
    wrong, unsure = misplaced_stages(settings, known.stacks)
    return placed(path, wrong), placed(path, unsure)


def _doubts(settings: Settings, path: Path, known: _Known) -> Iterator[Problem]:
    """What is allowed and hardly meant."""
    from runner.app import App
    from runner.config.context_rules import careless
    from runner.config.forge_rules import shared_statuses
    from runner.config.heal_rules import server_heal_doubts
    from runner.config.notify_rules import secrets_in_clear
    from runner.config.server_file import placed
    from runner.host.clock import SystemClock
    from runner.model.approval.window_doubts import doubtful_windows

    flaws = _flawed_policies(App(settings, path))
    for sentence in (
        *forgotten(settings, known.counting),
        *doubtful_windows(settings.windows, known.counting, SystemClock().now()),
        *careless(settings, os.environ),
        *_broken_templates(settings),
        *flaws,
    ):
        yield Problem(str(path), 1, 1, sentence)
    doubts = [
        *server_heal_doubts(settings, known.counting),
        *secrets_in_clear(settings),
        *shared_statuses(settings.sources),
    ]
    yield from placed(path, doubts)


def _broken_templates(settings: Settings) -> Iterator[str]:
    from importlib.util import find_spec

    own = [one for one in settings.notifications if one.templates is not None]
    if own and find_spec("jinja2") is not None:
        from runner.notify.templates import Templates

        for one in own:
            for flaw in Templates(one.templates).flaws():
                yield f'notification "{one.name}": {flaw}; the default text is used'


def _flawed_policies(app: "App") -> Iterator[str]:
    """Why a policy denies every plan, with the place in its text."""
    if not app.settings.policies:
        return
    with TemporaryDirectory(prefix="driftline-policy-") as place:
        for material in app.policies.every().policies:
            for line in app.judge.evaluation.flaws(material, Path(mkdtemp(dir=place))).splitlines():
                yield f'policy "{material.name}" denies every plan: {line}'


@command.command()
@output_option
@pass_cli
def show(cli: Cli, output: str) -> None:
    """Show the active configuration, including defaults, with secrets masked."""
    from runner.config.show import show as shown

    settings = shown(cli.app.settings)
    if output == "json":
        cli.console.json(settings)
        return
    import yaml

    cli.console.say(f"# {cli.app.config_path}")
    cli.console.data(*yaml.safe_dump(settings, sort_keys=False, allow_unicode=True).splitlines())


@command.command()
@click.option("--kind", type=click.Choice(["server", "stack"]), default="server", help="Kind of file.")
@pass_cli
def schema(cli: Cli, kind: Literal["server", "stack"]) -> None:
    """Print the JSON schema for editors: the meaning and allowed values of each key."""
    from runner.config.schema import json_schema

    cli.console.json(json_schema(kind))
