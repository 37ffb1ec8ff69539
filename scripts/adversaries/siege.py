"""Rounds of hostile plans on one installation, each followed by honest ones, which have to be those of a control."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from adversaries.ground import STACKS, Ground, Seen, hostile
from adversaries.hostile.__main__ import OPEN
from adversaries.hostile.acts import chosen
from adversaries.snapshot import changed, held, machine, odd, snapshot
from runner.model.run.life import Run, State

BLOCK = 8  # rounds from one apply to the next
KNOWN = 20  # paths of Driftline's that the hostile code is told
SECONDS = 90.0
PRIZES = re.compile(r"/(repository|state|terraform\.tfstate|keys|claims|control|driftline\.db|engine|trees)$")


@dataclass
class Found:
    """What was not as if the hostile plans had not been, and what these could do."""

    faults: list[str] = field(default_factory=list)
    rounds: int = 0
    silent: int = 0  # plans that said nothing, for they were the end of themselves
    slowest: float = 0.0  # seconds of one hostile plan
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass
class Siege:
    root: Path
    seed: int
    found: Found = field(default_factory=Found)

    def __post_init__(self) -> None:
        self.attacked = Ground(self.root / "attacked")
        self.control = Ground(self.root / "control")

    def go_on(self, rounds: int) -> Found:
        """So many rounds, or until the first that is at fault: later ones stand on what it has left."""
        expected: dict[str, Seen] = {}
        seeds = seeds_of_rounds(self.seed)
        for number in range(rounds):
            value = f"value {number // BLOCK}"
            if number % BLOCK == 0:
                self._apply(number, f"value {number // BLOCK - 1}")
                expected = self._expected(value)
            seed = next(seeds)
            faults = list(self._round(seed, value, expected))
            self.found.rounds += 1
            self._report(self._summary(number, seed), faults)
            if self.found.faults:
                break
        else:
            self._apply(rounds, f"value {(rounds - 1) // BLOCK}")
        return self.found

    def _summary(self, number: int, seed: int) -> str:
        return f"round {number} of seed {self.seed}, whose acts are {' '.join(chosen(seed))}"

    def _report(self, when: str, faults: list[str]) -> None:
        self.found.faults += [f"{when}: {fault}" for fault in faults]

    def _expected(self, value: str) -> dict[str, Seen]:
        self.control.commit(value)
        self.control.poll()
        return {name: self.control.seen(self.control.planned(name)) for name in STACKS}

    def _apply(self, number: int, value: str) -> None:
        """In both installations, whose states are the same then."""
        states = []
        for ground in (self.control, self.attacked):
            ground.commit(value)
            ground.poll()
            try:
                states.append({name: ground.applied(name) for name in STACKS})
            except AssertionError as wrong:
                self._report(f"the applies before round {number}", [str(wrong)])
                return
        self._report(f"the applies before round {number}", list(_unlike(*states)))

    def _round(self, seed: int, value: str, expected: dict[str, Seen]) -> Iterator[str]:
        ground, chance = self.attacked, random.Random(seed)
        ground.commit(value, hostile(seed, _known(ground, chance)))
        ground.poll()
        attack = ground.ready("web")
        ground.export(attack)
        before, repository, locks = (
            snapshot(ground.data),
            snapshot(ground.world.repository),
            held(ground.data),
        )
        devices, ended = machine(), list[Run]()
        thread = threading.Thread(target=lambda: ended.append(ground.perform(attack)), daemon=True)
        began = time.monotonic()
        thread.start()
        beside = chance.random() < 0.25
        if beside:
            yield from self._compare("a plan of other beside it", "other", expected)
        thread.join(SECONDS)
        self.found.slowest = max(self.found.slowest, time.monotonic() - began)
        if thread.is_alive() or not ended:
            yield f"the hostile plan did not end within {SECONDS:.0f} s, or ended with a bug"
            return
        yield from self._left(ended[0])
        ground.world.app.workspaces.clear_quarantine()
        after = snapshot(ground.data)
        yield from changed(before, after) if not beside else ()
        yield from changed(devices, machine())
        yield from odd(ground.data, after)
        yield from changed(repository, snapshot(ground.world.repository))
        yield from (
            f"{name} is locked" for name in sorted(held(ground.data) - locks) if name != "driftline.db"
        )
        # Of the tree in which the hostile code was, or of the next one; and of the stack whose code is honest again.
        here = not beside and chance.random() < 0.6
        if here:
            yield from self._compare("the next plan of other", "other", expected)
        ground.commit(value)
        ground.poll()
        for name in ("web",) if here else chance.sample(STACKS, len(STACKS)):
            yield from self._compare(f"the plan of {name} at an honest commit", name, expected)
        if problem := ground.verify():
            yield f"audit verify: {problem}"

    def _left(self, run: Run) -> Iterator[str]:
        """By the hostile run, whatever became of it."""
        acts = self.attacked.acts(run)
        if OPEN in acts:
            yield OPEN
            return
        self.found.silent += not acts
        for name, (done, refused) in acts.items():
            self.found.done[name] += done
            self.found.refused[name] += refused
        if run.state not in {State.AWAITING_APPROVAL, State.PLAN_FAILED, State.NO_CHANGES}:
            yield f"the hostile plan is {run.state}: {run.reason}"
        if "internal error" in (run.reason or ""):
            yield f"the hostile plan met a bug: {run.reason}"
        yield from (f"process {pid} lives" for pid in living(self.attacked.root))
        yield from (
            f"something of {left.run} holds {left.state}"
            for left in self.attacked.world.app.claims.leftovers()
        )

    def _compare(self, what: str, stack: str, expected: dict[str, Seen]) -> Iterator[str]:
        run = self.attacked.planned(stack)
        seen = self.attacked.seen(run)
        if seen != expected[stack]:
            yield f"{what} is {seen}, and that of the control {expected[stack]} ({run.reason})"


def seeds_of_rounds(seed: int) -> Iterator[int]:
    chance = random.Random(seed)
    while True:
        yield chance.randrange(1 << 32)


def _known(ground: Ground, chance: random.Random) -> list[str]:
    """What an insider would tell: where all states are and what else is worth most, and some of everything."""
    tops = (ground.data, ground.world.repository)
    files = sorted(f"{top}/{name}" for top in tops for name in snapshot(top))
    prizes = [name for name in files if PRIZES.search(name)]
    return [str(ground.world.config), *prizes, *chance.sample(files, min(len(files), KNOWN))]


def living(root: Path) -> list[int]:
    """The processes of this machine that were started with a path of the installation: the provider, and its children."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes()
        except OSError:
            continue
        if str(root).encode() in words and b"adversaries" in words and b"terraform" in words:
            found.append(int(file.parent.name))
    return found


def _unlike(control: dict[str, str], attacked: dict[str, str]) -> Iterator[str]:
    for name, state in control.items():
        if attacked[name] != state:
            yield f"the state of {name} is {attacked[name]}, and that of the control {state}"
