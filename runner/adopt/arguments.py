"""Options of terraform commands and environment variables, as the other tools pass them: what a stack file has for each."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from runner.adopt.node import Node
from runner.adopt.reading import Partless, Reading, Without
from runner.config.environment import denial
from runner.model.adopt.layout import Layout
from runner.model.adopt.project import Project
from runner.model.values.paths import join

_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_SECRET = re.compile(r"(?i)secret|token|passw|credential|private|api_?key|access_?key")
_OURS = Without("Driftline passes its own options")
OPTIONS: Partless = {
    "target": Without("a stack is planned as a whole", "driftline plan STACK --target ADDRESS"),
    "lock-timeout": Without("it is the same for all stacks", "apply.lock_timeout in the configuration"),
    "lock": Without("applies always take the lock of the state"),
    "upgrade": Without("versions come from the committed lock file", "commit .terraform.lock.hcl"),
    "plugin-dir": Without("the operator provides providers", "engines.plugin_mirror in the configuration"),
    "refresh": Without("a plan always reads what is there"),
    "destroy": Without("a stack is destroyed by a command", "driftline plan STACK --destroy"),
}
_WITH_VALUE = frozenset(
    {"var-file", "var", "backend-config", "target", "parallelism", "lock-timeout", "plugin-dir"}
)


def with_arguments(
    project: Project, reading: Reading, nodes: Iterable[Node], names: Mapping[str, str], layout: Layout
) -> Project:
    """The project with what the options set; `names` are the shell variables that the tool sets."""
    for option, value, parts in _options(nodes):
        text = _substituted(value, names) if value is not None else None
        if value is not None and text is None:
            for part in parts:
                reading.note(part, "only a shell knows this value", "write the value into the stack file")
            continue
        changed = _with_option(project, option, text, layout) if text is not None else None
        for part in parts:
            if changed is None:
                reading.note(part, *OPTIONS.get(option, _OURS))
            else:
                reading.keep(part, f"{_BECOMES[option]} in the stack file")
        project = changed or project
    return project


_BECOMES = {
    "var-file": "var_files",
    "var": "vars",
    "backend-config": "backend_config",
    "parallelism": "parallelism",
}


def _options(nodes: Iterable[Node]) -> Iterator[tuple[str, str | None, tuple[Node, ...]]]:
    """Name, value and the nodes of each option; a value may be the next argument."""
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        name, equals, value = (node.text or "").lstrip("-").partition("=")
        parts = [node]
        if not equals and name in _WITH_VALUE and waiting:
            parts.append(waiting.pop())
            equals, value = "=", parts[-1].text or ""
        yield name, value.strip("'\"") if equals else None, tuple(parts)


def _substituted(value: str, names: Mapping[str, str]) -> str | None:
    """None if a part of it is unknown."""
    text = _VARIABLE.sub(lambda found: names.get(found[1], found[0]), value)
    return None if "$" in text or "`" in text else text


def _with_option(project: Project, option: str, text: str, layout: Layout) -> Project | None:
    """None if a stack file has nothing for it."""
    name, equals, value = text.partition("=")
    match option:
        case "var-file":
            return replace(project, var_files=(*project.var_files, posixpath.normpath(text)))
        case "var" if equals:
            return replace(project, vars={**project.vars, name: value})
        case "backend-config" if equals:
            return replace(project, backend_config={**project.backend_config, name: value})
        case "backend-config":
            settings = layout.settings.get(join(project.folder, text) or "")
            return (
                None
                if settings is None
                else replace(project, backend_config={**project.backend_config, **settings})
            )
        case "parallelism" if text.isdecimal():
            return replace(project, parallelism=int(text))
        case _:
            return None


def with_variable(
    project: Project, reading: Reading, name: str, node: Node, names: Mapping[str, str]
) -> Project:
    """The project with this environment variable, if a stack file may set it."""
    text = _substituted(node.text or "", names)
    if name == "TF_WORKSPACE" and text:
        reading.keep(node, "terraform_workspace in the stack file")
        return replace(project, workspace=text)
    if reason := denial(name):
        reading.note(
            node,
            f"a stack file may not set {name}: {reason}",
            "contexts in the configuration, or engines.env",
        )
    elif text is None:
        reading.note(
            node, f"only a shell knows the value of {name}", "write the value into env of the stack file"
        )
    elif _SECRET.search(name):
        reading.note(
            node,
            f"{name} may be a secret, which Driftline takes by reference",
            "contexts in the configuration",
        )
    else:
        reading.keep(node, "env in the stack file")
        return replace(project, env={**project.env, name: text})
    return project


def from_top(folder: str, pattern: str) -> str:
    """A glob from the top of the repository, as seen from the folder."""
    return posixpath.relpath(posixpath.normpath(pattern), folder)


def watched(reading: Reading, nodes: Iterable[Node], folder: str, *, top: bool = False) -> tuple[str, ...]:
    """The globs of other directories. The root module and the modules that it calls are watched anyway."""
    found = []
    for node in nodes:
        text = node.text
        if text is None:
            continue
        if text.startswith(("!", "/")) or _VARIABLE.search(text):
            reading.note(
                node, "a glob that excludes, is absolute or has a variable", "watch in the stack file"
            )
            continue
        glob = posixpath.normpath(text) if not top or text.startswith("../") else from_top(folder, text)
        inside = not glob.startswith("../") or (top and text.startswith("**/"))
        reading.keep(
            node, "the root module, which is watched anyway" if inside else "watch in the stack file"
        )
        if not inside:
            found.append(glob)
    return tuple(dict.fromkeys(found))
