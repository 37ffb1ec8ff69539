"""What a valid stack definition must satisfy beyond the types of its keys, and the source's allow rules."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from runner.config.check import Complaint
from runner.config.engine_rules import aws_complaints, is_role, version_complaints
from runner.config.environment import NAME, denial
from runner.config.heal_rules import heal_complaints
from runner.config.ignore_rule import ignore_rules, single_line
from runner.config.limits import STACK, out_of_limits
from runner.config.place import KeyPath
from runner.config.repository_path import path_flaw
from runner.config.upstream_rules import upstream_complaints, upstream_places
from runner.config.window_rules import stack_windows
from runner.model.code.backend import SETTING
from runner.model.schedule.cron import cron_flaw
from runner.model.settings.source import Allow
from runner.model.stack.definition import NAME_PATTERN, AwsRoles, StackDefinition

_NAME = re.compile(NAME_PATTERN)
_WORKSPACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,89}")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}")
_LOGIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}")


def stack_complaints(stack: StackDefinition, file: str, allow: Allow, required: int) -> Iterator[Complaint]:
    """Everything that is wrong; `required` approvals are the server's minimum."""
    yield from out_of_limits(stack, STACK)
    yield from _names(stack)
    yield from _paths(stack, file.rpartition("/")[0])
    yield from _tables(stack)
    yield from _environment(stack.env, allow)
    yield from upstream_complaints(stack)
    yield from _engine(stack, allow)
    yield from _aws(stack.aws, allow)
    yield from _apply(stack, allow, required)
    if stack.drift.schedule is not None and (flaw := cron_flaw(stack.drift.schedule)):
        yield Complaint(("drift", "schedule"), flaw)
    yield from ignore_rules(stack.drift.ignore)
    yield from stack_windows(stack)
    yield from heal_complaints(stack.drift.heal)


def name_flaw(name: str) -> str | None:
    """What is wrong with a stack's name, or None."""
    if _NAME.fullmatch(name) is None:
        return "expected 1 to 64 of a-z, 0-9 and . _ - /, with a letter or digit first"
    if any(segment in {"", ".", ".."} for segment in name.split("/")):
        return "expected a name without //, without a trailing /, and without . or .. between slashes"
    return None


def _names(stack: StackDefinition) -> Iterator[Complaint]:
    if flaw := name_flaw(stack.name):
        yield Complaint(("name",), flaw)
    for other, place in zip(stack.dependencies, upstream_places(stack), strict=True):
        yield from _of_another(place, other, stack.name, "a stack cannot depend on itself")
    if stack.renamed_from is not None:
        yield from _of_another(("renamed_from",), stack.renamed_from, stack.name, "this is already its name")
    people = stack.apply.approvers
    for index, person in enumerate(people):
        if _LOGIN.fullmatch(person) is None:
            yield Complaint(("apply", "approvers", index), "expected a login name")
    yield from _twice(stack.dependencies, upstream_places(stack))
    yield from _twice(people, (("apply", "approvers", index) for index in range(len(people))))
    for index, address in enumerate(stack.apply.protect):
        yield from single_line(("apply", "protect", index), address, "a resource address or a glob")


def _of_another(path: KeyPath, name: str, own: str, message: str) -> Iterator[Complaint]:
    if flaw := name_flaw(name):
        yield Complaint(path, flaw)
    elif name == own:
        yield Complaint(path, message, got=False)


def _twice(items: tuple[str, ...], places: Iterable[KeyPath]) -> Iterator[Complaint]:
    if len(set(items)) == len(items):
        return
    first = {item: index for index, item in reversed(list(enumerate(items)))}
    for index, (item, place) in enumerate(zip(items, places, strict=True)):
        if first[item] != index:
            yield Complaint(place, "named twice")


def _paths(stack: StackDefinition, folder: str) -> Iterator[Complaint]:
    if flaw := path_flaw(stack.path, folder):
        yield Complaint(("path",), flaw)
    for index, file in enumerate(stack.var_files):
        if flaw := path_flaw(file, folder):
            yield Complaint(("var_files", index), flaw)
    for index, glob in enumerate(stack.watch):
        if flaw := path_flaw(glob, folder, glob=True):
            yield Complaint(("watch", index), flaw)


def _tables(stack: StackDefinition) -> Iterator[Complaint]:
    for label, value in stack.labels.items():
        if _LABEL.fullmatch(label) is None:
            yield Complaint(
                ("labels", label), "expected letters, digits and . _ / - in a label", got=False, at_key=True
            )
        if "\n" in value or "\t" in value:
            yield Complaint(("labels", label), "expected a string on one line")
    for variable in stack.vars:
        if variable.startswith("-") or not variable.replace("-", "_").isidentifier():
            yield Complaint(("vars", variable), "this is not a variable name", got=False, at_key=True)
    for setting, value in stack.backend_config.items():
        if SETTING.fullmatch(setting) is None:
            yield Complaint(("backend_config", setting), "this is not a setting name", got=False, at_key=True)
        if value is None:
            yield Complaint(("backend_config", setting), "expected a value; omit the key if there is none")


def _environment(env: dict[str, str], allow: Allow) -> Iterator[Complaint]:
    for name in env:
        path = ("env", name)
        if NAME.fullmatch(name) is None:
            message = "expected letters, digits and _ in a variable name, and no leading digit"
            yield Complaint(path, message, got=False, at_key=True)
        elif reason := denial(name):
            yield Complaint(path, f"a stack may not set this: {reason}", got=False, at_key=True)
        elif allow.env and not any(fnmatchcase(name, glob) for glob in allow.env):
            yield _not_allowed(path, "env", allow.env, at_key=True)


def _engine(stack: StackDefinition, allow: Allow) -> Iterator[Complaint]:
    if stack.engine not in allow.engines:
        yield _not_allowed(("engine",), "engines", allow.engines)
    if stack.engine_version is not None:
        yield from version_complaints(("engine_version",), stack.engine_version)
    if _WORKSPACE.fullmatch(stack.terraform_workspace) is None:
        yield Complaint(
            ("terraform_workspace",),
            "expected 1 to 90 letters, digits and _ . -, with a letter or digit first",
        )


def _aws(aws: AwsRoles, allow: Allow) -> Iterator[Complaint]:
    yield from aws_complaints(("aws",), aws)
    for key, role in (("plan_role", aws.plan_role), ("apply_role", aws.apply_role)):
        wrong = role is None or not is_role(role)
        if not wrong and not any(fnmatchcase(role or "", glob) for glob in allow.aws_roles):
            yield _not_allowed(("aws", key), "aws_roles", allow.aws_roles)


def _apply(stack: StackDefinition, allow: Allow, required: int) -> Iterator[Complaint]:
    wanted = stack.apply.approvals
    if wanted is not None and 0 <= wanted < required and not allow.lower_approvals:
        message = f"the server requires {required}; a stack may raise the number but not lower it"
        yield Complaint(("apply", "approvals"), message)
    need = wanted if wanted is not None else required
    people = len(set(stack.apply.approvers))
    if people and people < need:
        message = f"names {people} {'person' if people == 1 else 'people'}, but {need} approvals are needed"
        yield Complaint(("apply", "approvers"), message, got=False)


def _not_allowed(path: KeyPath, key: str, allowed: tuple[Any, ...], *, at_key: bool = False) -> Complaint:
    message = f"the source's allow.{key} ({', '.join(allowed) or 'none'}) does not allow it"
    return Complaint(path, message, got=not at_key, at_key=at_key)
