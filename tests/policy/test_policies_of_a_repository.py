"""Policies in a repository are plain files in the folders that the operator allows."""

import pytest

from runner.model.policy.repository import by_folder, repository_policy
from runner.model.stack.source import TreeEntry


def file(path: str, mode: str = "100644") -> TreeEntry:
    return TreeEntry(path, mode, "blob", path)


@pytest.mark.parametrize(
    ("globs", "found"),
    [
        (
            ("policies/*",),
            {
                "policies/a": ["policies/a/x.rego", "policies/a/deep/y.rego"],
                "policies/b": ["policies/b/z.rego"],
            },
        ),
        (("policies/a/deep",), {"policies/a/deep": ["policies/a/deep/y.rego"]}),
        (("**",), {"policies": ["policies/a/x.rego", "policies/a/deep/y.rego", "policies/b/z.rego"]}),
        (("other",), {}),
    ],
)
def test_each_folder_that_is_allowed_is_one_policy(
    globs: tuple[str, ...], found: dict[str, list[str]]
) -> None:
    names = (
        "policies/a/x.rego",
        "policies/a/deep/y.rego",
        "policies/b/z.rego",
        "policies/a/x.tf",
        "top.rego",
    )
    folders = by_folder(map(file, names), globs)
    assert {folder: [entry.path for entry in entries] for folder, entries in folders.items()} == found


@pytest.mark.parametrize(
    ("entry", "content"),
    [
        (file("p/../../x.rego"), b"package main"),
        (file("p/x.rego", "120000"), b"/etc/passwd"),
        (file("p/x.rego"), None),
        (file("p/x.rego"), b"\xff"),
        (file("p/x.rego"), b" " * (256 << 10) + b" "),
    ],
)
def test_what_is_no_plain_file_makes_the_policy_deny(entry: TreeEntry, content: bytes | None) -> None:
    blobs = {} if content is None else {entry.oid: content}
    assert repository_policy("p", "p", [entry], blobs).problem
