"""The variables of a stack file, with the place of each value."""

from typing import Any

from runner.model.accept.syntax import Constant, Entries, Entry, Items, Node, Other, Style

_STYLES = {None: Style.BARE, '"': Style.QUOTED, "'": Style.SINGLE, "|": Style.HEREDOC, ">": Style.HEREDOC}


def stack_variables(text: str, stack: str) -> Entries | None:
    """`vars` of this stack; None if the file does not have them, or cannot be read."""
    import yaml

    loader = yaml.SafeLoader(text)
    try:
        while loader.check_node():
            document = loader.get_node()
            found = _pairs(document)
            name = found.get("name")
            if name is not None and str(name.value) == stack:
                node = found.get("vars")
                placed = None if node is None else _placed(node, loader)
                return placed if isinstance(placed, Entries) else None
    except (yaml.YAMLError, RecursionError):
        return None
    finally:
        loader.dispose()
    return None


def variables_now(text: str, stack: str) -> dict[str, Any]:
    """`vars` of this stack as values, from a text that was read before."""
    import yaml

    for document in yaml.safe_load_all(text):
        if isinstance(document, dict) and str(document.get("name")) == stack:
            return dict(document.get("vars") or {})
    return {}


def _pairs(node: Any) -> dict[str, Any]:
    return {str(key.value): value for key, value in node.value} if node.id == "mapping" else {}


def _placed(node: Any, loader: Any) -> Node:
    start, end = node.start_mark.index, node.end_mark.index
    match node.id:
        case "mapping":
            entries = tuple(
                Entry(str(key.value), key.start_mark.index, _placed(value, loader))
                for key, value in node.value
            )
            return Entries(start, _last(entries, end, node), entries, node.flow_style is True)
        case "sequence":
            items = tuple(_placed(one, loader) for one in node.value)
            last = items[-1].end if items and not node.flow_style else end
            return Items(start, last, items, node.flow_style is True)
        case _:
            value = loader.construct_object(node)
            if value is None or isinstance(value, str | int | float | bool):
                return Constant(start, end, value, _STYLES.get(node.style, Style.BARE))
            return Other(start, end)  # a date


def _last(entries: tuple[Entry, ...], end: int, node: Any) -> int:
    """A mapping in lines ends with its last value: PyYAML counts what follows it."""
    return entries[-1].node.end if entries and not node.flow_style else end
