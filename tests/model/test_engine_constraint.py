"""Constraints on versions mean what they mean to terraform."""

import pytest

from runner.model.engine.constraint import core_satisfies, exact, order, parse, satisfies


@pytest.mark.parametrize(
    ("version", "constraint", "expected"),
    [
        ("1.11.4", "1.11.4", True),
        ("1.11.4", "v1.11.4", True),
        ("1.11.4", "= 1.11", False),
        ("1.11.0", "= 1.11", True),
        ("1.11.4", "~> 1.11", True),
        ("1.12.0", "~> 1.11", True),
        ("2.0.0", "~> 1.11", False),
        ("1.10.9", "~> 1.11", False),
        ("1.11.9", "~> 1.11.4", True),
        ("1.12.0", "~> 1.11.4", False),
        ("1.11.3", "~> 1.11.4", False),
        ("9.0.0", "~> 1", True),
        ("1.11.4", ">= 1.5, < 2.0, != 1.11.3", True),
        ("1.11.3", ">= 1.5,< 2.0,!= 1.11.3", False),
        ("1.9.0", "> 1.10", False),
        ("1.10.0", ">1.9", True),
        ("1.12.0-rc1", ">= 1.11", False),
        ("1.12.0-rc1", ">= 1.12.0-rc1", False),
        ("1.12.0-rc1", "1.12.0-rc1", True),
        ("1.12.0-rc1", "= v1.12.0-rc1", True),
        ("1.12.0-rc2", "1.12.0-rc1", False),
        ("1.12.0", "> 1.12.0-rc1", True),
    ],
)
def test_a_constraint_means_what_it_means_to_terraform(
    version: str, constraint: str, *, expected: bool
) -> None:
    assert satisfies(version, constraint) is expected


def test_engines_compare_required_version_with_their_core_version() -> None:
    assert core_satisfies("1.15.0-rc1", ">= 1.15.0")
    assert not core_satisfies("1.15.0-rc1", "> 1.15.0")


@pytest.mark.parametrize("text", ["", "latest", "1.x", "~>", "1.2.3.4", "=> 1.0", "1.0 - 2.0"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        satisfies("1.0.0", text or "x")
    with pytest.raises(ValueError, match="not a version"):
        parse(text)


def test_only_a_single_version_is_exact() -> None:
    assert [exact(text) for text in ("1.2", "= 1.2.3", "v1.2.3", "1.2.3-rc1")] == [
        "1.2", "1.2.3", "v1.2.3", "1.2.3-rc1",
    ]  # fmt: skip
    assert [exact(text) for text in ("~> 1.2", ">= 1.2", "!= 1.2", "1.2, 1.3")] == [None] * 4


def test_releases_come_after_their_pre_releases() -> None:
    versions = ["1.10.0", "1.9.8", "1.10.0-rc1", "1.10"]
    assert sorted(versions, key=order) == ["1.9.8", "1.10.0-rc1", "1.10.0", "1.10"]
