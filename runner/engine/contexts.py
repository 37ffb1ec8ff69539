"""What contexts give to a run: resolved for it alone, masked in all of its output, and bound by keyed digests."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.engine.passed_in import marked
from runner.errors import ContextUnresolved
from runner.host.files import private_folder, write_whole
from runner.host.reference import Fetch, Unresolved, resolve
from runner.model.approval.binding import CONTEXT
from runner.model.settings.context import Context, Gift, Sets, gifts, reaching
from runner.ports.engine import Execution

FOLDER = "contexts"  # in the run's control folder, which it can read there and not write
_ONE = re.compile(r"\$\{[a-z-]+:[^}]*\}")


@dataclass(frozen=True)
class FromContexts:
    """`secrets` are files, and the values that references stood for. `marks` are of all phases."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    marks: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()  # that contexts set, in whatever phase
    folder: Path | None = None  # of the files, where there are some


NOTHING = FromContexts()


def from_contexts(
    contexts: Iterable[Context], execution: Execution, environ: Mapping[str, str], fetch: Fetch
) -> FromContexts:
    """ContextUnresolved if one of the values cannot be had.

    What only the apply gets is resolved for the plan as well, and kept from it: an approval is bound to it.
    """
    found = gifts(reaching(contexts, execution.stack, execution.source))
    if not found:
        return NOTHING
    phase = "apply" if execution.for_apply else "plan"
    folder = execution.workspace.control / FOLDER
    environment: dict[str, str] = {}
    secrets: set[str] = set()
    marks: list[str] = []
    for gift in found:
        value = _resolved(gift, execution.stack.name, environ, fetch)
        if gift.secret:
            secrets |= {value, *_parts(gift, environ, fetch)}
        if execution.key:
            digest = marked(gift.variable, value, execution.key)
            marks.append(f"{CONTEXT}{gift.context}: {gift.variable} {digest}")
        if phase in gift.phases:
            environment[gift.variable] = _placed(folder, gift, value)
    return FromContexts(
        environment,
        frozenset(secrets),
        tuple(sorted(marks)),
        frozenset(gift.variable for gift in found),
        folder if any(gift.kind is Sets.FILE for gift in found) else None,
    )


def _resolved(gift: Gift, stack: str, environ: Mapping[str, str], fetch: Fetch) -> str:
    if gift.literal:
        return gift.text
    try:
        return resolve(gift.text, environ, fetch)
    except Unresolved as error:
        raise ContextUnresolved(
            context=gift.context, name=gift.name, stack=stack, problem=str(error)
        ) from None


def _parts(gift: Gift, environ: Mapping[str, str], fetch: Fetch) -> Iterable[str]:
    """Each secret by itself: a text may hold more than one, and a user name beside it."""
    return (resolve(match[0], environ, fetch) for match in _ONE.finditer(gift.text) if not gift.literal)


def _placed(folder: Path, gift: Gift, value: str) -> str:
    if gift.kind is not Sets.FILE:
        return value
    path = private_folder(folder) / gift.name
    write_whole(path, value.encode(), durable=False)
    return str(path)


def fetched_once(fetch: Fetch) -> Fetch:
    """Of one run: each secret is asked for once, also where several texts hold it."""
    known: dict[tuple[str, str], str] = {}

    def remembered(kind: str, name: str) -> str:
        if (kind, name) not in known:
            known[kind, name] = fetch(kind, name)
        return known[kind, name]

    return remembered
