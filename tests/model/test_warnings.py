from datetime import UTC, datetime, timedelta

from runner.model.changes.changes import Diagnostic
from runner.model.changes.warnings import (
    CHECK_FAILED,
    LONGEST_DETAIL,
    MAX_WARNINGS,
    FailingCheck,
    failing,
    kept,
)

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def warning(number: int = 0, *, detail: str = "") -> Diagnostic:
    return Diagnostic("warning", f"odd {number}", detail)


def check(address: str | None, message: str, line: int = 3) -> Diagnostic:
    return Diagnostic("warning", CHECK_FAILED, message, "main.tf", line, address)


def test_warnings_are_bounded_in_number_and_what_is_left_out_is_said() -> None:
    found = kept(map(warning, range(MAX_WARNINGS + 7)), str)
    assert len(found) == MAX_WARNINGS + 1
    assert found[-1].summary.startswith("7 more warnings")


def test_warnings_are_bounded_in_length_and_masked_before_they_are_cut() -> None:
    (found,) = kept(
        [warning(detail="x" * (LONGEST_DETAIL - 2) + "secret" + "y" * 100)],
        lambda t: t.replace("secret", "(masked)"),
    )
    assert "sec" not in found.detail
    assert len(found.detail) < LONGEST_DETAIL + 50


def test_errors_are_no_warnings_and_the_same_is_reported_once() -> None:
    assert kept([Diagnostic("error", "bad"), warning(), warning()], str) == (warning(),)


def test_a_check_keeps_the_time_when_it_was_first_seen() -> None:
    before = FailingCheck("check.a", "old words", NOW - timedelta(days=3))
    found = failing([check("check.a", "new words"), check("check.b", "other")], [before], NOW)
    assert [(one.address, one.message, one.since) for one in found] == [
        ("check.a", "new words", before.since),
        ("check.b", "other", NOW),
    ]


def test_several_assertions_of_one_check_are_one_state() -> None:
    (found,) = failing([check("check.a", "one"), check("check.a", "two\n lines", line=9)], [], NOW)
    assert found.message == "one; two lines"


def test_a_check_without_a_name_is_identified_by_its_location() -> None:
    (found,) = failing([check(None, "one")], [], NOW)
    assert found.address == "main.tf:3"
