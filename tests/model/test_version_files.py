"""What version files say, and which of them counts."""

import pytest

from runner.model.code.engines import ENGINES
from runner.model.code.tree import Tree
from runner.model.engine.version_file import NoWish, constraint_of, said_in
from runner.model.engine.wants import wants_of
from runner.model.stack.definition import StackDefinition
from runner.model.stack.engine_wants import EngineWants, Wish
from runner.model.stack.source import TreeEntry
from runner.model.values.paths import parent

TERRAFORM, TOFU = ENGINES["terraform"], ENGINES["tofu"]


def tree_of(files: dict[str, str], links: tuple[str, ...] = ()) -> Tree:
    folders = {folder for file in files for folder in above(file)}
    entries = [TreeEntry(folder, "040000", "tree", folder) for folder in folders]
    entries += [TreeEntry(file, "120000" if file in links else "100644", "blob", file) for file in files]
    return Tree(entries)


def above(path: str) -> list[str]:
    found = []
    while (path := parent(path)) != ".":
        found.append(path)
    return found


def wanted(files: dict[str, str], folder: str = "infra/app", **fields: str) -> EngineWants:
    definition = StackDefinition(name="a", **fields)  # type: ignore[arg-type]
    tree = tree_of({**files, f"{folder}/main.tf": ""})
    return wants_of(definition, tree, folder, None, lambda file: files[file].encode())


@pytest.mark.parametrize(
    ("said", "constraint"),
    [
        ("1.9.8", "1.9.8"),
        ("v1.9.8", "v1.9.8"),
        ("~> 1.9.0", "~> 1.9.0"),
        (">= 1.5, < 2", ">= 1.5, < 2"),
        ("latest:^1.5", "~> 1.5.0"),
        ("latest:^1\\.5\\.", "~> 1.5.0"),
        ("latest:1", "~> 1.0"),
        ("latest", None),
        ("latest-allowed", None),
        ("min-required", None),
        ("system", None),
    ],
)
def test_a_version_file_says_a_version_a_constraint_or_leaves_it_open(
    said: str, constraint: str | None
) -> None:
    assert constraint_of(said) == constraint


@pytest.mark.parametrize(
    "said", ["latest:^1.(5|6)", "path:/x", "ref:main", "1.9.8 1.10.0", "", ",", "stable", "latest:^1.5.*"]
)
def test_what_a_version_file_says_otherwise_is_never_ignored(said: str) -> None:
    with pytest.raises(NoWish):
        constraint_of(said)


def test_comments_do_not_count() -> None:
    assert said_in(".terraform-version", b"# ours\n1.9.8 # as in production\n", TERRAFORM) == "1.9.8"
    tools = b"nodejs 20.1.0 # x\n#terraform 1.1.1\nterraform   1.9.8 # y\nopentofu 1.10.6\n"
    assert said_in(".tool-versions", tools, TERRAFORM) == "1.9.8"
    assert said_in("a/.tool-versions", tools, TOFU) == "1.10.6"
    assert said_in(".tool-versions", b"terraform-docs 1.0\n", TERRAFORM) is None


@pytest.mark.parametrize("file", [".terraform-version", ".tool-versions"])
def test_a_byte_order_mark_does_not_count(file: str) -> None:
    said = "1.9.8" if file == ".terraform-version" else "terraform 1.9.8"
    assert said_in(file, said.encode("utf-8-sig"), TERRAFORM) == "1.9.8"


def test_the_definition_comes_before_every_file() -> None:
    assert wanted({"infra/app/.terraform-version": "1.2.3"}, engine_version="~> 1.9").wish == Wish(
        "~> 1.9", "engine_version"
    )


def test_the_nearest_folder_counts_and_in_it_the_file_of_the_engine() -> None:
    files = {".terraform-version": "1.1.1", "infra/.tool-versions": "terraform 1.2.2"}
    assert wanted(files).wish == Wish("1.2.2", "infra/.tool-versions")
    files["infra/.terraform-version"] = "1.3.3"
    assert wanted(files).wish == Wish("1.3.3", "infra/.terraform-version")
    files["infra/app/.tool-versions"] = "nodejs 20"
    assert wanted(files).wish == Wish("1.3.3", "infra/.terraform-version")
    assert wanted(files, folder=".").wish == Wish("1.1.1", ".terraform-version")


def test_opentofu_reads_no_file_of_terraform() -> None:
    files = {".terraform-version": "1.1.1", ".tool-versions": "opentofu 1.10.6"}
    assert wanted(files, engine="tofu").wish == Wish("1.10.6", ".tool-versions")
    assert wanted({".terraform-version": "1.1.1"}, engine="tofu").wish is None


def test_a_file_that_leaves_the_version_open_hides_those_above_it() -> None:
    assert wanted({".terraform-version": "1.1.1", "infra/.terraform-version": "latest"}) == EngineWants()


def test_a_file_that_says_something_else_is_a_flaw_with_its_words() -> None:
    found = wanted({"infra/.terraform-version": "latest:^1.(5|6)"})
    assert (
        found.flaw == 'infra/.terraform-version says "latest:^1.(5|6)", which is no version and no constraint'
    )


def test_a_version_file_is_followed_through_no_link_and_is_small() -> None:
    files = {".terraform-version": "1.1.1"}
    tree = tree_of({**files, "main.tf": ""}, links=(".terraform-version",))
    linked = wants_of(StackDefinition(name="a"), tree, ".", None, lambda _: b"1.1.1")
    assert linked.flaw == ".terraform-version is not a regular file"
    assert wanted({".terraform-version": "1.1.1" + " " * 1024}).flaw.endswith("has more than 1024 bytes")
