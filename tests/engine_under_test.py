"""Tests on other engines than the one on PATH: `DRIFTLINE_TEST_ENGINES=/opt/tofu/1.12.6:/opt/terraform/1.15.9 pytest`.

For each terraform and each tofu in these folders the tests of FOLDERS run once more, in a process of its own that has the folder
first on its PATH. With a tofu, stacks that name no engine are planned by it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

FOLDERS = ("engine", "plan", "probe", "journey")
ALL, ONE = "DRIFTLINE_TEST_ENGINES", "DRIFTLINE_TEST_ENGINE"
ENGINES = ("terraform", "tofu")
TESTS = Path(__file__).parent


def found(named: str) -> Iterator[Path]:
    """The engines in folders that are written like a PATH; an error for a folder without any."""
    for folder in filter(None, named.split(os.pathsep)):
        here = [path for engine in ENGINES if os.access(path := Path(folder).absolute() / engine, os.X_OK)]
        if not here:
            raise pytest.UsageError(f"{ALL}: there is no terraform and no tofu in {folder}")
        yield from here


def about_engines(arguments: list[str]) -> list[str]:
    """Those of the named tests that run on each engine."""
    chosen: list[str] = []
    for argument in arguments:
        path = Path(argument.partition("::")[0]).absolute()
        if path in {TESTS, *TESTS.parents}:
            chosen += [str(TESTS / folder) for folder in FOLDERS]
        elif any(path.is_relative_to(TESTS / folder) for folder in FOLDERS):
            chosen.append(argument)
    return chosen


def run_each(config: pytest.Config) -> int | None:
    """All that was asked for on PATH's engine, then the tests of FOLDERS on each other one; None without others."""
    named = os.environ.get(ALL)
    if not named:
        return None
    engines = list(found(named))
    words = list(config.invocation_params.args)
    options = [str(word) for word in words if str(word) not in config.args]
    codes = [_pytest([*options, *config.args], {}, "PATH")]
    for engine in engines:
        tests = about_engines(config.args)
        if tests:
            codes.append(_pytest([*options, *tests], {ONE: str(engine)}, str(engine)))
    return max(codes)


def _pytest(words: list[str], more: Mapping[str, str], engine: str) -> int:
    sys.stdout.write(f"ENGINE: {engine}\n")
    sys.stdout.flush()
    environment = {name: value for name, value in os.environ.items() if name != ALL}
    command = [sys.executable, "-m", "pytest", *words]
    return subprocess.run(command, env={**environment, **more}, check=False).returncode


def under_test() -> Path | None:
    """The engine that this process tests, if it is not the one on PATH."""
    return Path(os.environ[ONE]) if os.environ.get(ONE) else None


def put_first(engine: Path) -> None:
    """Before anything looks for an engine, or reads a stack file."""
    os.environ["PATH"] = os.pathsep.join([str(engine.parent), os.environ["PATH"]])
    if engine.name == "tofu":
        _plan_by_default_with(engine.name)


def _plan_by_default_with(engine: str) -> None:
    from runner.model.stack.definition import StackDefinition

    StackDefinition.__dataclass_fields__["engine"].default = engine
    StackDefinition.engine = engine  # type: ignore[assignment]
    defaults = StackDefinition.__init__.__defaults__ or ()
    StackDefinition.__init__.__defaults__ = tuple(
        engine if default == "terraform" else default for default in defaults
    )


if (_engine := under_test()) is not None:
    put_first(_engine)
