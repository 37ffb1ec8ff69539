"""The parts of a secret that may be shown by themselves: values in JSON, YAML, HCL, and `key=value` lines."""

import re
from collections.abc import Iterator
from contextlib import suppress

import yaml

from runner.engine.sensitive import structured
from runner.model.secret.copies import SHORTEST_PART

_LINE = re.compile(r"^\s*(?:export\s+)?[\w.-]+\s*[=:]\s*(.+?)\s*$", re.MULTILINE)


def parts_of(secret: str) -> Iterator[str]:
    """The secret itself, and every value in it that is long enough to be recognised. Names of keys are not secret."""
    yield secret
    found = {
        *structured(secret),
        *_values(secret),
        *(match[1].strip("\"'") for match in _LINE.finditer(secret)),
    }
    yield from (part for part in found if len(part) >= SHORTEST_PART)


def _values(secret: str) -> Iterator[str]:
    """Of a YAML document, which JSON is as well. Nodes are not built into objects, so an alias costs nothing."""
    with suppress(yaml.YAMLError, RecursionError, ValueError):
        waiting = [node for node in yaml.compose_all(secret, Loader=yaml.SafeLoader) if node is not None]
        seen: set[int] = set()
        while waiting:
            node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, yaml.ScalarNode):
                yield node.value
            elif isinstance(node, yaml.SequenceNode):
                waiting += node.value
            elif isinstance(node, yaml.MappingNode):
                waiting += [value for _, value in node.value]
