"""Fingerprint and look of a large plan, beside what they were when only the changes themselves counted."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, Sample, at_most_times, interleaved, timed
from benchmarks.size import Size
from runner.model.changes.changes import ChangeSet
from runner.model.changes.configuration import config_address, configured_resources
from runner.model.evaluated.reading import ALONE
from runner.model.plan.fingerprint import _resource, _sides, fingerprint, seal
from runner.model.plan.reading import (
    changing,
    parse_document,
    read_outputs,
    read_plan,
    read_resource,
    summarize,
)
from runner.model.plan.text import lines
from runner.model.plan.timeless import STILL
from runner.model.secret.copies import plan_secrets

KEY = b"k" * 32
MAX_RATIO = 1.3
ATTRIBUTES = 40


def measure(size: Size, _folder: Path) -> Iterator[Figure]:
    count = size.plan_changes
    document = parse_document(json.dumps(plan(count)))
    megabytes = len(json.dumps(plan(count))) / 1e6
    name = f"fingerprint and look of a plan of {count:,} changes, {megabytes:.1f} MB"
    now, before = partial(_now, document), partial(_before, document)
    measured, rival = interleaved(size.part(6), partial(timed, now), partial(timed, before))
    yield at_most_times(MAX_RATIO, name, measured, rival, "changes alone")
    peaks = [Sample((_peak(work),)) for work in (now, before)]
    yield at_most_times(MAX_RATIO, f"{name}: memory", peaks[0], peaks[1], "changes alone", unit="MB")


def _now(document: dict[str, Any]) -> None:
    fingerprint(document, KEY)
    for _ in lines(read_plan(document, mark=lambda value: seal("reading", value, KEY)[:16], around=ALONE)):
        pass


def _before(document: dict[str, Any]) -> None:
    """What `resource_changes` and `output_changes` say, and nothing else."""
    blocks = configured_resources(document)
    changes = changing(document)
    resources = [
        _resource(entry, blocks.get(config_address(entry["address"])), STILL) for entry, _ in changes
    ]
    outputs = {name: _sides(change, STILL) for name, change in document["output_changes"].items()}
    seal("plan", {"resources": resources, "outputs": outputs}, KEY)
    secrets = plan_secrets(document)
    read = tuple(read_resource(entry, secrets) for entry, _ in changes)
    shown = tuple(read_outputs(document, secrets))
    for _ in lines(ChangeSet(resources=read, outputs=shown, summary=summarize(read, shown))):
        pass


def _peak(work: Callable[[], None]) -> float:
    """The most that was allocated at once, in megabytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def plan(count: int) -> dict[str, Any]:
    """As many creations in ten modules, each tenth with a provisioner, by a provider that is configured from data."""
    word = {"references": ["data.test.far.outputs.word", "data.test.far.outputs", "data.test.far"]}
    modules = {
        f"m{i}": {"expressions": {"word": word}, "module": {"resources": [], "variables": {"word": {}}}}
        for i in range(10)
    }
    changes, planned = [], []
    for i in range(count):
        module, address = f"m{i % 10}", f"module.m{i % 10}.test_thing.r{i}"
        values = {f"attribute_{a}": f"value {a} of {i}" for a in range(ATTRIBUTES)}
        block = {"address": f"test_thing.r{i}", "mode": "managed", "type": "test_thing", "name": f"r{i}"}
        shown: dict[str, Any] = {
            **block,
            "provider_config_key": "test",
            "expressions": {name: {} for name in values},
        }
        if i % 10 == 0:
            shown["provisioners"] = [
                {"type": "local-exec", "expressions": {"command": {"references": ["var.word"]}}}
            ]
        modules[module]["module"]["resources"].append(shown)  # type: ignore[index]
        change = {"actions": ["create"], "before": None, "after": values, "after_unknown": {"id": True}}
        changes.append(
            {**block, "address": address, "provider_name": "example.com/acme/test", "change": change}
        )
        planned.append({**block, "address": address, "values": values, "sensitive_values": {}})
    far = {"address": "data.test.far", "mode": "data", "values": {"outputs": {"word": "one"}}}
    return {
        "format_version": "1.2",
        "resource_changes": changes,
        "output_changes": {},
        "planned_values": {
            "root_module": {
                "child_modules": [{"address": f"module.m{i}", "resources": planned[i::10]} for i in range(10)]
            }
        },
        "prior_state": {"values": {"root_module": {"resources": [far]}}},
        "configuration": {
            "provider_config": {
                "test": {
                    "name": "test",
                    "full_name": "example.com/acme/test",
                    "expressions": {"region": word},
                }
            },
            "root_module": {
                "resources": [{"address": "data.test.far", "mode": "data"}],
                "module_calls": modules,
            },
        },
    }
