"""What a valid context must satisfy."""

import re
from collections.abc import Iterator

from runner.config.approval_rules import match_complaints
from runner.config.check import Complaint
from runner.config.environment import withheld
from runner.config.place import KeyPath
from runner.host.reference import refers
from runner.model.settings.context import VARIABLE, Context
from runner.model.settings.server import Settings

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INPUT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def context_complaints(settings: Settings) -> Iterator[Complaint]:
    sources = tuple(source.name for source in settings.sources)
    for index, context in enumerate(settings.contexts):
        here: KeyPath = ("contexts", index)
        if any(other.name == context.name for other in settings.contexts[:index]):
            yield Complaint((*here, "name"), "another context already has this name")
        if _NAME.fullmatch(context.name) is None:
            message = "expected 1 to 64 of a-z, 0-9 and . _ -, with a letter or digit first"
            yield Complaint((*here, "name"), message)
        yield from match_complaints((*here, "match"), context.match, sources)
        yield from _contents(here, context)
        if not context.for_:
            yield Complaint((*here, "for"), "the list is empty, so the context reaches nothing", got=False)
        if not (context.vars or context.env or context.files):
            yield Complaint(here, "sets nothing; add vars, env or files", got=False)


def _contents(here: KeyPath, context: Context) -> Iterator[Complaint]:
    for name in context.env:
        place: KeyPath = (*here, "env", name)
        if _VARIABLE.fullmatch(name) is None:
            yield Complaint(place, "expected the name of an environment variable", got=False)
        elif name.startswith(VARIABLE):
            yield Complaint(place, "this is a variable of the code; set it in vars", got=False)
        elif (refused := withheld(name)) is not None:
            yield Complaint(place, f"{refused[0]}; {refused[1]}", got=False)
    yield from _inputs(here, context)


def _inputs(here: KeyPath, context: Context) -> Iterator[Complaint]:
    for key, names in (("vars", context.vars), ("files", context.files)):
        for name in names:
            if _INPUT.fullmatch(name) is None:
                yield Complaint((*here, key, name), "expected the name of an input variable", got=False)
    for name in context.vars.keys() & context.files.keys():
        yield Complaint((*here, "files", name), "vars sets this variable too", got=False)
    for name, value in context.vars.items():
        if not isinstance(value, str) and refers(str(value)):
            message = "a reference can only be a text of its own, not a part of a list or an object"
            yield Complaint((*here, "vars", name), message, got=False)


def careless(settings: Settings) -> Iterator[str]:
    """Contexts that a commit can give itself: a stack file chooses its labels."""
    for context in settings.contexts:
        secret = any(
            map(refers, (*context.env.values(), *context.files.values(), *map(str, context.vars.values())))
        )
        if secret and not context.match.stacks and len(settings.sources) != 1 and not context.match.sources:
            yield f'context "{context.name}" has secrets and names neither stacks nor sources: each stack file of each source can ask for them'
        elif secret and context.match.labels and not context.match.stacks:
            yield (
                f'context "{context.name}" has secrets and matches by labels, which stack files choose: '
                "add match.stacks, unless everybody who can push may use them"
            )
