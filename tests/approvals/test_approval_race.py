"""A yes is to the plan that was seen, however often another one takes its place meanwhile."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from unrecorded import forget_authors
from world import DATA, World

from runner.errors import ApprovalForOtherPlan
from runner.model.approval.approval import Person
from runner.model.approval.binding import Binding
from runner.service.approval.approve import approve
from runner.service.approval.authorship import Authors
from runner.service.approval.question import question

TRIES = 1_000
SEED = 20_261_101
ROUND = 50  # after which the yeses are looked at and taken away


class ShiftingGit:
    """Git, which is asked between the first look and the record: the moment at which another plan comes."""

    def __init__(self, shift: Callable[[], None]) -> None:
        self.shift = shift

    def tree(self, source: object, revision: str) -> tuple[()]:
        return ()

    def blobs(self, source: object, oids: object) -> dict[str, bytes]:
        return {}

    def touching(self, source: object, new: str, places: object) -> tuple[()]:
        self.shift()
        return ()


def put(world: World, run_id: int, binding: Binding) -> None:
    """Give the run another plan, as another process would."""
    with world.app.store.writing() as writer:
        writer.save_binding(run_id, binding)
        writer.annotate(
            writer.run(run_id),
            plan_digest=binding.plan_digest,
            fingerprint=binding.fingerprint,
            binding_digest=binding.digest,
        )


def taken_away(world: World, run_id: int) -> dict[str, str]:
    with world.app.store.reading() as reader:
        given = {one.person.name: one.binding_digest for one in reader.approvals(run_id)}
    with closing(sqlite3.connect(world.settings.data_dir / "driftline.db", isolation_level=None)) as raw:
        raw.execute("DELETE FROM approvals")
    return given


def test_no_yes_is_ever_to_another_plan_than_the_one_that_was_seen(plain: World) -> None:
    approvals = replace(plain.settings.approvals, required=TRIES)
    plain.configure(replace(plain.settings, approvals=approvals))
    (run,) = plain.push(body=DATA)
    with plain.app.store.reading() as reader:
        first = reader.binding(run.id)
    assert first is not None
    plans = [first, *(replace(first, plan_digest=digit * 64, fingerprint=digit * 64) for digit in "12")]
    chance = random.Random(SEED)

    def shift() -> None:
        if chance.random() < 0.5:
            put(plain, run.id, chance.choice(plans))

    forget_authors(plain.settings.data_dir)
    git = ShiftingGit(shift)

    def authors() -> Authors:
        return Authors(git, plain.app.modules)  # type: ignore[arg-type]

    given: dict[str, str] = {}
    said: dict[str, str] = {}
    for at in range(TRIES):
        with plain.app.store.reading() as reader:
            asked = question(plain.app.settings, plain.app.clock, reader, run.id).run
        shown = (asked.plan_digest if at % 2 else asked.binding_digest) or ""
        person = Person(f"person-{at}", "user")
        try:
            approve(plain.app.control, authors, run.id, person, digest=shown[:12])
            said[person.name] = asked.binding_digest or ""
        except ApprovalForOtherPlan:
            pass
        if at % ROUND == ROUND - 1:
            given |= taken_away(plain, run.id)
    assert given == said
    # Both happened, or it would have shown nothing.
    assert TRIES // 4 < len(given) < TRIES * 9 // 10
