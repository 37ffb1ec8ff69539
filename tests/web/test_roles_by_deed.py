"""What a role for some stacks lets somebody do about drift, pauses, locks and records."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from cli_world import World, drifted
from web_world import Served, access

API = "/api/v1"
Deed = tuple[str, str, dict[str, Any] | None]
# Role -> the first deeds that it allows for its stacks; each is refused to the role before.
DEEDS: dict[str, list[Deed]] = {
    "operator": [
        ("PUT", "/pauses/app", {"reason": "x"}),
        ("DELETE", "/pauses/app", {}),
        ("POST", "/checks", {"stacks": ["app"]}),
        ("PUT", "/reports/1/acknowledgement", {"until": "2100-01-01T00:00:00Z", "reason": "x"}),
    ],
    "approver": [("POST", "/reports/1/heal", {})],
    "owner": [
        ("DELETE", "/stacks/app", {"reason": "x"}),
        ("POST", "/runs/1/resolve", {"outcome": "applied", "reason": "x"}),
        ("POST", "/renames/app", {"new": "app2"}),
        ("POST", "/moved-states/app", {"digest": "x", "reason": "x"}),
        ("DELETE", "/state-locks/app", {"lock": "x", "reason": "x"}),
        ("GET", "/state-locks/app", None),
    ],
}
# For every stack only: it is about all of them.
OF_ALL: list[Deed] = [
    ("GET", "/audit/verification", None),
    ("GET", "/audit/export", None),
    ("GET", "/doctor", None),
    ("POST", "/syncs", {}),
    ("GET", "/sources/infra/head", None),
    ("GET", "/notifications", None),
    ("POST", "/notifications/ops/test", {}),
    ("POST", "/notifications/ops/retry", {}),
    ("DELETE", "/notifications/ops/letters", {}),
    ("POST", "/trust", {"provider": "x", "reason": "x"}),
]
BEFORE = {"operator": "viewer", "approver": "operator", "owner": "approver"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return drifted(tmp_path)


def client(world: World, role: str, stacks: str = "app*") -> httpx2.Client:
    world.more = access("ci", role, stacks)
    world.configured()
    served = Served(world)
    return served.client(served.token("ci"))


def code(asks: httpx2.Client, method: str, path: str, body: dict[str, Any] | None) -> str:
    answer = asks.request(method, API + path, json=body) if body is not None else asks.get(API + path)
    return "" if answer.is_success else str(answer.json()["code"])


@pytest.mark.parametrize("role", DEEDS)
def test_a_role_lets_do_what_it_says_and_the_one_before_does_not(world: World, role: str) -> None:
    below = client(world, BEFORE[role])
    assert {code(below, *deed) for deed in DEEDS[role]} == {"RoleMissing"}
    world.run("token", "revoke", "ci")
    asks = client(world, role)
    assert "RoleMissing" not in {code(asks, *deed) for deed in DEEDS[role]}


def test_what_is_about_all_stacks_needs_the_role_for_all(world: World) -> None:
    asks = client(world, "admin")
    assert {code(asks, *deed) for deed in OF_ALL} == {"RoleMissing"}


def test_a_name_that_they_may_not_see_is_not_found_by_its_name(world: World) -> None:
    asks = client(world, "owner", "dev/**")
    answer = asks.post(f"{API}/checks", json={"stacks": ["app"]})
    assert (answer.status_code, answer.json()["detail"]) == (404, 'stack "app" not found')


def test_nothing_is_told_of_other_stacks(world: World) -> None:
    asks = client(world, "admin", "dev/**")
    lists = ("/audit", "/feed", "/history", "/reports", "/graph", "/feed/undelivered", "/sources")
    assert [path for path in lists if "app" in asks.get(API + path).text] == []


def test_checks_of_nothing_are_nothing(world: World) -> None:
    asks = client(world, "operator")
    assert asks.post(f"{API}/checks", json={"stacks": []}).json() == {"runs": [], "skipped": {}}


def test_the_audit_log_goes_on_behind_a_page(world: World) -> None:
    asks = client(world, "admin", "**")
    first = asks.get(f"{API}/audit?limit=2")
    newest = [entry["seq"] for entry in first.json()]
    following = asks.get(first.links["next"]["url"]).json()
    assert [entry["seq"] for entry in following] == [newest[-1] - 1, newest[-1] - 2]


def test_the_whole_log_is_exported_page_by_page(world: World) -> None:
    asks, seen, after = client(world, "admin", "**"), list[int](), ""
    while page := asks.get(f"{API}/audit/export?limit=3{after}").json():
        seen += [entry["seq"] for entry in page]
        after = f"&after={seen[-1]}"
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) > 10
