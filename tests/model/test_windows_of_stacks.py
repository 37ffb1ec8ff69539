"""Which windows a stack has, whether they are open together, how long approvals stand, and what is doubtful: pure."""

from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import pytest
from examples import a_run

from runner.model.approval.approval import Approval, Person
from runner.model.approval.lineage import in_force, outlived
from runner.model.approval.rules import standing
from runner.model.approval.terms import Declaration, Terms, agreed
from runner.model.approval.window_doubts import doubtful_windows
from runner.model.code.located import Located
from runner.model.settings.server import ApprovalSettings
from runner.model.settings.windows import WindowRule, WindowRules
from runner.model.stack.definition import StackDefinition, StackWindow
from runner.model.stack.match import StackMatch
from runner.model.values.span import Seconds
from runner.model.window.closed import Closed, Openings, Reaching, lapses

PROD = StackMatch(labels={"env": "prod"})
BERLIN = "mon-thu 08:00-16:00 Europe/Berlin"
OFFICE = WindowRule(PROD, allow=(BERLIN,), reason="customers notice")
XMAS = WindowRule(freeze=("2026-12-20/2027-01-03",))
FRIDAY = datetime(2026, 11, 27, 14, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 7, tzinfo=UTC)


def declared(name: str = "prod/db", *windows: StackWindow, revision: str = "a", **more: Any) -> Declaration:
    definition = StackDefinition(name, labels={"env": "prod"}, windows=windows, **more)
    return Declaration(definition, "infra", "db", "state", "db/stack.yaml", revision * 40)


def terms(*rules: WindowRule, on: tuple[Declaration, ...] = ()) -> Terms:
    return agreed(ApprovalSettings(), on or (declared(),), windows=WindowRules(rules))


def closed(*rules: WindowRule, at: datetime, on: tuple[Declaration, ...] = ()) -> Closed | None:
    return Openings(at).closed(terms(*rules, on=on).windows)


def test_without_a_window_a_stack_is_always_open() -> None:
    assert closed(at=FRIDAY) is None
    elsewhere = WindowRule(StackMatch(stacks=("dev/**",)), allow=(BERLIN,))
    assert closed(elsewhere, at=FRIDAY) is None


def test_a_closed_window_says_whose_it_is_why_and_when_it_opens_there_and_in_utc() -> None:
    found = closed(OFFICE, at=FRIDAY)
    assert str(found) == (
        f"rule 1 of windows: {BERLIN} (customers notice); opens Mon 2026-11-30 08:00 Europe/Berlin (07:00 UTC)"
    )
    assert found is not None
    assert found.opens_at == MONDAY
    assert closed(OFFICE, at=MONDAY) is None


def test_a_window_is_closed_from_its_end_on() -> None:
    end = datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert closed(OFFICE, at=end - timedelta(microseconds=1)) is None
    assert closed(OFFICE, at=end) is not None


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "Mon 2026-11-30 00:00 UTC"),
        ("Asia/Kathmandu", "Mon 2026-11-30 00:00 Asia/Kathmandu (2026-11-29 18:15 UTC)"),
        ("America/New_York", "Mon 2026-11-30 00:00 America/New_York (05:00 UTC)"),
    ],
)
def test_where_it_is_another_day_in_utc_the_date_there_is_shown_too(zone: str, shown: str) -> None:
    assert f"opens {shown}" in str(closed(WindowRule(allow=(f"mon {zone}",)), at=FRIDAY))


def test_all_windows_of_a_stack_have_to_be_open_together() -> None:
    night = WindowRule(allow=("daily 15:00-15:30 America/New_York",))
    found = closed(night, WindowRule(allow=("sat,sun",)), at=MONDAY)
    assert found is not None
    assert found.opens_at == datetime(2026, 12, 5, 20, tzinfo=UTC)
    assert [one.origin for one in found.by] == ["rule 1 of windows", "rule 2 of windows"]


def test_a_freeze_closes_what_would_be_open_and_the_next_opening_is_after_it() -> None:
    found = closed(OFFICE, XMAS, at=datetime(2026, 12, 21, 9, tzinfo=UTC))
    assert found is not None
    assert str(found).startswith(
        "rule 2 of windows: freeze 2026-12-20/2027-01-03; opens Mon 2027-01-04 07:00 UTC"
    )


def test_windows_that_never_open_together_say_so() -> None:
    found = closed(WindowRule(allow=("mon",)), WindowRule(allow=("tue",)), at=FRIDAY)
    assert str(found).endswith("never opens")


def test_windows_in_two_zones_that_meet_only_between_their_changes_of_the_clock_are_found() -> None:
    new_york = WindowRule(allow=("daily 12:00-12:30 America/New_York",))
    berlin = WindowRule(allow=("daily 17:00-17:30 Europe/Berlin",))
    found = closed(new_york, berlin, at=FRIDAY)
    assert found is not None
    assert found.opens_at == datetime(2027, 3, 14, 16, tzinfo=UTC)


def test_a_stack_can_narrow_the_operators_windows_and_not_widen_them() -> None:
    narrower = declared("prod/db", StackWindow(("mon 09:00-10:00 Europe/Berlin",)))
    wider = declared("prod/db", StackWindow(("daily",)))
    assert closed(OFFICE, at=MONDAY, on=(narrower,)) is not None
    assert closed(OFFICE, at=FRIDAY, on=(wider,)) is not None


def test_a_window_in_an_older_declaration_counts_until_a_run_under_it_was_applied() -> None:
    old = declared("prod/db", StackWindow(("mon",)), revision="a")
    new = declared("prod/db", revision="b")
    both = in_force([old, new], new)
    found = closed(at=FRIDAY, on=both)
    assert found is not None
    assert "in force until a newer plan is applied" in found.why
    assert in_force([new], new) == (new,)
    seen = [(old, FRIDAY), (new, FRIDAY)]
    assert outlived(seen, new, FRIDAY + timedelta(hours=1)) == [old] or old.id == 0


def test_a_window_in_a_newer_declaration_counts_at_once() -> None:
    old, new = declared(revision="a"), declared("prod/db", StackWindow(("mon",)), revision="b")
    assert closed(at=FRIDAY, on=in_force([old, new], old)) is not None


def test_what_matched_the_old_labels_keeps_matching_too() -> None:
    old = declared(revision="a")
    relabelled = Declaration(StackDefinition("prod/db"), "infra", "db", "state", "db/stack.yaml", "b" * 40)
    assert closed(OFFICE, at=FRIDAY, on=(relabelled,)) is None
    assert closed(OFFICE, at=FRIDAY, on=in_force([old, relabelled], relabelled)) is not None


def test_a_definition_without_windows_is_stored_as_before_there_were_any() -> None:
    # Of version 0.9: another digest would plan every stack again after an upgrade.
    assert StackDefinition("a").digest == "d022c489e62e95cc1cb5b303d2f3cfafa4fd1d0b3865c689b21d95d51b4efa76"
    assert "windows" not in StackDefinition("a").document
    assert StackDefinition("a", windows=(StackWindow(("mon",)),)).digest != StackDefinition("a").digest


def test_keys_that_came_later_plan_no_stack_again_after_an_upgrade() -> None:
    # What a plan reads of the same definition, as the versions before wrote it.
    before = "f0235f204905a3a19b82a525e9b888860490ea8528bfff48590878447af7fdc1"
    assert Located("app/stack.yaml", StackDefinition("app")).digest == before


def test_windows_are_no_input_of_a_plan() -> None:
    plain, narrowed = declared(), declared("prod/db", StackWindow(("mon",)))
    assert Located("a.yaml", plain.definition).digest == Located("a.yaml", narrowed.definition).digest


def test_a_zone_that_is_no_longer_known_keeps_the_window_closed() -> None:
    found = Openings(FRIDAY).closed((Reaching("rule 1 of windows", ("daily Europe/Atlantis",)),))
    assert found is not None
    assert found.opens_at is None
    assert "not a time zone" in found.why


def test_a_clock_that_went_back_into_a_window_does_not_open_it() -> None:
    windows = terms(OFFICE).windows
    thursday = datetime(2026, 11, 26, 14, 30, tzinfo=UTC)
    assert Openings(thursday).closed(windows) is None
    found = Openings(thursday).closed(windows, seen=FRIDAY)
    assert found is not None
    assert found.opens_at is None or found.opens_at >= thursday


# Approvals

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("given", "until"),
    [
        # It would lapse on Saturday: it stands through the opening on Monday.
        (FRIDAY, datetime(2026, 11, 30, 15, tzinfo=UTC)),
        # It lapses while the window is open.
        (datetime(2026, 11, 30, 9, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=UTC)),
        # It lapses at night: it stands through the next day's opening.
        (datetime(2026, 11, 30, 16, tzinfo=UTC), datetime(2026, 12, 2, 15, tzinfo=UTC)),
    ],
)
def test_an_approval_that_lapses_while_the_window_is_closed_stands_through_the_next_opening(
    given: datetime, until: datetime
) -> None:
    assert lapses(given, DAY, terms(OFFICE).windows) == until


def test_an_approval_outlasts_a_freeze_by_no_more_than_it_lasts() -> None:
    given = datetime(2026, 12, 21, 9, tzinfo=UTC)
    assert lapses(given, DAY, terms(XMAS).windows) == datetime(2027, 1, 5, tzinfo=UTC)


def test_an_approval_for_windows_that_never_open_lapses_as_any_other() -> None:
    never = terms(WindowRule(allow=("mon",)), WindowRule(allow=("tue",))).windows
    assert lapses(FRIDAY, DAY, never) == FRIDAY + DAY


@pytest.mark.parametrize(("rules", "stands"), [((OFFICE,), True), ((), False)])
def test_an_approval_counts_as_long_as_its_windows_let_it_stand(
    rules: tuple[WindowRule, ...], *, stands: bool
) -> None:
    run = a_run(plan_digest="p", fingerprint="f", binding_digest="b")
    given = Approval(1, Person("ana", "user"), FRIDAY, "p", "f", binding_digest="b", independent=True)
    approvals = ApprovalSettings(expire=Seconds(86400))
    found = standing(run, [given], terms(*rules), approvals, MONDAY)
    assert found.complete is stands


# What is doubtful


def doubts(*rules: WindowRule, stacks: tuple[Declaration, ...] = ()) -> list[str]:
    known = {one.definition.name: (one,) for one in stacks or (declared(),)}
    return list(doubtful_windows(rules, known, FRIDAY))


def test_sound_windows_raise_no_doubt() -> None:
    assert doubts(OFFICE, XMAS) == []


def test_a_freeze_that_is_over_is_doubtful() -> None:
    rule = WindowRule(freeze=("2025-12-20/2026-01-03", "2026-12-20/2027-01-03"))
    assert doubts(rule) == ["rule 1 of windows: freeze 2025-12-20/2026-01-03 is over"]


def test_windows_that_never_open_together_are_doubtful_with_the_stacks_they_hold() -> None:
    stacks = (
        declared("prod/a", StackWindow(("fri",))),
        declared("prod/b", StackWindow(("fri",))),
        declared("prod/c"),
    )
    (said,) = doubts(OFFICE, stacks=stacks)
    assert said == (
        f"applies of prod/a, prod/b never start: rule 1 of windows ({BERLIN}) and windows of db/stack.yaml (fri) "
        "never open together within a year"
    )


def test_a_freeze_without_an_end_in_sight_never_opens_where_the_days_allowed_end_before() -> None:
    rule = WindowRule(allow=("mon",), freeze=("2026-11-01/2999-12-31",))
    assert doubts(rule) == []  # it opens in the year 3000
    assert doubts(WindowRule(allow=("mon",)), WindowRule(allow=("tue",)))[0].startswith(
        "applies of prod/db never"
    )


# At scale


def test_fifty_windows_over_ten_thousand_stacks_are_decided_in_a_tenth_of_a_second() -> None:
    zones = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC", "Australia/Lord_Howe")
    rules = WindowRules([
        WindowRule(
            StackMatch(stacks=("prod/**",) if number % 5 == 0 else (), labels={"team": f"t{number}"}),
            allow=(f"mon-thu {number % 12:02}:00-{number % 12 + 8:02}:00 {zones[number % 5]}",),
        )
        for number in range(50)
    ])  # fmt: skip
    stacks = [
        Declaration(
            StackDefinition(f"prod/s{number}", labels={"team": f"t{number % 60}"}),
            "infra",
            "m",
            "i",
            "f",
            "r",
        )
        for number in range(10_000)
    ]
    settings = ApprovalSettings()
    found = [agreed(settings, (one,), windows=rules).windows for one in stacks[:60]]
    assert sum(bool(windows) for windows in found) == 50
    best = min(_decide(rules, stacks) for _ in range(3))
    assert best < 0.5  # 0.06 s on an idle machine; here beside other tests


def _decide(rules: WindowRules, stacks: list[Declaration]) -> float:
    from runner.model.approval.terms import windows_of

    began = perf_counter()
    openings = Openings(FRIDAY)
    closed = sum(openings.closed(windows_of(rules, (one,))) is not None for one in stacks)
    assert 0 < closed < 10_000
    return perf_counter() - began
