"""What a tree must not contain where a stack would use it, found in Git's entries and blobs before anything runs."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from posixpath import relpath

from runner.model.code.backend import backend_problem
from runner.model.code.engines import ENGINES
from runner.model.code.judged import Judged
from runner.model.code.module import Backend, ModuleFacts, is_configuration
from runner.model.code.module_folders import Reach, Unevaluated
from runner.model.code.provider_source import BUILT_IN, implied_address, provider_address
from runner.model.code.tree import Tree
from runner.model.settings.source import Allow
from runner.model.stack.definition import StackDefinition
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP, printable, shortened
from runner.model.values.regex import regex

# Names that the engine looks for beside a module's files, in any case: some file systems ignore case.
COMMITTED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (regex(pattern, re.IGNORECASE), reason)
    for pattern, reason in (
        (r"\.terraform", "it would bring in providers, modules and a backend that no one reviewed"),
        (r"terraform\.d", "it would bring in plugins that no one reviewed"),
        (r"\.?(?:terraformrc|tofurc)|(?:terraform|tofu)\.rc", "commits may not configure the engine"),
        (
            r"(?:terraform|errored)\.tfstate.*|\.terraform\.tfstate.*",
            "a state contains secrets and could be mistaken for the real one",
        ),
    )
)
_ANY = regex("|".join(f"(?:{pattern.pattern})" for pattern, _ in COMMITTED), re.IGNORECASE)
_BACKEND = r"^[ \t]*(?:backend|cloud|state_store)\b"
UNREADABLE = " (not readable)"  # marks the name of a file that may hide a command


@dataclass(frozen=True)
class Module:
    """One folder of a stack's code. `implied` are the provider names that its blocks use, None if unknown."""

    folder: str
    facts: ModuleFacts
    implied: frozenset[str] | None = frozenset()


@dataclass(frozen=True)
class Code:
    """A stack's root module and the local ones that it calls. `hidden` files may contain a backend block."""

    reach: Reach
    modules: tuple[Module, ...]  # the root first
    hidden: tuple[str, ...] = ()
    unevaluated: tuple[Unevaluated, ...] = ()  # settings of the backend
    evaluated: Backend | None = None  # the backend, if its settings are computed

    @property
    def facts(self) -> ModuleFacts:
        return self.modules[0].facts


@dataclass(frozen=True)
class Refusal:
    """`file` and `line` locate it, or `pattern` matches a line in a file of `folder`, as far as either is known."""

    text: str
    file: str = ""
    line: int = 1
    folder: str = ""
    pattern: str = ""

    def __str__(self) -> str:
        return self.text


def refusals(tree: Tree, definition: StackDefinition, code: Code, allow: Allow) -> Iterator[Refusal]:
    """Why the stack may be neither planned nor applied at this revision, file by file; nothing if it may."""
    yield from map(Refusal, code.reach.problems)
    unevaluated = (*code.reach.unevaluated, *code.unevaluated)
    yield from (Refusal(one.text, one.file, one.line) for one in unevaluated)
    unknown = bool(code.unevaluated)
    backend = None if unknown else backend_problem(definition, code.facts, allow, code.hidden)
    if backend is not None:
        # If the stack file contributes to it, that is the place to look first.
        pattern = "" if definition.backend_config else _BACKEND
        yield Refusal(backend, folder=code.modules[0].folder, pattern=pattern)
    for module in code.modules:
        yield from _committed(tree, module.folder)
        yield from _unclear(module, code.hidden if module is code.modules[0] else ())
        if not allow.provisioners:
            yield from _commands(module)
        if allow.providers:
            yield from _providers(module, allow.providers, ENGINES[definition.engine].registry)
    yield from stray_links(tree, code.reach.folders)
    yield from _unfit(tree, code.reach.folders)


def judged(code: Code, allowed: tuple[str, ...]) -> Judged:
    """What the engine has to read as it was read here. Folders are relative to the root module, as it lists them."""
    root = code.reach.folders[0]
    sources = {(relpath(folder, root), name): found for (folder, name), found in code.reach.sources.items()}
    computed = bool(code.reach.computed) or code.evaluated is not None
    return Judged(sources, code.evaluated, computed, allowed)


def beyond_allowance(definition: StackDefinition, allow: Allow) -> Iterator[str]:
    """What a definition of an older revision asks for and the operator no longer allows."""
    if definition.engine not in allow.engines:
        yield f"engine {definition.engine} is not among allow.engines of the source"
    for role in (definition.aws.plan_role, definition.aws.apply_role):
        if role is not None and not _covered(role, allow.aws_roles):
            yield f"{role} is not among allow.aws_roles of the source"
    for name in definition.env:
        if allow.env and not _covered(name, allow.env):
            yield f"the variable {name} is not among allow.env of the source"


def _committed(tree: Tree, folder: str) -> Iterator[Refusal]:
    for entry in tree.children(folder):
        name = entry.path.rpartition("/")[2]
        if _ANY.fullmatch(name):
            reason = next(reason for pattern, reason in COMMITTED if pattern.fullmatch(name))
            yield Refusal(f"{entry.path!r} may not be in the repository: {reason}", file=entry.path)
        elif is_configuration(name) and not name.isprintable():
            reason = "names of configuration files may not contain control characters or invalid UTF-8"
            yield Refusal(
                f"'{printable(entry.path)}' may not be in the repository: {reason}", file=entry.path
            )


def _unclear(module: Module, known: Iterable[str]) -> Iterator[Refusal]:
    """Files that cannot be read, and files that look like one thing and do another."""
    facts = module.facts
    for name in sorted(set(facts.unreadable) - set(known)):
        place = _place(module, name)
        text = f"{printable(place)} cannot be read as HCL{facts.reason(name)}"
        yield Refusal(f"{text}, so its contents are unknown: terraform validate", place, facts.line(name))
    for name in facts.overriding:
        place = _place(module, name)
        reason = "it overrides where state or code comes from, or what is executed"
        text = f"{printable(place)}: {reason}; change the overridden file instead"
        yield Refusal(text, file=place)
    for name in facts.metas:
        text = f"provider_meta of {name} in {module.folder} is computed, and plans do not show it: write it as a literal"
        pattern = rf'^[ \t]*provider_meta[ \t]+"?{re.escape(name)}\b'
        yield Refusal(text, folder=module.folder, pattern=pattern)


def _commands(module: Module) -> Iterator[Refusal]:
    for address in module.facts.provisioners:
        command = f"{address} in {module.folder}"
        text = f"{command} runs commands during plan or apply; allow.provisioners of the source is false"
        hidden = address.removesuffix(UNREADABLE)
        if hidden != address:
            yield Refusal(text, file=_place(module, hidden))
        else:
            yield Refusal(text, folder=module.folder, pattern=_block(address))


def _block(address: str) -> str:
    """Pattern for the first line of the block with this address."""
    if address.startswith("removed "):
        return rf"^[ \t]*from[ \t]*=[ \t]*{re.escape(address.removeprefix('removed '))}"
    labels = r"[ \t]+".join(rf'"?{re.escape(label)}"?' for label in address.split(".")[-2:])
    return rf"^[ \t]*\w+[ \t]+{labels}[ \t]*\{{"


def _providers(module: Module, allowed: tuple[str, ...], registry: str) -> Iterator[Refusal]:
    if module.implied is None:
        text = f"the files of {module.folder} cannot be read as HCL, so its providers are unknown: terraform validate"
        yield Refusal(text)
        return
    implied = {name: implied_address(name, registry) for name in module.implied}
    required = {
        name: provider_address(source, registry) if source else implied_address(name, registry)
        for name, source in module.facts.providers
    }
    for name, address in sorted((implied | required).items()):
        if address != BUILT_IN and not _covered(address, allowed):
            text = f"the provider {address} in {module.folder} is not among allow.providers of the source"
            local = re.escape(name)
            pattern = rf'^[ \t]*(?:"?{local}"?[ \t]*=[ \t]*\{{|\w+[ \t]+"{local}["_])'
            yield Refusal(text, folder=module.folder, pattern=pattern)


def stray_links(tree: Tree, folders: Iterable[str]) -> Iterator[Refusal]:
    """Links in the stack's files that lead out of the repository: they are never written to a disk."""
    for link in tree.stray:
        if any(folder == TOP or link.startswith(f"{folder}/") for folder in folders):
            yield Refusal(f"the link {link!r} points outside the repository, or in a circle", file=link)


def _unfit(tree: Tree, folders: Iterable[str]) -> Iterator[Refusal]:
    """Paths in the stack's files that no disk can hold."""
    for path, reason in tree.unfit:
        if any(folder == TOP or path.startswith(f"{folder}/") for folder in folders):
            yield Refusal(f"the path {shortened(path)!r} cannot be written: {reason}", file=shortened(path))


def _covered(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _place(module: Module, name: str) -> str:
    return name if module.folder == TOP else f"{module.folder}/{name}"
