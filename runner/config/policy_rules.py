"""What valid policies and checks of the configuration must satisfy."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from runner.config.check import Complaint
from runner.config.ignore_rule import single_line
from runner.config.limits import CHECK, POLICY, Limit, out_of_limits
from runner.config.match import match_complaints
from runner.config.place import KeyPath
from runner.config.repository_path import path_flaw
from runner.model.settings.policy import Check, Policy
from runner.model.settings.server import Settings
from runner.model.values.name import EXPECTED, NAME

_PLACES = ("{plan}", "{tree}")


def policy_complaints(settings: Settings) -> Iterator[Complaint]:
    sources = tuple(source.name for source in settings.sources)
    yield from _common("policies", settings.policies, sources, POLICY)
    yield from _common("checks", settings.checks, sources, CHECK)
    names = {policy.name for policy in settings.policies}
    for index, policy in enumerate(settings.policies):
        if _inside(policy.path, settings.data_dir):
            message = "this is inside data_dir, where Driftline writes files from commits"
            yield Complaint(("policies", index, "path"), message)
    for index, check in enumerate(settings.checks):
        here: KeyPath = ("checks", index)
        if check.name in names:
            yield Complaint((*here, "name"), "a policy already has this name")
        yield from _command((*here, "command"), check.command)
    for index, source in enumerate(settings.sources):
        for number, glob in enumerate(source.allow.policies):
            if path_flaw(glob, "", glob=True) or glob in {"", "."}:
                message = 'expected a folder in the repository or a glob such as "policies/*"'
                yield Complaint(("sources", index, "allow", "policies", number), message)


def _inside(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder)


def _common(
    key: str, rows: Sequence[Policy | Check], sources: tuple[str, ...], limits: Mapping[str, Limit]
) -> Iterator[Complaint]:
    for index, row in enumerate(rows):
        here: KeyPath = (key, index)
        if any(other.name == row.name for other in rows[:index]):
            yield Complaint((*here, "name"), "another one already has this name")
        if NAME.fullmatch(row.name) is None:
            message = EXPECTED
            yield Complaint((*here, "name"), message)
        yield from out_of_limits(row, limits, here)
        yield from match_complaints((*here, "match"), row.match, sources)
        if row.reason:
            yield from single_line((*here, "reason"), row.reason, "a text")


def _command(here: KeyPath, command: tuple[str, ...]) -> Iterator[Complaint]:
    if not command or not command[0].strip():
        yield Complaint(here, "expected a program and its arguments", got=False)
    elif not any(place in word for word in command[1:] for place in _PLACES):
        yield Complaint(here, "reads neither {plan} nor {tree}, so it would check nothing", got=False)
