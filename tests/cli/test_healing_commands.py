"""Self-healing on the command line: what a heal would do, and what healed."""

from pathlib import Path

from cli_world import World

OBSERVED = """\
resource "terraform_data" "it" {{
  triggers_replace = file("{cloud}")
}}
"""


def test_explain_says_which_rule_decides_and_why_it_waits(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", module=OBSERVED)
    world.applied("app")
    config = world.root / "driftline.yaml"
    rule = "{types: [terraform_data], actions: [replace], do: heal, reason: a playground}"
    config.write_text(
        config.read_text().replace(
            "drift: {jitter: 0s}", f"drift: {{jitter: 0s, action: reconcile, heal: [{rule}]}}"
        )
    )
    world.cloud.write_text("by hand\n")
    world.run("drift", "check", "app", expect=2)
    page = world.json("drift", "heal", "1", "--explain")
    assert (page["report"], page["by_itself"], page["healing"]["action"]) == ("dr-1", False, "reconcile")
    (part,) = page["parts"]
    assert part == {
        "address": "terraform_data.it",
        "action": "replace",
        "attribute": None,
        "do": "ask",
        "rule": "rule 1 of drift.heal",
        "reason": "rule 1 of drift.heal does not cover it: a replace has to be named: the action, and the exact address",
    }
    shown = world.run("drift", "heal", "1", "--explain").stdout
    assert "by itself" in shown
    assert "has to be named" in shown
    stack = world.run("stack", "show", "app").stdout
    assert "reconcile" in stack
    assert "rule 1 of drift.heal: heal actions replace, types terraform_data (a playground)" in stack
