"""What waits for whoever asks: by their roles, the terms of the stack, and who wrote the commit."""

from pathlib import Path
from typing import Any

from cli_world import World, planned
from web_world import Served, access, logged_in

from runner.model.access.session import Identity

APPROVER = access("bo", "approver")


def inbox(world: World, name: str = "bo") -> Any:
    served = Served(world)
    answer = served.client(served.token(name)).get("/api/v1/inbox")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_plan_waits_for_whoever_may_approve_it(tmp_path: Path) -> None:
    found = inbox(planned(tmp_path, config=APPROVER))
    assert [one["run"]["id"] for one in found["approvals"]] == ["run-1"]
    assert found["approvals"][0]["approvals"] == "0 of 1"
    assert found["approvals"][0]["commit"]["author"] == "Ana Author"
    assert found["others"] == []


def test_a_plan_of_their_own_commit_waits_for_somebody_else(tmp_path: Path) -> None:
    config = access("ana", "approver") + "\napprovals: {people: {ana: [ana@example.com]}}"
    found = inbox(planned(tmp_path, config=config), "ana")
    assert found["approvals"] == []
    assert found["others"][0]["refusal"] == "the author or committer of a change may not approve it"


def test_an_author_whose_mail_changed_at_the_issuer_is_still_the_author(tmp_path: Path) -> None:
    config = (
        'web: {access: [{role: approver, subjects: ["oidc:group:sre"]}]}\n'
        'approvals: {people: {ana: [ana@example.com, "oidc:sub:00u1"]}}'
    )
    world = planned(tmp_path, config=config)
    mail = "new@example.com"
    logged_in(
        world, "login_a", Identity(mail, "oidc", (f"oidc:user:{mail}", "oidc:sub:00u1", "oidc:group:sre"))
    )
    found = Served(world).client("login_a").get("/api/v1/inbox").json()
    assert found["approvals"] == []
    assert found["others"][0]["refusal"] == "the author or committer of a change may not approve it"


def test_a_plan_waits_for_nobody_without_the_role(tmp_path: Path) -> None:
    found = inbox(planned(tmp_path, config=access("vic", "operator")), "vic")
    assert found["approvals"] == []
    assert found["others"][0]["refusal"] == "you need the role approver for app"


def test_a_plan_waits_for_those_whom_the_terms_name(tmp_path: Path) -> None:
    config = APPROVER + "\napprovals: {rules: [{match: {}, from: [kim]}]}"
    found = inbox(planned(tmp_path, config=config))
    assert found["approvals"] == []
    assert "only kim may approve" in found["others"][0]["refusal"]


def test_a_plan_that_may_never_be_applied_waits_for_nobody(tmp_path: Path) -> None:
    found = inbox(planned(tmp_path, "apply: {mode: never}\n", APPROVER))
    assert (found["approvals"], found["others"]) == ([], [])


def test_a_lock_waits_for_an_owner(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("bo", "owner"))
    world.run("lock", "take", "app", "-m", "moving")
    assert ("lock", "app") in {(need["why"], need["name"]) for need in inbox(world)["needs"]}


def test_a_lock_does_not_wait_for_an_approver(tmp_path: Path) -> None:
    world = planned(tmp_path, config=APPROVER)
    world.run("lock", "take", "app", "-m", "moving")
    assert inbox(world)["needs"] == []
