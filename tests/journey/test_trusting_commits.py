"""A source whose commits have to be signed: what is pushed by somebody else changes nothing, and is shown."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from remote.signing import SshKey
from world import ANA, BO, DATA, World

from runner.cli.main import main
from runner.errors import Untrusted
from runner.model.approval.approval import Person
from runner.model.run.life import Run, State
from runner.model.stack.definition import Sync
from runner.model.stack.source import SourceStatus
from runner.service.operator.request import request_plan

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen on PATH")


class Guarded(World):
    """Commits are signed with the key that is `in_hand`, if one is."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.ana, self.mallory = SshKey.made(root, "ana"), SshKey.made(root, "mallory")
        self.allowed = root / "allowed_signers"
        self.allowed.write_text(self.ana.line("ana@example.com"))
        self.set_mode("since_applied")
        self._git("config", "gpg.format", "ssh")
        self.hand(self.ana)

    def approve(self, run: Run, person: Person = BO, *, typed_name: str | None = None) -> Run:
        """Ana signs, and so does not approve."""
        return super().approve(run, person, typed_name=typed_name)

    def set_mode(self, mode: str) -> None:
        own = f'{self.root}/repository"'
        text = self.config.read_text().partition(own)
        rest = text[2][text[2].index("\nengines:") :]
        verify = f", verify: {{mode: {mode}, allowed_signers: {self.allowed}}}}}"
        self.config.write_text(text[0] + own + verify + rest)
        self.__dict__.pop("app", None)

    def hand(self, key: SshKey | None) -> None:
        self._git("config", "commit.gpgsign", "true" if key else "false")
        if key:
            self._git("config", "user.signingkey", str(key.path))

    @property
    def status(self) -> SourceStatus:
        with self.app.store.reading() as reader:
            return reader.source("infra")

    def actions(self) -> list[str]:
        """What the audit log says of the source, oldest first."""
        with self.app.store.reading() as reader:
            return [entry.action for entry in reversed(reader.audit(subject="infra"))]

    def cli(self, *words: str) -> Result:
        return CliRunner().invoke(main, ["-c", str(self.config), *words], prog_name="driftline")

    def document(self, *words: str) -> Any:
        return json.loads(self.cli(*words, "-o", "json").stdout)


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


@pytest.fixture
def attacked(guarded: Guarded) -> Guarded:
    """Applied by a good commit; then a bad one is pushed and polled."""
    guarded.applied(body=DATA)
    guarded.hand(guarded.mallory)
    guarded.stack(value="evil", body=DATA)
    guarded.poll()
    return guarded


def test_who_signed_is_recorded_with_what_is_taken(guarded: Guarded) -> None:
    run = guarded.applied(body=DATA)
    with guarded.app.store.reading() as reader:
        commit = reader.commit("infra", run.revision)
        (entry,) = reader.audit(subject="infra")
    assert commit is not None
    assert commit.signed_by == "ana@example.com"
    assert entry.action == "source.verified"
    assert entry.detail["signed_by"][0].startswith("ana@example.com, ED25519 key SHA256:")
    assert guarded.document("run", "show", run.name)["commit"]["signed_by"] == "ana@example.com"
    assert "ana@example.com" in guarded.cli("run", "show", run.name).stdout


def test_a_refused_push_changes_nothing(guarded: Guarded) -> None:
    guarded.applied(body=DATA)
    stack, status = guarded.look(), guarded.status
    guarded.hand(None)
    guarded.stack(value="evil", body=DATA)
    guarded.stack("another", body=DATA)
    polled = guarded.poll()
    assert (polled.moved, polled.revision) == (False, status.head)
    assert guarded.look() == stack
    assert stack.sync is Sync.SYNCED
    assert guarded.work() == []
    with guarded.app.store.reading() as reader:
        assert [known.name for known in reader.stacks()] == ["web"]
    now = guarded.status
    assert replace(now, polled_at=None, problem=None, refused=None) == replace(status, polled_at=None)


def test_a_run_that_waits_for_approval_still_waits_after_a_refused_push(guarded: Guarded) -> None:
    (waiting,) = guarded.push(body=DATA)
    guarded.hand(guarded.mallory)
    guarded.stack(value="evil", body=DATA)
    guarded.poll()
    assert guarded.run(waiting.id).state is State.AWAITING_APPROVAL
    guarded.approve(waiting)
    assert [run.state for run in guarded.work()] == [State.APPLIED]


def test_a_refused_head_is_shown_everywhere(attacked: Guarded) -> None:
    head = attacked._git("rev-parse", "HEAD")
    why = f"commit {head[:12]} is not trusted"
    assert why in (attacked.status.problem or "")
    listed = attacked.cli("source", "list").stdout
    assert "✗ refused" in listed
    assert why in listed
    assert attacked.document("source", "list")[0]["refused"] == head
    assert why in attacked.cli("status").stdout
    assert [need["why"] for need in attacked.document("status")["needs"]] == ["source"]
    assert "not_trusted" not in listed


def test_check_and_sync_report_it(attacked: Guarded) -> None:
    checked = attacked.cli("source", "check", "infra")
    assert checked.exit_code == 6
    assert "is not in allowed_signers" in checked.stderr
    synced = attacked.cli("source", "sync", "infra")
    assert synced.exit_code == 1
    assert "infra: refused" in synced.stdout


def test_a_head_that_is_refused_at_every_poll_is_recorded_once(attacked: Guarded) -> None:
    for _ in range(3):
        mark = attacked.app.store.changed_since(None)
        assert attacked.poll().refused
        assert attacked.app.store.changed_since(mark) == mark
    assert attacked.actions() == ["source.verified", "source.refused"]
    remote, aside = attacked.repository, attacked.root / "aside"
    remote.rename(aside)
    assert attacked.poll().problem
    aside.rename(remote)
    attacked.poll()
    assert attacked.actions() == ["source.verified", "source.refused"]
    attacked.stack(value="worse", body=DATA)
    attacked.poll()
    assert attacked.actions() == ["source.verified", "source.refused", "source.refused"]


def test_no_plan_is_made_of_a_refused_revision_by_name(attacked: Guarded) -> None:
    head = attacked._git("rev-parse", "HEAD")
    before = attacked.runs()
    for ref in ("HEAD", "main", head):
        with pytest.raises(Untrusted) as refused:
            request_plan(attacked.app.control, attacked.app.discoverer, "web", ANA, ref=ref)
        assert refused.value.exit_code == 6
    assert attacked.cli("plan", "web", "--ref", head).exit_code == 6
    assert attacked.runs() == before


def test_a_trusted_revision_is_planned_by_name_and_its_signer_kept(attacked: Guarded) -> None:
    good = attacked._git("rev-parse", "HEAD~1")
    run = request_plan(attacked.app.control, attacked.app.discoverer, "web", ANA, ref="HEAD~1")
    assert run.revision == good
    with attacked.app.store.reading() as reader:
        commit = reader.commit("infra", good)
    assert commit is not None
    assert commit.signed_by == "ana@example.com"


def test_it_goes_on_when_the_bad_commit_is_taken_back(attacked: Guarded) -> None:
    attacked._git("reset", "--quiet", "--hard", "HEAD~1")
    assert attacked.poll().problem is None
    assert (attacked.status.problem, attacked.status.refused) == (None, None)
    attacked.hand(attacked.ana)
    assert [run.state for run in attacked.push(value="two", body=DATA)] == [State.AWAITING_APPROVAL]
    assert attacked.status.head == attacked._git("rev-parse", "HEAD")


def test_a_signed_commit_on_top_does_not_bring_the_bad_one_in(attacked: Guarded) -> None:
    bad = attacked._git("rev-parse", "HEAD")
    attacked.hand(attacked.ana)
    assert attacked.push(value="two", body=DATA) == []
    assert f"commit {bad[:12]} is not trusted" in (attacked.status.problem or "")


def test_the_hint_of_a_refused_commit_brings_it_in_signed(attacked: Guarded) -> None:
    attacked.hand(attacked.ana)
    attacked.stack("another", body=DATA)
    output = attacked.cli("source", "check", "infra").stderr
    (hint,) = [line.strip() for line in output.splitlines() if line.strip().startswith("git rebase")]
    attacked._git(*hint.split()[1:])
    assert attacked.poll().moved, attacked.status.problem
    assert attacked.cli("source", "check", "infra").exit_code == 0


def test_the_hint_holds_after_a_history_that_was_rewritten(attacked: Guarded) -> None:
    attacked.hand(None)
    attacked._git("reset", "--quiet", "--hard", "HEAD~1")
    attacked.rewrite("the first one, unsigned and reworded")
    attacked.hand(attacked.ana)
    attacked._git("commit", "--quiet", "--allow-empty", "--message=on top")
    output = attacked.cli("source", "check", "infra").stderr
    assert (
        f"git rebase --rebase-merges --force-rebase --gpg-sign {attacked._git('rev-parse', 'HEAD~1')}~"
        in output
    )


def test_it_goes_on_when_the_signer_becomes_trusted(attacked: Guarded) -> None:
    with attacked.allowed.open("a") as file:
        file.write(attacked.mallory.line("mallory@example.com"))
    assert attacked.poll().moved
    assert attacked.status.refused is None
    assert [run.state for run in attacked.work()] == [State.AWAITING_APPROVAL]


def test_changed_settings_lead_to_a_new_look_at_a_head_that_stands_still(attacked: Guarded) -> None:
    attacked.hand(attacked.ana)
    attacked.stack(value="two", body=DATA)
    assert not attacked.poll().moved
    attacked.set_mode("head")
    assert attacked.poll().moved
    attacked.allowed.write_text(attacked.mallory.line("mallory@example.com"))
    attacked.set_mode("since_applied")
    head = attacked.status.head
    assert attacked.poll().refused == head
    assert attacked.status.head == head


def test_a_list_that_cannot_be_read_takes_nothing_in(guarded: Guarded) -> None:
    guarded.allowed.unlink()
    guarded.stack(body=DATA)
    polled = guarded.poll()
    assert "allowed_signers" in (polled.problem or "")
    assert polled.refused is None
    assert guarded.status.head is None
    found = {one["check"]: one for one in guarded.document("doctor")}["signatures infra"]
    assert found["state"] == "fail"
    assert "No such file" in found["message"]


def test_the_doctor_looks_at_the_lists(guarded: Guarded) -> None:
    def state() -> str:
        return str({one["check"]: one for one in guarded.document("doctor")}["signatures infra"]["state"])

    assert state() == "ok"
    guarded.allowed.chmod(0o666)
    assert state() == "fail"
