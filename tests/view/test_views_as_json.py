"""Every command of these tests draws from what came back from JSON (`tests/conftest.py`); here is what that rests on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from runner.model.values.codec import key
from runner.view.document import document, read_document
from runner.view.when import whole


@dataclass(frozen=True)
class Page:
    at: datetime
    counts: dict[str, int]
    from_: tuple[str, ...] = key("from")


PAGE = Page(
    whole(datetime(2026, 11, 21, 12, 0, 5, 999, tzinfo=UTC) + timedelta(days=1)), {"synced": 3}, ("ana",)
)


def test_a_page_is_json_with_times_as_programs_want_them() -> None:
    assert document(PAGE) == {"at": "2026-11-22T12:00:05Z", "counts": {"synced": 3}, "from": ["ana"]}


def test_a_page_comes_back_from_its_json() -> None:
    assert read_document(Page, document(PAGE)) == PAGE


def test_a_newer_version_may_add_to_a_page() -> None:
    assert read_document(Page, {**document(PAGE), "more": 1}) == PAGE
