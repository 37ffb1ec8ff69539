"""Which comments ask for something, and whom their authors stand for."""

from dataclasses import replace

import pytest
from forge_world import START

from runner.model.approval.people import names_of
from runner.model.forge.command import ApprovePlan, Command, Help, PlanAgain, command_of
from runner.model.forge.people import Commenter, Stranger, commenter
from runner.model.forge.request import RequestComment
from runner.model.settings.forge import ForgeSettings
from runner.model.settings.source import SourceSettings

DIGEST = "0123456789abcdef0123"
SOURCE = SourceSettings("infra", "https://github.com/acme/infra", forge=ForgeSettings("github"))
COMMENT = RequestComment(7, "100", "ana", "8", "driftline help", START, START)
PEOPLE = {"ana": ("forge:infra:ana", "ana@example.com", "oidc:user:ana@example.com")}


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("driftline plan", PlanAgain()),
        ("driftline plan prod/*", PlanAgain("prod/*")),
        ("  driftline   plan  app \r\n", PlanAgain("app")),
        (f"driftline approve {DIGEST}", ApprovePlan(DIGEST)),
        (f"driftline approve {DIGEST.upper()}\n\nlooks\nright", ApprovePlan(DIGEST, "looks right")),
        ("driftline help", Help()),
        ("driftline", Help()),
        ("driftline apply", Help("driftline apply")),
        ("driftline approve 0123", Help("driftline approve 0123")),
        ("driftline plan a b", Help("driftline plan a b")),
        (f"> driftline approve {DIGEST}", None),
        (f"please driftline approve {DIGEST}", None),
        (f"looks good\ndriftline approve {DIGEST}", None),
        (f"`driftline approve {DIGEST}`", None),
        ("driftlines plan", None),
        ("Driftline plan", None),
        ("", None),
    ],
)
def test_only_the_first_line_asks_for_something(body: str, command: Command | None) -> None:
    assert command_of(body) == command


def test_a_long_line_is_cut_in_the_answer() -> None:
    assert command_of("driftline " + "x" * 9_000) == Help(("driftline " + "x" * 9_000)[:200])


def found(
    comment: RequestComment = COMMENT, before: tuple[str, ...] = (), **people: tuple[str, ...]
) -> object:
    return commenter(comment, SOURCE, people or PEOPLE, before)


def test_a_mapped_login_is_one_person_with_all_their_names() -> None:
    one = found()
    assert isinstance(one, Commenter)
    assert {"ana", "ana@example.com"} <= names_of(one.person, PEOPLE)
    assert "oidc:user:ana@example.com" in one.subjects


@pytest.mark.parametrize(
    "subject", ["forge:infra:ana", "forge:github:ana", "forge:infra:id:8", "forge:github:id:8"]
)
def test_a_login_is_mapped_by_source_or_forge_and_by_name_or_id(subject: str) -> None:
    assert isinstance(found(ana=(subject,)), Commenter)


def test_case_makes_nobody_else() -> None:
    assert isinstance(found(replace(COMMENT, author="ANA")), Commenter)


@pytest.mark.parametrize("author", ["bo", "\u0430na", "ana-", "infra:ana", "id:8"])
def test_a_login_that_nobody_mapped_is_a_stranger(author: str) -> None:
    assert isinstance(found(replace(COMMENT, author=author, author_id="99")), Stranger)


@pytest.mark.parametrize("author", ["\uff41na", "an\u00aa", "a\u200bna", "\u24d0na", " ana"])
def test_a_login_that_only_looks_like_a_mapped_one_is_a_stranger(author: str) -> None:
    """Some forges let people register it."""
    assert isinstance(found(replace(COMMENT, author=author, author_id="99")), Stranger)


def test_a_login_that_reads_like_the_id_of_another_account_is_a_stranger() -> None:
    mapped = {"ana": ("forge:infra:id:8",)}
    assert isinstance(found(replace(COMMENT, author="id:8", author_id="99"), **mapped), Stranger)
    own = found(replace(COMMENT, author="id:8", author_id="99"), bo=("forge:infra:id:99",), **mapped)
    assert isinstance(own, Commenter)
    assert "forge:infra:id:8" not in own.subjects


def test_the_bare_name_of_a_person_is_no_login() -> None:
    """Anybody can register `ana` at a forge."""
    assert isinstance(found(ana=("ana@example.com",)), Stranger)


def test_a_login_that_another_account_had_is_a_stranger() -> None:
    assert isinstance(found(before=("8",)), Commenter)
    again = found(replace(COMMENT, author_id="9"), before=("8",))
    assert isinstance(again, Stranger)
    assert "forge:infra:id:9" in again.why


def test_an_account_that_is_mapped_by_its_id_may_have_had_other_owners() -> None:
    assert isinstance(
        found(replace(COMMENT, author_id="9"), before=("8",), ana=("forge:infra:id:9",)), Commenter
    )


def test_a_renamed_account_that_is_mapped_by_its_id_stays_the_person() -> None:
    assert isinstance(found(replace(COMMENT, author="ana2"), ana=("forge:infra:id:8",)), Commenter)
