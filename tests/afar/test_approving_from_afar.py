"""A yes that comes over HTTP: to the plan that was shown, once, by whoever may."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from afar_world import client_of
from cli_world import World, planned
from web_world import Served, access

RUN = "/api/v1/runs/1"


def asked(client: httpx2.Client) -> dict[str, Any]:
    """What somebody is shown, and what their answer has to name."""
    page = client.post(f"{RUN}/question", json={}).json()
    return {"digest": page["run"]["binding_digest"], "seen": page["seen"]}


def approvals(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.json("run", "show", "1")["approvals"]
    return found


def test_a_yes_to_what_was_shown_is_recorded(tmp_path: Path) -> None:
    world = planned(tmp_path)
    client = client_of(world.app)
    yes = asked(client)
    answer = client.post(f"{RUN}/approve", json={**yes, "comment": "fine"})
    assert answer.json()["run"]["state"] == "approved"
    (given,) = approvals(world)
    assert (given["comment"], given["binding_digest"]) == ("fine", yes["digest"])


@pytest.mark.parametrize("mark", ["plan_digest", "binding_digest", "fingerprint", "changes"])
def test_a_yes_to_something_else_than_what_is_planned_is_refused(tmp_path: Path, mark: str) -> None:
    world = planned(tmp_path)
    client = client_of(world.app)
    yes = asked(client)
    yes["seen"][mark] = "0" * 64
    refused = client.post(f"{RUN}/approve", json=yes)
    assert (refused.status_code, refused.json()["code"]) == (409, "ApprovalForOtherPlan")
    assert approvals(world) == []


def test_a_yes_that_was_shown_before_another_plan_was_made_is_refused(tmp_path: Path) -> None:
    world = planned(tmp_path)
    client = client_of(world.app)
    yes = asked(client)
    world.cloud.write_text("meanwhile\n")
    world.run("plan", "app")
    assert client.post(f"{RUN}/approve", json=yes).json()["code"] == "WrongState"
    refused = client.post("/api/v1/runs/2/approve", json=yes)
    assert refused.json()["code"] == "ApprovalForOtherPlan"
    assert world.json("run", "show", "2")["approvals"] == []


@pytest.mark.parametrize(
    ("digest", "code"), [(None, "InvalidRequest"), ("", "BadUsage"), ("abc", "BadUsage")]
)
def test_a_yes_names_the_plan(tmp_path: Path, digest: str | None, code: str) -> None:
    world = planned(tmp_path)
    body = {} if digest is None else {"digest": digest}
    refused = client_of(world.app).post(f"{RUN}/approve", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert approvals(world) == []


def test_a_replayed_yes_changes_nothing(tmp_path: Path) -> None:
    world = planned(tmp_path)
    client = client_of(world.app)
    yes = asked(client)
    client.post(f"{RUN}/approve", json=yes)
    before = approvals(world)
    assert client.post(f"{RUN}/approve", json=yes).json()["code"] == "WrongState"
    assert approvals(world) == before


def test_a_replayed_yes_counts_once_where_two_are_needed(tmp_path: Path) -> None:
    world = planned(tmp_path, "apply: {approvals: 2}\n", config="approvals: {author_may_approve: true}")
    client = client_of(world.app)
    yes = asked(client)
    assert client.post(f"{RUN}/approve", json=yes).json()["missing"] == 1
    assert client.post(f"{RUN}/approve", json=yes).json()["code"] == "NotAllowed"
    assert len(approvals(world)) == 1
    assert world.json("run", "show", "1")["state"] == "awaiting_approval"


def test_a_refusal_before_the_question_is_recorded_under_the_name_of_the_token(tmp_path: Path) -> None:
    world = planned(tmp_path, "apply: {approvers: [ana]}\n", config=access("ci"))
    served = Served(world)
    refused = served.client(served.token("ci")).post(f"{RUN}/question", json={})
    assert refused.json()["code"] == "NotAllowed"
    (row,) = [row for row in world.json("audit", "log") if row["action"] == "approval.refuse"]
    assert row["actor"] == "ci"


def test_a_look_at_the_question_records_nothing(tmp_path: Path) -> None:
    world = planned(tmp_path)
    before = len(world.json("audit", "log"))
    assert client_of(world.app).get(f"{RUN}/question").json()["approvals"] == "0 of 1"
    assert len(world.json("audit", "log")) == before


def test_a_rejection_holds_for_the_state_that_was_shown(tmp_path: Path) -> None:
    world = planned(tmp_path)
    world.approve("run-1")
    refused = client_of(world.app).post(f"{RUN}/reject", json={"reason": "no", "seen": "awaiting_approval"})
    assert refused.json()["code"] == "RunChanged"
    assert world.json("run", "show", "1")["state"] == "approved"


BINDING = '{{role: {role}, subjects: ["token:{role}"]}}'
# role -> what it may do beside what those before it may
DEEDS = {
    "viewer": [],
    "operator": ["plans/app", "runs/1/cancel", "runs/1/apply"],
    "approver": ["runs/1/question", "runs/1/approve", "runs/1/reject"],
    "owner": ["runs/1/stop", "runs/1/break-glass"],
}


ROLES = f"web: {{access: [{', '.join(BINDING.format(role=role) for role in DEEDS)}]}}"


@pytest.mark.parametrize("role", DEEDS)
def test_a_role_may_do_no_more_than_it_says(tmp_path: Path, role: str) -> None:
    served = Served(planned(tmp_path, config=ROLES))
    client = served.client(served.token(role))
    roles = list(DEEDS)
    forbidden = [deed for other in roles[roles.index(role) + 1 :] for deed in DEEDS[other]]
    body = {"runs/1/approve": {"digest": "0" * 12}}
    for deed in forbidden:
        reason = {"reason": "no"} if deed.endswith(("reject", "break-glass")) else {}
        refused = client.post(f"/api/v1/{deed}", json=body.get(deed, reason))
        assert refused.json()["code"] == "RoleMissing", deed
    allowed = client.post(f"/api/v1/{DEEDS[role][0]}", json={}) if DEEDS[role] else client.get(RUN)
    assert allowed.json().get("code") != "RoleMissing"


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        ("viewer", "plan.json", 200),
        ("approver", "plan.tfplan", 403),
        ("approver", "plan.secrets", 403),
        ("approver", "outputs.json", 403),
        ("owner", "plan.tfplan", 200),
        ("owner", "..%2F..%2Fdriftline.db", 404),
        ("owner", "%2E%2E", 404),
    ],
)
def test_what_may_hold_secrets_is_for_owners(tmp_path: Path, role: str, name: str, status: int) -> None:
    world = planned(tmp_path, config=ROLES)
    served = Served(world)
    answer = served.client(served.token(role)).get(f"{RUN}/artifacts/{name}")
    assert answer.status_code == status
    if status == 200:
        assert answer.content == world.app.artifacts.get(1, name)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment;")
