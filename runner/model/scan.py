"""What a tree may not hold where a stack would use it: looked for in Git's entries and blobs, before anything runs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from runner.model.backend import backend_problem
from runner.model.module import ModuleFacts
from runner.model.module_source import DEFAULT_HOST
from runner.model.paths import TOP
from runner.model.reach import Reach
from runner.model.settings import Allow
from runner.model.stack import StackDefinition
from runner.model.tree import Tree

# Names that the engine would look for beside a module's files, in any case: some disks do not tell them apart.
COMMITTED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), reason)
    for pattern, reason in (
        (r"\.terraform", "it would bring providers, modules and a backend that nobody chose"),
        (r"terraform\.d", "it would bring plugins that nobody chose"),
        (r"\.?(?:terraformrc|tofurc)|(?:terraform|tofu)\.rc", "a commit does not configure the engine"),
        (
            r"(?:terraform|errored)\.tfstate.*|\.terraform\.tfstate.*",
            "a state holds secrets, and a second one would be taken for the first",
        ),
    )
)
_ANY = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in COMMITTED), re.IGNORECASE)
BUILT_IN = "terraform"  # the provider of terraform_data, which is part of the engine
_HOSTED = re.compile(r"[^/]*\.[^/]*/[^/]+/[^/]+")


@dataclass(frozen=True)
class Module:
    """One folder of a stack's code. `implied` are the provider names that its blocks use, None where not known."""

    folder: str
    facts: ModuleFacts
    implied: frozenset[str] | None = frozenset()


@dataclass(frozen=True)
class Code:
    """A stack's root module and the local ones that it calls. `hidden` files may hold a backend block."""

    reach: Reach
    modules: tuple[Module, ...]  # the root first
    hidden: tuple[str, ...] = ()

    @property
    def facts(self) -> ModuleFacts:
        return self.modules[0].facts


def refusals(tree: Tree, definition: StackDefinition, code: Code, allow: Allow) -> Iterator[str]:
    """Why the stack may be neither planned nor applied at this revision, file by file; nothing where it may."""
    yield from code.reach.problems
    backend = backend_problem(definition, code.facts, allow, code.hidden)
    if backend is not None:
        yield backend
    for module in code.modules:
        yield from _committed(tree, module.folder)
        yield from _unclear(module, code.hidden if module is code.modules[0] else ())
        if not allow.provisioners:
            yield from _commands(module)
        if allow.providers:
            yield from _providers(module, allow.providers)
    yield from stray_links(tree, code.reach.folders)


def beyond_allowance(definition: StackDefinition, allow: Allow) -> Iterator[str]:
    """What a definition of an older revision asks for and the operator does not allow any more."""
    if definition.engine not in allow.engines:
        yield f"engine {definition.engine} is not among allow.engines of the source"
    for role in (definition.aws.plan_role, definition.aws.apply_role):
        if role is not None and not _covered(role, allow.aws_roles):
            yield f"{role} is not among allow.aws_roles of the source"
    for name in definition.env:
        if allow.env and not _covered(name, allow.env):
            yield f"the variable {name} is not among allow.env of the source"


def _committed(tree: Tree, folder: str) -> Iterator[str]:
    for entry in tree.children(folder):
        name = entry.path.rpartition("/")[2]
        if _ANY.fullmatch(name):
            reason = next(reason for pattern, reason in COMMITTED if pattern.fullmatch(name))
            yield f"{entry.path!r} may not be in the repository: {reason}"


def _unclear(module: Module, told: Iterable[str]) -> Iterator[str]:
    """What can not be read, and what looks like one thing and does another."""
    facts = module.facts
    for name in sorted(set(facts.unreadable) - set(told)):
        yield f"{_place(module, name)} can not be read as HCL, so it is not known what it brings: terraform validate"
    for name in facts.overriding:
        told_by = "it overrides where state or code comes from, or what runs"
        yield f"{_place(module, name)}: {told_by}; say so in the file that is overridden"
    for name in facts.metas:
        yield f"provider_meta of {name} in {module.folder} hands the provider data that no plan shows"


def _commands(module: Module) -> Iterator[str]:
    for address in module.facts.provisioners:
        command = f"{address} in {module.folder}"
        yield f"{command} runs commands while it is planned or applied; allow.provisioners of the source is false"


def _providers(module: Module, allowed: tuple[str, ...]) -> Iterator[str]:
    if module.implied is None:
        yield f"the files of {module.folder} can not be read as HCL, so its providers are not known: terraform validate"
        return
    required = dict(module.facts.providers)
    implied = {name: f"hashicorp/{name}" for name in module.implied if name not in required}
    for name, source in sorted((required | implied).items()):
        address = source.lower() if _HOSTED.fullmatch(source) else f"{DEFAULT_HOST}/{source.lower()}"
        if name != BUILT_IN and not _covered(address, allowed):
            yield f"the provider {address} in {module.folder} is not among allow.providers of the source"


def stray_links(tree: Tree, folders: Iterable[str]) -> Iterator[str]:
    """Links in what the stack uses that lead out of the repository: no tree with them is ever written to a disk."""
    for link in tree.stray:
        if any(folder == TOP or link.startswith(f"{folder}/") for folder in folders):
            yield f"the link {link!r} leads out of the repository, or in a circle"


def _covered(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _place(module: Module, name: str) -> str:
    return name if module.folder == TOP else f"{module.folder}/{name}"
