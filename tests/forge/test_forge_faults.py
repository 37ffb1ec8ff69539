"""What goes wrong between Driftline and a forge, for each of them."""

import gzip
import json
import logging
import traceback
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest
from forge_opening import HandClock, opened
from forge_server import TOKEN, Asked, Fake, Told, listening
from forge_world import HEAD, START, Pull

from runner.errors import DriftlineError, ForgeRefused, ForgeThrottled, ForgeUnreachable
from runner.forge.repository import Repository
from runner.model.forge.marker import marker
from runner.model.forge.text import CommitStatus, IssueText

MARK = marker("request")
GREEN = CommitStatus("driftline/plan", "success", "no changes")


def always(status: int, body: object = None, **headers: str) -> Callable[[Asked], Told]:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: Told(status, body, told)


def every_use(forge: Repository) -> list[Callable[[], object]]:
    uses: list[Callable[[], object]] = [
        forge.open_requests,
        forge.may_write,
        lambda: forge.comments_since(START),
        lambda: forge.set_status(HEAD, GREEN),
        lambda: forge.save_comment(1, MARK, "text"),
    ]
    if forge.can.commit_comments:
        uses.append(lambda: forge.save_commit_comment(HEAD, MARK, "text"))
    if forge.can.issues:
        uses += [
            lambda: forge.open_issue(IssueText(MARK, "Drift", "text", ("drift",), ("ana",))),
            lambda: forge.update_issue(50, IssueText(MARK, "Drift", "text")),
            lambda: forge.close_issue(50, "resolved"),
            lambda: forge.own_issues("drift"),
        ]
    return uses


def raised(use: Callable[[], object]) -> DriftlineError:
    with pytest.raises(DriftlineError) as caught:
        use()
    return caught.value


@pytest.mark.repeats("status")
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_a_refusal_says_what_was_refused_and_why(fake: Fake, forge: Repository, status: int) -> None:
    fake.faults.append(always(status, {"message": "because"}))
    error = raised(forge.open_requests)
    assert isinstance(error, ForgeRefused)
    assert f"refused GET {fake.prefix}/" in error.message
    assert error.message.endswith(f": {status} because")


@pytest.mark.repeats("fake")
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_forge_that_fails_is_unreachable(fake: Fake, forge: Repository, status: int) -> None:
    fake.faults.append(always(status, b"<html>"))
    for use in every_use(forge):
        assert isinstance(raised(use), ForgeUnreachable)


@pytest.mark.repeats("fake")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>log in</html>",
        b"[" * 100_000,
        b"\xff\xfe",
        json.dumps({"values": 3}).encode(),
        b"null",
        b'"text"',
    ],
)
def test_an_answer_that_is_not_understood_is_an_error_or_empty(
    fake: Fake, forge: Repository, body: bytes
) -> None:
    fake.faults.append(always(200, body))
    for use in every_use(forge):
        try:
            assert use() in ((), None)
        except ForgeUnreachable as error:
            assert "its answer" in error.message or "JSON" in error.message  # noqa: PT017 - both ends are sound


@pytest.mark.repeats("fake")
@pytest.mark.parametrize("one", [{}, {"id": "7"}, {"id": 7, "iid": None, "number": True}, [], 7, None, "x"])
def test_items_of_other_shapes_are_errors_or_left_out(fake: Fake, forge: Repository, one: object) -> None:
    fake.faults.append(lambda asked: None if asked.path.endswith("/user") else Told(200, [one]))
    for use in every_use(forge):
        try:
            assert use() in ((), None, 7)
        except ForgeUnreachable as error:
            assert "its answer" in error.message  # noqa: PT017 - both ends are sound


def test_an_endless_answer_is_refused(fake: Fake, forge: Repository) -> None:
    fake.faults.append(always(200, b'["' + b"x" * 9 * 2**20 + b'"]'))
    assert "exceeds 8 MB" in raised(forge.open_requests).message


def test_an_answer_that_would_unpack_is_refused(fake: Fake, forge: Repository) -> None:
    fake.faults.append(always(200, gzip.compress(b"[]"), content_encoding="gzip"))
    assert "compresses" in raised(forge.open_requests).message
    assert all(one.headers["accept-encoding"] == "identity" for one in fake.asked)


def test_a_forge_that_pages_without_end_is_read_to_a_bound(fake: Fake, forge: Repository) -> None:
    fake.per_page = 1
    fake.world.pulls = [Pull(number) for number in range(1, 30)]
    assert len(forge.open_requests()) == 20
    assert len(fake.asked) <= 40


def test_the_token_goes_to_no_other_host(fake: Fake, forge: Repository) -> None:
    stolen: list[Asked] = []

    def thief(asked: Asked) -> Told:
        stolen.append(asked)
        return Told(200, [])

    with listening(thief) as elsewhere:
        fake.faults.append(always(302, b"", Location=f"{elsewhere}/api"))
        assert "another host" in raised(forge.open_requests).message
        fake.faults[:] = [always(307, b"", Location=f"{elsewhere}/api")]
        assert "another host" in raised(lambda: forge.set_status(HEAD, GREEN)).message
        page = {"values": [], "next": f"{elsewhere}/2.0/more"}
        body = page if fake.kind == "bitbucket" else []
        fake.faults[:] = [always(200, body, Link=f'<{elsewhere}/more>; rel="next"')]
        if fake.kind not in {"gitea", "bitbucket-server"}:  # these count their pages
            assert "another host" in raised(forge.open_requests).message
    assert stolen == []


def test_a_renamed_repository_is_followed_on_its_host(fake: Fake, forge: Repository) -> None:
    def moved(asked: Asked) -> Told | None:
        return (
            None
            if "moved" in asked.query
            else Told(301, b"", {"Location": f"{asked.path}?moved=1&{asked.raw_query}"})
        )

    fake.checks = False
    fake.faults.append(moved)
    assert [one.number for one in forge.open_requests()] == [1]


def test_a_redirect_in_a_circle_ends(fake: Fake, forge: Repository) -> None:
    fake.faults.append(lambda asked: Told(301, b"", {"Location": asked.path}))
    assert "circle" in raised(forge.open_requests).message
    assert len(fake.asked) == 4


def test_a_write_is_not_repeated_as_another_request(fake: Fake, forge: Repository) -> None:
    fake.faults.append(lambda asked: Told(302, b"", {"Location": "/elsewhere"}) if asked.writes else None)
    assert "forge.repository" in raised(lambda: forge.save_comment(1, MARK, "text")).message
    assert len(fake.writes) == 1


def test_after_retry_after_nothing_is_sent_until_then(fake: Fake) -> None:
    clock = HandClock()
    forge = opened(fake, clock)
    fake.faults.append(always(429, {"message": "slow down"}, Retry_After="90"))
    error = raised(forge.open_requests)
    assert isinstance(error, ForgeThrottled)
    assert error.facts["until"] == clock.at + timedelta(seconds=90)
    fake.faults.clear()
    clock.at += timedelta(seconds=89)
    for use in every_use(forge):
        assert isinstance(raised(use), ForgeThrottled)
    assert len(fake.asked) == 1
    clock.at += timedelta(seconds=1)
    assert len(forge.open_requests()) == 1


def test_an_exhausted_limit_is_read_by_the_forges_clock(fake: Fake) -> None:
    clock = HandClock()
    theirs = clock.at + timedelta(days=3)
    headers = {
        "X_RateLimit_Remaining": "0",
        "X_RateLimit_Reset": str(int((theirs + timedelta(minutes=10)).timestamp())),
        "Date": format_datetime(theirs, usegmt=True),
    }
    fake.faults.append(always(403, {"message": "API rate limit exceeded"}, **headers))
    assert raised(opened(fake, clock).open_requests).facts["until"] == clock.at + timedelta(minutes=10)


@pytest.mark.repeats("seconds")
@pytest.mark.parametrize(
    ("status", "headers", "message", "seconds"),
    [
        (403, {}, "You have exceeded a secondary rate limit", 60),
        (429, {}, "", 60),
        (429, {"Retry_After": "0"}, "", 1),
        (429, {"Retry_After": "-5"}, "", 60),
        (429, {"Retry_After": "999999999"}, "", 3600),
        (429, {"Retry_After": "Sat, 31 Jan 2026 12:02:00 GMT"}, "", 120),
        (429, {"Retry_After": "soon"}, "", 60),
        (503, {"Retry_After": "30"}, "", 30),
        (429, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "99999999999"}, "", 3600),
        (429, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "1"}, "", 1),
    ],
)
def test_a_throttling_answer_silences_for_a_bounded_time(
    fake: Fake, status: int, headers: dict[str, str], message: str, seconds: int
) -> None:
    clock = HandClock()
    fake.faults.append(always(status, {"message": message}, **headers))
    assert raised(opened(fake, clock).open_requests).facts["until"] == clock.at + timedelta(seconds=seconds)


def test_a_failed_write_is_made_again(fake: Fake, forge: Repository) -> None:
    fake.faults.append(lambda asked: Told(502, b"") if asked.writes else None)
    raised(lambda: forge.set_status(HEAD, GREEN))
    raised(lambda: forge.save_comment(1, MARK, "text"))
    fake.faults.clear()
    forge.set_status(HEAD, GREEN)
    forge.save_comment(1, MARK, "text")
    assert len(fake.world.statuses) == 1
    assert len(fake.world.comments(1)) == 1


def test_a_write_whose_answer_was_lost_is_not_doubled(fake: Fake, forge: Repository) -> None:
    def lost(asked: Asked) -> Told | None:
        if asked.writes:
            fake.judged_without_faults(asked)
            return Told(504, b"")
        return None

    fake.faults.append(lost)
    raised(lambda: forge.save_comment(1, MARK, "text"))
    fake.faults.clear()
    forge.save_comment(1, MARK, "text")
    assert len(fake.world.comments(1)) == 1


def test_no_error_has_the_token(fake: Fake, forge: Repository, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    echo = {"message": f"bad token {TOKEN}", "errors": [TOKEN], "error": {"message": TOKEN}}
    faults = [
        *(always(status, echo) for status in (401, 404, 422, 429, 500)),
        always(302, b"", Location=f"https://{TOKEN}.example.com/{TOKEN}"),
        always(200, TOKEN.encode()),
        always(200, {"errors": [{"message": TOKEN}]}),
    ]
    for fault in faults:
        again = opened(fake)
        fake.faults[:] = [fault]
        for use in every_use(again):
            try:
                use()
            except DriftlineError as error:
                told = [
                    error.message,
                    error.hint,
                    repr(error),
                    str(error.facts),
                    *traceback.format_exception(error),
                ]
                assert not [text for text in told if TOKEN in text]
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(vars(forge))


def test_a_forge_that_is_gone_is_unreachable(fake: Fake, forge: Repository) -> None:
    with listening(lambda asked: Told()) as url:
        fake.url = url
    assert isinstance(raised(opened(fake).open_requests), ForgeUnreachable)
