"""Files that the values of a plan name: a provider may open them in the apply, where no plan depends on them."""

from pathlib import Path

import pytest
from plan_documents import change, document, resource

from runner.model.code.named_files import MOST, named_files
from runner.model.code.tree import LINK, Tree
from runner.model.plan import mentioned as limits
from runner.model.plan.mentioned import ANY_FILE, mentioned
from runner.model.stack.source import TreeEntry
from runner.service.execution.named_files import is_there

TREES = "/data/trees/infra"
FILES = ("app/main.tf", "app/own.html", "other/stack.yaml", "site/page.html", "site/more/deep.css")


def tree(*files: str) -> Tree:
    folders = {"/".join(file.split("/")[:end]) for file in files for end in range(1, file.count("/") + 1)}
    entries = [TreeEntry(folder, "040000", "tree", f"id of {folder}") for folder in sorted(folders)]
    links = {"app/link": "../site"}
    return Tree(
        [
            *entries,
            *(TreeEntry(file, "100644", "blob", f"id of {file}") for file in files),
            *(TreeEntry(link, LINK, "blob", f"id of {link}") for link in links),
        ],
        links,
    )


def created(after: object) -> dict[str, object]:
    return document(resource("test_thing.a", change("create", None, after)))


def named(plan: dict[str, object], root: str = "app") -> dict[str, tuple[str, ...]]:
    known = tree(*FILES)
    return dict(
        named_files(
            mentioned(plan),
            root=root,
            trees=TREES,
            there=lambda _: True,
            tree=lambda: known,
        )
    )


@pytest.mark.parametrize(
    "text",
    [
        "../site/page.html",
        "./../site//page.html",
        f"{TREES}/tree/site/page.html",
        "file://../site/page.html",
        f"file://{TREES}/tree/site/page.html",
        "content=../site/page.html",
        '{"page": "../site/page.html", "count": 1}',
        "serve ../site/page.html --quiet",
        "link/page.html",
    ],
)
def test_a_file_beside_the_root_module_is_found_by_its_path(text: str) -> None:
    assert named(created({"nested": [{"source": text}]})) == {"site/page.html": ("id of site/page.html",)}


def test_a_key_can_be_a_path() -> None:
    assert "site/page.html" in named(created({"files": {"../site/page.html": 1}}))


def test_a_directory_stands_for_what_is_in_it() -> None:
    assert named(created({"directory": "../site/more"})) == {"site/more": ("id of site/more",)}


@pytest.mark.parametrize("text", ["..", "../", "../..", f"{TREES}/tree/"])
@pytest.mark.parametrize("root", ["app", "site/more"])
def test_a_directory_above_the_code_stands_for_the_repository(text: str, root: str) -> None:
    assert named(created({"source": text}), root) == {".": ("id of app", "id of other", "id of site")}


def test_a_directory_above_the_repository_stands_for_it() -> None:
    assert set(named(created({"source": ".."}), root=".")) == {"."}


@pytest.mark.parametrize(
    "text",
    ["../site/gone.html", "../../etc/passwd", "/etc/passwd", "https://example.com/site/page.html", "."],
)
def test_what_is_not_in_the_repository_is_left_out(text: str) -> None:
    assert named(created({"source": text})) == {}


def test_a_file_of_a_stack_below_the_root_module_is_found() -> None:
    assert named(created({"source": "site/page.html"}), root=".") == {
        "site/page.html": ("id of site/page.html",)
    }


def test_what_does_not_change_names_nothing() -> None:
    same = {"source": "../site/page.html"}
    assert named(document(resource("test_thing.a", change("no-op", same, same)))) == {}


def test_what_is_deleted_names_what_it_had() -> None:
    plan = document(resource("test_thing.a", change("delete", {"source": "../site/page.html"})))
    assert "site/page.html" in named(plan)


def test_too_many_paths_stand_for_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST", 2)
    assert mentioned(created({"paths": ["a/b", "c/d", "e/f"]})) == (ANY_FILE,)
    monkeypatch.setattr("runner.model.code.named_files.MOST", 1)
    assert set(named(created({"paths": ["../site/page.html", "../other"]}))) == {"."}


def test_git_is_not_asked_where_nothing_is_named() -> None:
    def asked() -> Tree:
        raise AssertionError

    assert not named_files(["a/b"], root="app", trees=TREES, there=lambda _: False, tree=asked)
    assert MOST > 100


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A tree with a page, beside a directory that has one too."""
    for page in (tmp_path / "tree" / "site" / "page.html", tmp_path / "site" / "page.html"):
        page.parent.mkdir(parents=True)
        page.touch()
    (tmp_path / "tree" / "app").mkdir()
    (tmp_path / "tree" / "app" / "link").symlink_to("/a/disk/that/hangs")
    return tmp_path / "tree"


@pytest.mark.parametrize("path", ["app/../site/page.html", "app/link/anything", "app/..", "app/../.."])
def test_git_is_asked_about_what_is_there_and_what_is_behind_a_link(top: Path, path: str) -> None:
    assert is_there(str(top), path)


@pytest.mark.parametrize(
    "path",
    [
        "app/../site/gone.html",
        "app/../../site/page.html",
        "app/../../../../../../etc/passwd",
        "app/\0",
        f"app/{'x' * 4000}",
        f"app/{'../' * 1000}x",
    ],
)
def test_nothing_outside_of_the_tree_is_there(top: Path, path: str) -> None:
    assert not is_there(str(top), path)
