"""A short run of the plan-time adversary; `scripts/adversary --rounds 2000 --seed N` is the long one."""

import shutil
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from adversaries.hostile.acts import ACTS, chosen
from adversaries.siege import Siege, seeds_of_rounds

from runner.sandbox import namespaced

ROUNDS = 11
SEEDS = (
    26653,
    30720,
)  # in each of them every act is chosen in two rounds or more, and few seeds need so few rounds

needs_namespaces = pytest.mark.skipif(
    namespaced.problem() is not None, reason=f"this machine gives no namespaces: {namespaced.problem()}"
)
needs_terraform = pytest.mark.skipif(
    shutil.which("terraform") is None, reason="there is no terraform on PATH"
)


@pytest.mark.long
@needs_namespaces
@needs_terraform
@pytest.mark.repeats
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_that_the_code_of_a_plan_did_is_left_in_the_next_plan(tmp_path: Path, seed: int) -> None:
    found = Siege(tmp_path.resolve(), seed).go_on(ROUNDS)
    # Repeated by: scripts/adversary --seed SEED --rounds 11
    assert found.faults == []
    assert found.rounds == ROUNDS
    # It is an attack: the code ran, and did much of what it tried.
    assert found.silent < ROUNDS
    assert sum(found.done.values()) > 10


@pytest.mark.parametrize("seed", SEEDS)
def test_every_act_is_chosen_in_two_rounds_or_more(seed: int) -> None:
    rounds = Counter(act for one in islice(seeds_of_rounds(seed), ROUNDS) for act in set(chosen(one)))
    assert set(rounds) == set(ACTS)
    assert min(rounds.values()) >= 2


def test_every_act_is_chosen_by_some_seed_and_the_same_ones_again() -> None:
    assert {name for seed in range(200) for name in chosen(seed)} == set(ACTS)
    assert chosen(7) == chosen(7)
