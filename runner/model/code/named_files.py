"""The files of a repository that values of a plan name, and what they contain."""

from collections.abc import Callable, Iterable, Mapping

from runner.model.code.tree import Tree
from runner.model.values.paths import TOP

MOST = 1000


def named_files(
    texts: Iterable[str], *, root: str, trees: str, there: Callable[[str], bool], tree: Callable[[], Tree]
) -> Mapping[str, tuple[str, ...]]:
    """Git's ids by path, of what a text names from the root module, or below `trees`, which has a tree for each revision.

    `there` is asked first, as the list of a large repository takes long. A directory above the code stands for the
    whole repository.
    """
    paths = {_path(text, root, trees) for text in texts}
    found = {path for path in paths if path is not None and there(path)}
    if not found:
        return {}
    known = tree()
    places = {place for path in found if (place := _place(known, root, path)) is not None}
    if TOP in places or len(places) > MOST:
        places = {TOP}
    return {place: _content(known, place) for place in sorted(places)}


def _path(text: str, root: str, trees: str) -> str | None:
    """From the repository's top."""
    if text.startswith(f"{trees}/"):
        return text.removeprefix(f"{trees}/").partition("/")[2]
    return None if text.startswith("/") else f"{root}/{text}"


def _place(tree: Tree, root: str, path: str) -> str | None:
    place = tree.follow(path)
    if place is None:
        return TOP if path.rstrip("/").endswith("/..") else None  # above the repository too
    if place == root:
        return None
    if place == TOP or f"{root}/".startswith(f"{place}/"):
        return TOP
    return place if tree.get(place) is not None else None


def _content(tree: Tree, place: str) -> tuple[str, ...]:
    entry = tree.get(place)
    return tuple(one.oid for one in ([entry] if entry is not None else tree.children(place)))
