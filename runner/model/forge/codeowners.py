"""Who owns a path, by a CODEOWNERS file of GitHub or GitLab. Teams, roles and mail addresses are nobody here.

GitHub: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
GitLab: https://docs.gitlab.com/user/project/codeowners/reference/
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP, Glob, glob

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")  # the first one counts
LARGEST = 1 << 20  # bytes; GitHub ignores files of more than 3 MB
LONGEST_LINE = 2_000
MOST_OWNERS = 10  # GitHub's maximum of assignees, each of whom is asked for there
_A_FILE = "main.tf"  # owners are those of the files directly in a root module

_LOGIN = re.compile(r"@([A-Za-z0-9_][A-Za-z0-9_.-]{0,254})")
_SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?:\s+(?P<owners>.*))?")
_WORD = re.compile(r"(?:\\.|[^\s\\])+")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True)
class _Rule:
    """`owners` is None for GitLab's `!pattern`, which leaves the path without owners in its section for good."""

    pattern: str
    owners: tuple[str, ...] | None

    def covers(self, file: str) -> bool:
        return any(one.matches(file) for one in _globs(self.pattern))


@dataclass(frozen=True)
class Codeowners:
    """The rules by section. GitHub has one section, without a name."""

    sections: tuple[tuple[_Rule, ...], ...] = ()

    def owners(self, module_path: str) -> tuple[str, ...]:
        """Logins, of the last rule of each section that covers the root module."""
        file = _A_FILE if module_path == TOP else f"{module_path}/{_A_FILE}"
        found = dict.fromkeys(login for rules in self.sections for login in _last(rules, file))
        return tuple(found)[:MOST_OWNERS]


def codeowners(content: bytes) -> Codeowners:
    """Any content has a meaning: a line that says nothing is left out, and a file that is too large has no rules."""
    if len(content) > LARGEST:
        return Codeowners()
    sections: dict[str, list[_Rule]] = {"": []}
    name, default = "", tuple[str, ...]()
    for line in map(str.strip, content.decode("utf-8-sig", "replace").split("\n")):
        if not line or line.startswith("#") or len(line) > LONGEST_LINE:
            continue
        if header := _SECTION.fullmatch(line):
            # GitLab puts sections with the same name together.
            name, default = header["name"].casefold(), _logins((header["owners"] or "").split())
            sections.setdefault(name, [])
        elif rule := _rule(line):
            if rule.owners == () and not _names_somebody(line):
                rule = replace(rule, owners=default)
            sections[name].append(rule)
    return Codeowners(tuple(map(tuple, sections.values())))


def _rule(line: str) -> _Rule | None:
    pattern, *words = _WORD.findall(line) or [""]
    excludes = pattern.startswith("!")
    told = _ESCAPE.sub(r"\1", pattern.removeprefix("!"))
    if not told.strip("/"):
        return None
    return _Rule(told, None if excludes else _logins(words))


def _names_somebody(line: str) -> bool:
    """A rule for a team alone does not fall back to the owners of its section."""
    return any("@" in word for word in _before_comment(_WORD.findall(line)[1:]))


def _logins(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(found[1] for word in _before_comment(words) if (found := _LOGIN.fullmatch(word)))


def _before_comment(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if word.startswith("#"):
            return
        yield word


def _last(rules: Iterable[_Rule], file: str) -> tuple[str, ...]:
    covering = [rule.owners for rule in rules if rule.covers(file)]
    return () if not covering or None in covering else covering[-1] or ()


def _globs(pattern: str) -> Iterator[Glob]:
    """As in .gitignore, except that `docs/*` is not what is further down."""
    inside = pattern.strip("/")
    anchored = "/" in pattern.rstrip("/")
    whole = inside if anchored else f"**/{inside}"
    if not pattern.endswith("/"):
        yield glob(whole)
    if not (anchored and inside.endswith("/*")) or pattern.endswith("/"):
        yield glob(f"{whole}/**")
