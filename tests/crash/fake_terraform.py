"""A terraform whose cloud is a dictionary, and whose applies can be stopped, killed or left alone after each step."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from runner import failpoint
from runner.engine.apply import SPENT
from runner.model.approval.binding import EngineFacts
from runner.model.changes.changes import Diagnostic
from runner.model.code.surroundings import Surroundings
from runner.model.engine.choice import Installed
from runner.model.run.evidence import Evidence
from runner.model.stack.lock import StateLock
from runner.model.warm.provider import Ready
from runner.ports.engine import Applied, ApplyEnd, EngineError, Execution, NotBegun, Planned
from runner.process.shim import written

ADDRESS = "terraform_data.one"
FAILS = "fails"  # a value that the cloud refuses


class Step(IntEnum):
    """How far one apply has come, by what it has done last."""

    BORN = 0
    HANDED = 1  # its receipt is durable
    MADE = 2  # its effect is there, and in the state
    RECORDED = 3  # its result is durable
    GONE = 4


@dataclass
class Cloud:
    """What is true, whatever anybody records of it."""

    values: dict[str, str] = field(default_factory=dict)
    serials: Counter[str] = field(default_factory=Counter)
    handed: Counter[str] = field(default_factory=Counter)  # digests of plans that terraform was started with
    effects: Counter[str] = field(default_factory=Counter)  # digests of plans whose effect was made
    applies: list["Apply"] = field(default_factory=list)
    plans: int = 0

    @property
    def living(self) -> list["Apply"]:
        return [one for one in self.applies if one.step is not Step.GONE]


@dataclass
class Apply:
    """The shim and terraform as one: it lives on its own, and holds the locks that it inherited."""

    cloud: Cloud
    stack: str
    digest: str
    plan: dict[str, Any]
    receipt: Path
    result: Path
    facts: dict[str, object]
    locks: list[int]
    step: Step = Step.BORN

    def go_on(self) -> None:
        """One step further."""
        if self.step is Step.BORN and not written(str(self.receipt), self.facts, once=True):
            self._record({"refused": SPENT})
            self.die()
            return
        if self.step is Step.HANDED:
            self._make()
        elif self.step >= Step.RECORDED:
            self.die()
            return
        self.step = Step(self.step + 1)
        if self.step is Step.HANDED:
            self.cloud.handed[self.digest] += 1
        elif self.step is Step.RECORDED:
            self._record(self.plan["end"])

    def stop(self) -> None:
        """Asked to, it ends without doing what it has not begun."""
        if self.step is Step.HANDED:
            self.plan["end"] = {"exit_code": 1, "canceled": True}
            self.step = Step.MADE

    def die(self) -> None:
        self.step = Step.GONE
        while self.locks:
            os.close(self.locks.pop())

    def _make(self) -> None:
        if self.plan["serial"] != self.cloud.serials[self.stack]:
            self.plan["end"] = {"exit_code": 1, "stale": True}
        elif self.plan["value"] == FAILS:
            self.plan["end"] = {"exit_code": 1, "begun": True}
        else:
            self.plan["end"] = {"exit_code": 0}
            self.cloud.effects[self.digest] += 1
            self.cloud.serials[self.stack] += 1
            self.cloud.values[self.stack] = self.plan["value"]

    def _record(self, end: dict[str, Any]) -> None:
        written(str(self.result), end)


@dataclass
class Engine:
    """Satisfies `ports.Engine`. `born` is called for each apply, `passing` for each step that this process sees."""

    cloud: Cloud
    born: Callable[[Apply], None]
    passing: Callable[[Apply], None]
    surroundings: Surroundings = field(default_factory=Surroundings)

    def installed(self, engine: str) -> tuple[Installed, ...]:
        return (Installed(engine, "1.11.4", f"/usr/bin/{engine}", default=True),)

    def init(self, execution: Execution) -> EngineError | None:
        return None

    def probe_ready(self, execution: Execution) -> Ready:
        return Ready("terraform 1.11.4", ())  # it starts no provider

    def plan(self, execution: Execution) -> Planned | EngineError:
        stack, cloud = execution.stack.name, self.cloud
        wanted = (execution.workspace.module / "main.tf").read_text().split('"')[5]
        there = cloud.values.get(stack)
        if wanted == there:
            return Planned(False, Path("none"), None, "1.11.4", facts=self._facts(stack))
        cloud.plans += 1  # two plans of the same thing differ in bytes
        plan = {"stack": stack, "value": wanted, "serial": cloud.serials[stack], "number": cloud.plans}
        plan_file = execution.workspace.scratch / "plan.tfplan"
        plan_file.write_text(json.dumps(plan))
        return Planned(True, plan_file, _document(there, wanted), "1.11.4", facts=self._facts(stack))

    def apply(self, execution: Execution, plan_file: Path, digest: str) -> ApplyEnd:
        assert execution.claim is not None
        receipt, result = _files(execution, digest)
        receipt.parent.mkdir(exist_ok=True)
        result.unlink(missing_ok=True)
        facts: dict[str, object] = {"run": execution.run, "stack": execution.stack.name, "digest": digest}
        failpoint.reach("spawn.before_fork")
        apply = Apply(
            self.cloud,
            execution.stack.name,
            digest,
            json.loads(plan_file.read_bytes()),
            receipt,
            result,
            facts,
            [os.dup(fd) for fd in (execution.claim.lock, *execution.claim.kept) if fd is not None],
        )
        self.cloud.applies.append(apply)
        self.born(apply)
        failpoint.reach("spawn.after_fork")
        execution.claim.hand_over()
        return self._follow(apply, execution)

    def adopt(self, execution: Execution, digest: str) -> ApplyEnd:
        assert execution.claim is not None
        if execution.claim.running():
            (apply,) = [one for one in self.cloud.living if one.digest == digest]
            return self._follow(apply, execution)
        return _ended(execution, digest)

    def _follow(self, apply: Apply, execution: Execution) -> ApplyEnd:
        while apply.step is not Step.GONE:
            self.passing(apply)
            if execution.cancel.is_set():
                apply.stop()
            apply.go_on()
        return _ended(execution, apply.digest)

    def facts(self, execution: Execution, plan_file: Path) -> EngineFacts:
        return self._facts(execution.stack.name)

    def _facts(self, stack: str) -> EngineFacts:
        serial = self.cloud.serials[stack]
        return EngineFacts(lineage=stack if serial else "", serial=serial, resources=min(serial, 1))

    def state_lock(self, execution: Execution) -> StateLock | EngineError | None:
        return None

    def force_unlock(self, execution: Execution, lock_id: str) -> EngineError | None:
        raise NotImplementedError


def _document(there: str | None, wanted: str) -> dict[str, Any]:
    change = {
        "actions": ["create"] if there is None else ["update"],
        "before": None if there is None else {"input": there},
        "after": {"input": wanted},
        "after_unknown": {},
        "before_sensitive": False,
        "after_sensitive": False,
    }
    entry = {
        "address": ADDRESS,
        "mode": "managed",
        "type": "terraform_data",
        "name": "one",
        "change": change,
    }
    return {"format_version": "1.2", "resource_changes": [entry], "applyable": True, "complete": True}


def _files(execution: Execution, digest: str) -> tuple[Path, Path]:
    """Receipt and result, where the real ones are."""
    name = hashlib.sha256(f"{execution.stack.name}\0{digest}".encode()).hexdigest()
    return execution.workspace.receipts / f"{name}.json", execution.workspace.control / "apply.result"


def _ended(execution: Execution, digest: str) -> ApplyEnd:
    """As what lies there tells."""
    receipt, result = _files(execution, digest)
    end: dict[str, Any] | None = None
    with suppress(FileNotFoundError):
        end = json.loads(result.read_bytes())
    if end is None and not receipt.exists():
        return NotBegun("it died before")
    if end is None:
        return EngineError("apply", -1, (), lost=True, begun=True, evidence=Evidence(log=("it began",)))
    if "refused" in end:
        return NotBegun(end["refused"], spent=True)
    if end["exit_code"] == 0:
        return Applied({})
    log_of = (Diagnostic("error", "it failed"),)
    evidence = Evidence(log=("it was stopped",), exit_code=1) if end.get("canceled") else None
    return EngineError("apply", diagnostics=log_of, evidence=evidence, **end)
