"""Which of the installed engines a stack gets: the default if it fits, else the newest that does."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from itertools import groupby
from typing import Self

from runner.errors import DriftlineError, EngineVersion
from runner.model.code.engines import ENGINES, EngineRow
from runner.model.code.module import OVERRIDE
from runner.model.engine.constraint import core_satisfies, exact, order, padded, parse, satisfies
from runner.model.settings.source import Allow
from runner.model.stack.engine_wants import EngineWants, Requirement
from runner.model.values.frozen import dataclass

LIST = "driftline engine list"


@dataclass(frozen=True)
class Installed:
    """A program that the operator names as an engine. `problem` says why it is refused; it has no version then."""

    engine: str
    version: str
    path: str
    default: bool = False
    problem: str = ""
    error: DriftlineError | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Allowed:
    """What `allow.engine_versions` of a source admits of one engine; empty for every version."""

    constraint: str = ""
    source: str = ""

    @classmethod
    def by(cls, allow: Allow, source: str, engine: str) -> Self:
        return cls(getattr(allow.engine_versions, engine) or "", source)


EVERY = Allowed()


@dataclass(frozen=True)
class Misfit:
    """Why none fits: what is wanted, and what prevents it. `refused` is set if a named program is the reason.

    Without a hint, `driftline stack show` tells more.
    """

    wanted: str
    why: str
    hint: str = ""
    refused: Installed | None = None

    @property
    def sentence(self) -> str:
        return f"wants {self.wanted}, and {self.why}"

    def error(self, stack: str) -> DriftlineError:
        if self.refused is not None and self.refused.error is not None:
            return self.refused.error
        hint = self.hint or f"driftline stack show {stack}"
        return EngineVersion(stack=stack, wanted=self.wanted, why=self.why, hint=hint)


def choose(
    engine: str, wants: EngineWants, allowed: Allowed, installed: tuple[Installed, ...]
) -> Installed | Misfit:
    row = ENGINES[engine]
    sound = [one for one in installed if not one.problem]
    refused = next((one for one in installed if one.problem and (one.default or not sound)), None)
    if refused is not None and (wants.wish is None or not sound):
        return Misfit(f"{engine}{_wished(wants)}", refused.problem, LIST, refused)
    wished = [one for one in sound if _is_wished(one, wants)]
    admitted = [one for one in wished if core_satisfies(one.version, allowed.constraint)]
    fitting = [one for one in admitted if not _unmet(row, one, wants.requirements)]
    if fitting:
        return next((one for one in fitting if one.default), None) or max(fitting, key=_order)
    return _misfit(row, wants, allowed, installed, wished, admitted)


def _order(one: Installed) -> tuple[object, str]:
    return order(one.version), one.path


def _is_wished(one: Installed, wants: EngineWants) -> bool:
    if wants.wish is None:
        return one.default or not parse(one.version)[1]
    return satisfies(one.version, wants.wish.text)


def _unmet(row: EngineRow, one: Installed, requirements: Iterable[Requirement]) -> list[Requirement]:
    return [each for each in counting(row, one.version, requirements) if not _met(each, one.version)]


def _met(requirement: Requirement, version: str) -> bool:
    """What is no constraint is left to the engine, which reports it in its own words."""
    try:
        return core_satisfies(version, requirement.text)
    except ValueError:
        return True


def counting(row: EngineRow, version: str, requirements: Iterable[Requirement]) -> Iterator[Requirement]:
    """The requirements that this version of the engine heeds, and those that follow from what it can evaluate."""
    requirements = tuple(requirements)
    yield from (one for one in requirements if one.computes)
    requirements = tuple(one for one in requirements if not one.computes)
    since = row.own_requirements_since
    if since is not None and padded(parse(version)[0]) >= padded(since):
        for one in requirements:
            if one.compatible_with or one.file.endswith(row.own_suffixes):
                yield one
        return
    stated = [one for one in requirements if not one.compatible_with]
    for _, module in groupby(stated, key=lambda one: one.file.rpartition("/")[0]):
        yield from _of_module(list(module))


def _of_module(stated: Sequence[Requirement]) -> Iterator[Requirement]:
    """An override file replaces what the files before it require."""
    last = stated[-1].file
    overridden = OVERRIDE.fullmatch(last.rpartition("/")[2]) is not None
    yield from (one for one in stated if not overridden or one.file == last)


def _misfit(
    row: EngineRow,
    wants: EngineWants,
    allowed: Allowed,
    installed: Iterable[Installed],
    wished: Sequence[Installed],
    admitted: Sequence[Installed],
) -> Misfit:
    wanted = f"{row.name}{_wished(wants)}"
    version = exact(wants.wish.text) if wants.wish is not None else None
    forbidden = version is not None and not core_satisfies(version, allowed.constraint)
    if forbidden or (wished and not admitted):
        why = f'allow.engine_versions of source "{allowed.source}" is {allowed.constraint}'
        return Misfit(wanted, why, LIST)
    if admitted:
        unmet = [each for one in admitted for each in _unmet(row, one, wants.requirements)]
        asked = ", ".join(dict.fromkeys(map(str, unmet)))
        here = "" if wants.wish is not None else f", and {_here(installed)}"
        return Misfit(wanted, asked + here)
    short = version is not None and len(parse(version)[0]) == 2
    hint = f'for any {version}.x, say "~> {version}.0" there' if short else LIST
    return Misfit(wanted, _here(installed), hint)


def _wished(wants: EngineWants) -> str:
    return f" {wants.wish.text} ({wants.wish.place})" if wants.wish is not None else ""


def _here(installed: Iterable[Installed]) -> str:
    found = list(installed)
    versions = sorted({one.version for one in found if not one.problem}, key=order)
    refused = [one.path for one in found if one.problem]
    named = f"only {', '.join(versions)}" if versions else "none"
    here = f"{named} {'are' if versions[1:] else 'is'} installed"
    return f"{here} ({', '.join(refused)} refused)" if refused else here
