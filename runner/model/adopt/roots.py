"""Which directories are root modules: the first row that matches decides."""

from collections.abc import Callable

from runner.model.adopt.layout import CodeFolder, Layout
from runner.model.values.frozen import dataclass

SAMPLES = frozenset({"example", "examples", "sample", "samples", "demo", "demos"})
TESTS = frozenset({"test", "tests", "testdata", "fixtures", "fixture"})
MODULES = frozenset({"modules", "module", "_modules"})
TERRAGRUNT = "terragrunt.hcl"


@dataclass(frozen=True)
class Verdict:
    folder: str
    taken: bool
    because: str


@dataclass(frozen=True)
class _View:
    layout: Layout
    code: CodeFolder
    callers: tuple[str, ...]  # those that are no samples and no tests

    def below(self, names: frozenset[str]) -> str | None:
        """The first part of the path with one of these names."""
        return next((part for part in self.code.path.split("/") if part.lower() in names), None)


Rule = Callable[[_View], str | None]


def _unreadable(view: _View) -> str | None:
    names = view.code.facts.unreadable
    return f"{names[0]} cannot be read{view.code.facts.reason(names[0])}" if names else None


def _cloud(view: _View) -> str | None:
    backend = view.code.facts.backend
    elsewhere = backend is not None and backend.type in {"cloud", "state_store"}
    return f"a {backend.type} block makes terraform run elsewhere" if backend and elsewhere else None


def _terragrunt(view: _View) -> str | None:
    found = TERRAGRUNT in view.layout.files.get(view.code.path, ())
    return f"{TERRAGRUNT} generates a part of its code, and Driftline runs no Terragrunt" if found else None


def _below(names: frozenset[str], what: str) -> Rule:
    def rule(view: _View) -> str | None:
        part = view.below(names)
        return f"it is below {part}/, so it looks like {what}" if part else None

    return rule


def _module_folder(view: _View) -> str | None:
    return None if view.code.facts.backend else _below(MODULES, "a module")(view)


def _called(view: _View) -> str | None:
    return f"{view.callers[0]} calls it as a module" if view.callers else None


def _backend(view: _View) -> str | None:
    backend = view.code.facts.backend
    return f'backend "{backend.type}"' if backend else None


def _provider(view: _View) -> str | None:
    names = view.code.providers
    return f"it configures the provider {names[0]}, without a backend" if names else None


def _neither(_: _View) -> str | None:
    return "it has neither a backend block nor a provider block, so it looks like a module"


# Whether it is taken, and the rule: the reason, or None if the row does not match.
RULES: tuple[tuple[bool, Rule], ...] = (
    (False, _unreadable),
    (False, _cloud),
    (False, _terragrunt),
    (False, _below(SAMPLES, "an example")),
    (False, _below(TESTS, "a test")),
    (False, _module_folder),
    (False, _called),
    (True, _backend),
    (True, _provider),
    (False, _neither),
)


def verdicts(layout: Layout) -> list[Verdict]:
    """One for each directory with configuration files, by path."""
    callers: dict[str, list[str]] = {}
    for path in sorted(layout.code):
        if not any(part.lower() in SAMPLES | TESTS for part in path.split("/")):
            for called in layout.code[path].calls - {path}:
                callers.setdefault(called, []).append(path)
    return [
        _verdict(_View(layout, layout.code[path], tuple(callers.get(path, ()))))
        for path in sorted(layout.code)
    ]


def _verdict(view: _View) -> Verdict:
    said = ((taken, rule(view)) for taken, rule in RULES)
    taken, because = next((taken, because) for taken, because in said if because)
    return Verdict(view.code.path, taken, because)
