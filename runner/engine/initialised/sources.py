"""Compare the sources of modules that `init` used with those that were judged before it ran."""

from collections.abc import Iterable, Mapping
from posixpath import normpath
from typing import Any

from runner.engine.initialised.needed import InitInputs
from runner.engine.modules.configuration import HclModules
from runner.host.files import read_foreign
from runner.model.code.called_modules import ROOT, CalledModule, OddModules
from runner.model.code.module import LARGEST, is_configuration
from runner.model.code.module_source import LOCAL, module_flaw, module_origin

_OF_TESTS = ""  # the name under which the calls of a root module's tests are judged


def refuse_unjudged(document: Any, modules: Iterable[CalledModule], inputs: InitInputs) -> None:
    """OddModules if a module comes from elsewhere. The sources in fetched modules are judged if they are computed.

    The code of a fetched module is trusted, but what is passed to it is not.
    """
    if not inputs.judged.known:
        return
    by_key = {one.key: one for one in modules}
    sources = {str(one["Key"]): str(one["Source"]) for one in document["Modules"]}
    computed: dict[str, frozenset[str] | None] = {}
    for key, source in sources.items():
        if not key:
            continue
        above, name = _call(key, by_key)
        caller = by_key[above]
        if not caller.fetched:
            _compare(
                key, source, inputs.judged.sources.get((caller.folder, name), frozenset()), inputs.registry
            )
        elif not source.startswith(LOCAL):
            if above not in computed:
                computed[above] = _computed(inputs, caller)
            names = computed[above]
            flaw = module_flaw(source, inputs.judged.allowed, inputs.registry)
            if flaw is not None and (names is None or name in names):
                raise OddModules(f'module "{key}" has a computed source: {source!r} {flaw}')


def _call(key: str, modules: Mapping[str, CalledModule]) -> tuple[str, str]:
    """The caller, and the name of the call in it. Names have no dots, but modules of tests have several."""
    above = key.rpartition(".")[0]
    if above in modules:
        return above, key.rpartition(".")[2]
    return "", _OF_TESTS


def _compare(key: str, source: str, judged: frozenset[str], registry: str) -> None:
    if any(_canonical(source, registry) == _canonical(one, registry) for one in judged):
        return
    said = " or ".join(repr(one) for one in sorted(judged)) or "none"
    raise OddModules(f'module "{key}" comes from {source!r}, and the source that was judged is {said}')


def _canonical(source: str, registry: str) -> str:
    """A source as an engine lists it, and as it stands in the code, in one form."""
    if source.startswith(LOCAL):
        return f"{ROOT}/{normpath(source)}"
    origin = module_origin(source, registry)
    if isinstance(origin, str):
        return source
    path, asked, query = source.partition("?")
    folder = path.partition("://")[2] or path
    inside = folder.partition("//")[2]
    whole = f"{origin.address}/{inside}" if inside else origin.address
    return f"{whole}/".replace(".git/", "/").rstrip("/") + asked + query


def _computed(inputs: InitInputs, caller: CalledModule) -> frozenset[str] | None:
    """The names of calls with computed sources in a fetched module; None if its files cannot be read."""
    folder = inputs.data / caller.folder
    try:
        files = {
            one.name: read_foreign(one, LARGEST + 1)
            for one in folder.iterdir()
            if is_configuration(one.name, inputs.code.suffixes)
        }
    except OSError:
        return None
    facts = HclModules().read(files)
    return None if facts.unreadable else frozenset(facts.computed)
