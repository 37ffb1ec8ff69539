"""Owners by CODEOWNERS: the last rule that covers a root module, in the forms of GitHub and GitLab."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.forge.codeowners import LARGEST, MOST_OWNERS, codeowners


def owners(text: str, path: str = "infra/net") -> tuple[str, ...]:
    return codeowners(text.encode()).owners(path)


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("*", "infra/net", True),
        ("*", ".", True),
        ("*.tf", "infra/net", True),
        ("*.md", "infra/net", False),
        ("/infra/", "infra/net", True),
        ("/infra", "infra/net", True),
        ("infra/net", "infra/net", True),
        ("infra/net", "old/infra/net", False),
        ("/net/", "infra/net", False),
        ("net/", "infra/net", True),
        ("net", "infra/network", False),
        ("infra/*", "infra", True),
        ("infra/*", "infra/net", False),
        ("infra/*/", "infra/net", True),
        ("infra/n*", "infra/net", True),
        ("**/net", "a/b/net", True),
        ("infra/**", "infra/a/b", True),
        ("/main.tf", ".", True),
        ("/main.tf", "infra", False),
        (r"my\ infra/", "my infra", True),
        ("INFRA/", "infra", False),
        ("../infra/", "infra", False),
    ],
)
def test_a_pattern_covers_the_files_that_it_covers_at_the_forge(
    pattern: str, path: str, *, covered: bool
) -> None:
    assert owners(f"{pattern} @ana", path) == (("ana",) if covered else ())


def test_the_last_rule_that_covers_a_module_wins() -> None:
    text = "* @all\n/infra/ @ana @bo # both\n/infra/old/ @cy\n/web/ @di\n"
    assert owners(text) == ("ana", "bo")
    assert owners(text, "infra/old") == ("cy",)


def test_a_last_rule_without_owners_leaves_none() -> None:
    assert owners("* @all\n/infra/\n") == ()


def test_only_single_logins_are_owners() -> None:
    assert owners("* @acme/ops ana@example.com @@maintainer ana @-x @bo") == ("bo",)


def test_each_section_of_gitlab_adds_its_owners() -> None:
    text = "* @all\n[Network][2] @net\n/infra/net/\n/web/ @web\n^[Review]\n/infra/ @ana\n[network]\n/x/ @x\n"
    assert owners(text) == ("all", "net", "ana")


def test_a_rule_for_a_team_does_not_get_the_owners_of_its_section() -> None:
    assert owners("[Network] @net\n/infra/ @acme/ops\n") == ()


def test_an_excluded_path_has_no_owner_in_its_section() -> None:
    assert owners("[A]\n* @ana\n!/infra/net/\n/infra/ @ana\n[B]\n* @bo\n") == ("bo",)


def test_only_so_many_owners_are_asked_for_at_the_forge() -> None:
    assert len(owners("* " + " ".join(f"@a{n}" for n in range(99)))) == MOST_OWNERS


def test_a_file_that_is_too_large_has_no_owners() -> None:
    assert owners("* @ana\n" + "#" * LARGEST) == ()


def test_comments_and_blank_lines_say_nothing() -> None:
    assert owners("\ufeff* @ana\r\n\r\n# * @bo\r\n") == ("ana",)


@given(st.binary(max_size=300) | st.text("[]^!*?/\\@# \na", max_size=60).map(str.encode))
def test_any_content_has_a_meaning(content: bytes) -> None:
    assert all(login.isprintable() for login in codeowners(content).owners("infra/net"))
