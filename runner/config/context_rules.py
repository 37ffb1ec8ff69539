"""What a valid context must satisfy."""

import re
from collections.abc import Iterator, Mapping

from runner.config.check import Complaint
from runner.config.engine_rules import aws_complaints, version_complaints
from runner.config.environment import refusal
from runner.config.match import match_complaints
from runner.config.place import KeyPath
from runner.host.reference import Unresolved, refers, resolve
from runner.model.settings.context import PHASES, Context
from runner.model.settings.rule_tables import set_keys
from runner.model.settings.server import Settings
from runner.model.stack.definition import VARIABLE
from runner.model.values.name import EXPECTED, NAME

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INPUT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def context_complaints(settings: Settings) -> Iterator[Complaint]:
    sources = tuple(source.name for source in settings.sources)
    for index, context in enumerate(settings.contexts):
        here: KeyPath = ("contexts", index)
        if any(other.name == context.name for other in settings.contexts[:index]):
            yield Complaint((*here, "name"), "another context already has this name")
        if NAME.fullmatch(context.name) is None:
            message = EXPECTED
            yield Complaint((*here, "name"), message)
        yield from match_complaints((*here, "match"), context.match, sources)
        yield from _contents(here, context)
        if not context.for_:
            yield Complaint((*here, "for"), "the list is empty, so the context reaches nothing", got=False)
        yield from _roles(here, context)
        if set_keys(context).keys() <= {"for"}:
            yield Complaint(here, "sets nothing; add vars, env, files, aws or engine_version", got=False)


def _contents(here: KeyPath, context: Context) -> Iterator[Complaint]:
    for name in context.env:
        place: KeyPath = (*here, "env", name)
        if _VARIABLE.fullmatch(name) is None:
            yield Complaint(place, "expected the name of an environment variable", got=False)
        elif name.startswith(VARIABLE):
            yield Complaint(place, "this is a variable of the code; set it in vars", got=False)
        elif (reason := refusal(name)) is not None:
            yield Complaint(place, reason, got=False)
    yield from _inputs(here, context)


def _roles(here: KeyPath, context: Context) -> Iterator[Complaint]:
    yield from aws_complaints((*here, "aws"), context.aws)
    if context.engine_version is not None:
        yield from version_complaints((*here, "engine_version"), context.engine_version)
    if set(context.for_) != set(PHASES):
        for key in set_keys(context).keys() & {"aws", "engine_version"}:
            message = "applies to plans and applies; move it to a context without for"
            yield Complaint((*here, key), message, got=False)


def _inputs(here: KeyPath, context: Context) -> Iterator[Complaint]:
    for key, names in (("vars", context.vars), ("files", context.files)):
        for name in names:
            if _INPUT.fullmatch(name) is None:
                yield Complaint((*here, key, name), "expected the name of an input variable", got=False)
    if "plan" not in context.for_ and (context.vars or context.files):
        message = (
            "vars and files take effect in the plan, and an apply cannot change them: add plan, or omit for"
        )
        yield Complaint((*here, "for"), message, got=False)
    for name in context.vars.keys() & context.files.keys():
        yield Complaint((*here, "files", name), "vars sets this variable too", got=False)
    for name, value in context.vars.items():
        if not isinstance(value, str) and refers(str(value)):
            message = "a reference can only be a text of its own, not a part of a list or an object"
            yield Complaint((*here, "vars", name), message, got=False)


def careless(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """Contexts whose secrets more people can ask for than it seems, and references without a value here."""
    for context in settings.contexts:
        if any(map(refers, context.texts)) and not context.match.sources and len(settings.sources) > 1:
            yield (
                f'context "{context.name}" has secrets and names no sources: a stack file of any source can choose '
                "a name and labels that it matches"
            )
        for text in context.texts:
            try:
                resolve(text, environ, lambda _kind, _name: "fetched later")
            except Unresolved as problem:
                yield f'context "{context.name}": {problem}; runs of its stacks will fail'
