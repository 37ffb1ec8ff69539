"""What it costs that a policy is evaluated in a confined process of its own: beside regopy in this one."""

import json
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, at_most_above, interleaved, skipped, timed
from benchmarks.size import Size
from runner.engine.sandbox_policy import SandboxPolicy
from runner.model.policy.answer import Answer
from runner.model.policy.material import PolicyFile, PolicyMaterial
from runner.model.settings.server import Settings
from runner.policy.evaluation import Evaluation

CHANGES = (100, 2000)
POLICY = """\
package main

import rego.v1

deny contains msg if {
  some change in input.resource_changes
  change.change.after.acl == "public-read"
  msg := concat(" ", [change.address, "is public"])
}

deny contains msg if {
  some change in input.resource_changes
  not change.change.after.tags.owner
  msg := concat(" ", [change.address, "has no owner"])
}
"""


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    try:
        import regopy as _  # noqa: F401 -- see whether it is there
    except ImportError:
        yield skipped("a policy", "regopy is not installed")
        return
    folder.mkdir()
    evaluation = Evaluation(SandboxPolicy(Settings(data_dir=folder), (), {}, {}).apart)
    for changes in CHANGES if size.aws else CHANGES[:1]:
        document = _plan(changes)
        plan = folder / f"plan-{changes}.json"
        plan.write_text(json.dumps(document))
        measured, bare = interleaved(
            size.part(6),
            partial(timed, partial(_judge, evaluation, plan, folder)),
            partial(timed, partial(_bare, plan)),
        )
        yield at_most_above(0.15, f"a policy on {changes} changes", measured, bare, "regopy in this process")


_PLACES = count()
_MATERIAL = PolicyMaterial("bench", (PolicyFile("a.rego", POLICY),), engine="regopy")


def _judge(evaluation: Evaluation, plan: Path, folder: Path) -> None:
    place = folder / f"place-{next(_PLACES)}"
    place.mkdir()
    assert evaluation.judge(_MATERIAL, plan, {"stack": {"name": "web"}}, place) == Answer()


def _bare(plan: Path) -> None:
    import regopy

    interpreter = regopy.Interpreter()
    interpreter.add_module("a.rego", POLICY)
    interpreter.set_input_term(plan.read_text())
    assert interpreter.query("x=data.main.deny").results[0]["x"] == []


def _plan(changes: int) -> dict[str, Any]:
    rules = [{"from_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}] * 3
    after = {"acl": "private", "tags": {"owner": "shop", "env": "prod"}, "ingress": rules}
    return {
        "format_version": "1.2",
        "resource_changes": [
            {
                "address": f"aws_s3_bucket.b[{index}]",
                "mode": "managed",
                "type": "aws_s3_bucket",
                "name": "b",
                "change": {
                    "actions": ["create"],
                    "before": None,
                    "after": {**after, "bucket": f"b-{index}"},
                    "after_unknown": {"id": True, "arn": True},
                    "before_sensitive": False,
                    "after_sensitive": {"tags": {}},
                },
            }
            for index in range(changes)
        ],
    }
