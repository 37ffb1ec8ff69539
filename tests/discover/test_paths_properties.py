"""Paths, globs and links, held against a slow definition or against a real disk."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite
from repetitions import examples

from runner.model.code.tree import Tree
from runner.model.stack.source import TreeEntry
from runner.model.values.paths import TOP, glob, join, parent, printable, unsafe


def slowly(pattern: list[str], path: list[str]) -> bool:
    """What a glob means, by definition."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(path)
        return any(slowly(pattern[1:], path[at:]) for at in range(len(path) + 1))
    return bool(path) and name_slowly(pattern[0], path[0]) and slowly(pattern[1:], path[1:])


def name_slowly(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(name_slowly(pattern[1:], name[at:]) for at in range(len(name) + 1))
    return bool(name) and pattern[0] in {"?", name[0]} and name_slowly(pattern[1:], name[1:])


names = st.text("ab.", min_size=1, max_size=4).filter(lambda name: name not in {".", ".."})
wild_names = st.text("ab.*?", min_size=1, max_size=4).filter(lambda name: name not in {".", "..", "**"})
paths = st.lists(names, min_size=1, max_size=5)
patterns = st.lists(wild_names | st.just("**"), min_size=1, max_size=5)


@settings(max_examples=examples(300))
@given(patterns, paths)
def test_a_glob_means_what_its_definition_says(pattern: list[str], path: list[str]) -> None:
    # `a**` inside a name is `a*`, and `**/**` is `**`: the definition says so too.
    assert glob("/".join(pattern)).matches("/".join(path)) == slowly(pattern, path)


@given(paths)
def test_a_path_without_wild_signs_means_itself(path: list[str]) -> None:
    text = "/".join(path)
    assert glob(text).matches(text)
    assert glob(f"**/{path[-1]}").matches(text)
    assert glob("**").matches(text)
    assert not glob(f"{text}/**").matches(text)
    assert glob(f"{path[0]}/**").matches(text) == (len(path) > 1)


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("**/stack.yaml", ["stack.yaml", "a/stack.yaml", "a/b/stack.yaml"], ["a/xstack.yaml", "stack.yaml/a", "a/stack.yml"]),
        ("modules/db/**", ["modules/db/a", "modules/db/a/b"], ["modules/db", "modules/dbx/a", "x/modules/db/a"]),
        ("*.tf", ["a.tf", ".tf"], ["a/b.tf", "a.tf.json"]),
        ("live/*/stack.y*ml", ["live/a/stack.yaml", "live/a/stack.yml"], ["live/stack.yaml", "live/a/b/stack.yaml"]),
        ("a/**/b/**/c", ["a/b/c", "a/x/b/y/z/c"], ["a/c", "b/c", "a/b"]),
        ("[ab]/x", ["a/x", "b/x"], ["c/x"]),
        ("[!ab]/x", ["c/x"], ["a/x"]),
        ("./a", ["a"], ["./b"]),
    ],
)  # fmt: skip
def test_globs_by_example(pattern: str, matching: list[str], other: list[str]) -> None:
    assert [path for path in matching + other if glob(pattern).matches(path)] == matching


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 40 + "b", "**/a/" * 20 + "b", "*a*/" * 15 + "**/" * 15 + "z", "[" * 200, "?*" * 50 + "c"],
)
def test_no_pattern_of_a_repository_takes_long(pattern: str) -> None:
    began = time.process_time()
    matches = glob(pattern).matches
    for path in ("a" * 4000, "/".join(["a"] * 2000), "/".join(["aaaaaaaa"] * 400)):
        matches(path)
    assert time.process_time() - began < 1


@given(st.lists(st.sampled_from(["a", "b", "..", ".", ""]), max_size=8))
def test_joining_agrees_with_the_disk_s_own_normal_form(parts: list[str]) -> None:
    relative = "/".join(parts)
    joined = join("x/y", relative)
    if relative.startswith("/"):
        assert joined is None
        return
    normal = os.path.normpath(f"/top/x/y/{relative}")
    # What leaves the top on its way is refused, even if it came back.
    if joined is not None:
        assert normal == os.path.normpath(f"/top/{joined}")
    elif normal.startswith("/top"):
        assert parts.count("..") > 2


@given(st.text(st.sampled_from("a./\0gitGIT~1-"), max_size=12))
def test_a_path_that_may_be_written_stays_in_its_folder(path: str) -> None:
    if unsafe(path) is None:
        assert os.path.normpath(f"/top/{path}") == f"/top/{path}"
        assert ".git" not in path.casefold().split("/")


@given(st.text())
def test_what_is_printed_is_printable_and_as_long(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)


@composite
def linked_trees(draw: DrawFn) -> tuple[list[str], dict[str, str]]:
    """Folders, and links at other places; targets of all kinds."""
    folders = draw(st.lists(st.lists(st.sampled_from("ab"), min_size=1, max_size=3), max_size=4))
    made = sorted({"/".join(folder[:depth]) for folder in folders for depth in range(1, len(folder) + 1)})
    targets = st.lists(st.sampled_from(["a", "b", "l", "m", "..", "."]), min_size=1, max_size=5).map("/".join)
    places = st.sampled_from(["", *[f"{folder}/" for folder in made]])
    links = draw(
        st.dictionaries(
            st.builds(lambda place, name: place + name, places, st.sampled_from("lm")), targets, max_size=4
        )
    )
    return made, links


@settings(max_examples=examples(150))
@given(linked_trees(), st.lists(st.sampled_from(["a", "b", "l", "m", ".."]), min_size=1, max_size=4))
def test_links_lead_where_the_kernel_says(
    tmp_path_factory: pytest.TempPathFactory, tree: tuple[list[str], dict[str, str]], path: list[str]
) -> None:
    """What is said to stay inside must be there on a disk too; what the disk leads outside must be refused."""
    folders, links = tree
    top = tmp_path_factory.mktemp("t", numbered=True) / "u" / "v" / "w" / "top"
    top.mkdir(parents=True)
    for folder in folders:
        (top / folder).mkdir()
    for name, target in links.items():
        (top / name).symlink_to(target)
    entries = [TreeEntry(name, "040000", "tree", "") for name in folders]
    entries += [TreeEntry(name, "120000", "blob", "") for name in links]
    end = Tree(entries, links).follow("/".join(path))
    try:
        (top / "/".join(path)).stat()
    except OSError:
        return  # the kernel goes nowhere; dangling and circular links harm nobody
    real = Path(os.path.realpath(top / "/".join(path)))
    if end is None:
        assert not real.is_relative_to(top)
    else:
        assert real == (top if end == TOP else top / end)


@given(paths)
def test_the_folder_of_a_path_is_one_name_shorter(path: list[str]) -> None:
    assert parent("/".join(path)) == ("/".join(path[:-1]) or TOP)
