"""What somebody else wrote reaches a person as text: in a plan, its log, a commit, a path, an error."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from attack_world import Arena
from untrusted import CORPUS

# git keeps no NUL in a message, and terraform no half of a pair.
WRITABLE = {
    name: text
    for name, text in CORPUS.items()
    if "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
}
SUBJECT = "safe\u202e\x1b[2K\x1b[1A\r2026-11-21 INFO approved by ana"
MODULE = """
locals { texts = jsondecode(file("${path.module}/texts.json")) }
resource "terraform_data" "it" {
  for_each = local.texts
  input    = each.value
}
output "texts" { value = local.texts }
"""
FAILING = 'resource "terraform_data" "x" {\n  lifecycle {\n    precondition {\n      condition = false\n      error_message = %s\n    }\n  }\n}\n'


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """One installation in which every text stands wherever a repository can put it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DRIFTLINE_CONFIG", raising=False)
        arena = Arena(tmp_path_factory.mktemp("seen"))
        texts = {f"{text}": text for text in WRITABLE.values()}
        error = (
            json.dumps("".join(WRITABLE.values()), ensure_ascii=False)
            .replace("${", "$${")
            .replace("%{", "%%{")
            .replace("\\b", "\\u0008")  # which HCL has no short escape for
            .replace("\\f", "\\u000c")
        )
        arena.remote.commit(
            {
                "a/stack.yaml": "name: a\n",
                "a/main.tf": MODULE,
                "a/texts.json": json.dumps(texts),
                "fails/stack.yaml": "name: fails\n",
                "fails/main.tf": FAILING % error,
                "x\x1b[2J\n\u202ey/stack.yaml": "name: c\n",
                "bad/stack.yaml": json.dumps({"name": "bad", **texts}),
            },
            message=SUBJECT,
        )
        arena.run("source", "sync", expect=None)
        arena.run("plan", "a", "--full")
        arena.run("plan", "fails", expect=1)
        yield arena


COMMANDS = [
    "status", "stack list", "stack show a", "stack show fails", "stack history a", "run list", "run show run-1",
    "run diff run-1", "run diff run-1 --full", "logs run-1", "logs run-2", "run show run-2", "source list",
    "source check infra", "audit log", "lock list", "drift list",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_no_text_of_a_repository_moves_a_cursor_turns_a_line_or_begins_one(seen: Arena, command: str) -> None:
    """That no such character is in the output is what the arena looks at, at every command."""
    shown = seen.run(*command.split(), expect=None).output
    assert not [
        line for line in shown.splitlines() if line.strip().startswith(("approved by", "2026-11-21 INFO"))
    ]


def test_the_texts_were_really_there(seen: Arena) -> None:
    assert "+" in seen.run("run", "diff", "run-1").output
    assert r"\u202e" in seen.run("stack", "history", "a").output
    assert "all is well" in seen.run("run", "diff", "run-1", "--full").output


def test_nothing_ran_meanwhile(seen: Arena) -> None:
    seen.unharmed()


def test_a_file_of_the_run_holds_no_text_that_would_move_a_cursor(seen: Arena) -> None:
    """Somebody will `cat` it."""
    logs = sorted(Path(seen.remote.data, "logs").glob("*.log"))
    assert logs
    assert not [log.name for log in logs if {*log.read_bytes()} & ({*range(0x20)} - {0x0A})]
