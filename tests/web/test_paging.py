"""Lists in pages, which stay right while rows come and go."""

from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from cli_world import World
from web_world import Served, access

from runner.errors import InvalidRequest
from runner.web.api.paging import Cursor, Wanted, key_of, page


@dataclass(frozen=True)
class Row:
    id: str


def rows(*numbers: int) -> tuple[Row, ...]:
    return tuple(Row(f"run-{number}") for number in numbers)


def test_pages_are_the_list() -> None:
    whole = rows(*range(12, 0, -1))
    found: list[Row] = []
    after = None
    while True:
        some, after = page(whole, "id", Wanted(5, after))
        found += some
        if after is None:
            break
    assert tuple(found) == whole


def test_rows_that_are_added_shift_nothing() -> None:
    _, after = page(rows(5, 4, 3, 2, 1), "id", Wanted(2, None))
    assert page(rows(7, 6, 5, 4, 3, 2, 1), "id", Wanted(2, after))[0] == rows(3, 2)


def test_the_row_that_a_cursor_names_may_be_gone() -> None:
    _, after = page(rows(12, 11, 10, 9, 8), "id", Wanted(3, None))
    assert page(rows(12, 9, 8), "id", Wanted(2, after))[0] == rows(9, 8)


def test_several_rows_may_have_the_same_name() -> None:
    first, after = page(rows(1, 1, 1, 2), "id", Wanted(2, None))
    second, _ = page(rows(1, 1, 1, 2), "id", Wanted(2, after))
    assert (*first, *second) == rows(1, 1, 1, 2)


def test_without_an_order_a_row_that_is_gone_is_an_error() -> None:
    with pytest.raises(InvalidRequest, match="begin again"):
        page(rows(2, 1, 3), "id", Wanted(1, Cursor("run-9")))


def test_a_list_is_one_whose_rows_have_a_name() -> None:
    assert key_of(tuple[Row, ...]) == "id"
    assert key_of(Row) is None
    assert key_of(tuple[str, ...]) is None


@pytest.fixture
def client(tmp_path: Path) -> httpx2.Client:
    served = Served(World(tmp_path, more=access("ci")))
    for name in ("a", "b", "d"):
        served.token(name)
    return served.client(served.token("ci"))


def test_the_next_page_is_linked(client: httpx2.Client) -> None:
    first = client.get("/api/v1/tokens", params={"limit": 2})
    assert [one["name"] for one in first.json()] == ["a", "b"]
    client.post("/api/v1/tokens", json={"name": "aa"})
    second = client.get(first.links["next"]["url"])
    assert [one["name"] for one in second.json()] == ["ci", "d"]
    assert "next" not in second.links


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=100001", "cursor=x", "cursor=W10", "cursor=é"]
)
def test_what_is_no_page_is_refused(client: httpx2.Client, query: str) -> None:
    answer = client.get(f"/api/v1/tokens?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"


def cursor(key: str) -> str:
    return str(Cursor(key))


# More digits than SQLite, or Python, takes for a number; deeper than Python reads; a time before the first year; a glob
# of which Python keeps a megabyte.
@pytest.mark.parametrize(
    "address",
    [
        f"/api/v1/stacks?limit=1&cursor={cursor('9' * 5000)}",
        f"/api/v1/stacks?limit=1&cursor={'W1tb' * 1800}",
        f"/api/v1/runs?cursor={cursor('run-' + '9' * 30)}",
        f"/api/v1/audit?limit=000000001{'9' * 5000}",
        f"/api/v1/audit/verification?anchor={'9' * 5000}:{'a' * 64}",
        "/api/v1/audit?since=0001-01-01T00:00:00%2B14:00",
        f"/audit?before={'9' * 30}",
        f"/drift?show=resolved&before={'9' * 30}",
        f"/api/v1/waiting?match={'*a' * 4000}",
        f"/api/v1/waiting?sources={'*a' * 4000}",
    ],
)
def test_what_is_out_of_range_is_invalid_and_no_internal_error(tmp_path: Path, address: str) -> None:
    served = Served(World(tmp_path, more=access("ci")))
    assert served.client(served.token("ci")).get(address).status_code == 400
