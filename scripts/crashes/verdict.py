"""What was lost, what was done twice, and what is recorded otherwise than it was."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from crashes.field import Field
from crashes.ground import Handed, handed_over
from runner.model.run.life import EXECUTING, HALF_CHANGED, Run, State
from runner.ports.records.runs import RunFilter


@dataclass(frozen=True)
class Verdict:
    """Each a list of sentences; all empty where nothing is wrong."""

    lost: tuple[str, ...]  # runs that nobody executes and that are not final, or steps that were never made
    applied_twice: tuple[str, ...]  # plan files that were handed to terraform more than once
    made_twice: tuple[str, ...]  # steps that were made more than once
    false: tuple[str, ...]  # final states that are not what happened
    damaged: tuple[str, ...]  # the database

    @property
    def clean(self) -> bool:
        return not any(getattr(self, field.name) for field in fields(self))


def verdict(field: Field, steps: Mapping[str, int], *, whole_tree: bool) -> Verdict:
    """Of a quiet installation. A step may be made twice only where a kill of everything met its apply."""
    with field.app.store.reading() as reader:
        runs = reader.runs(RunFilter(limit=1_000_000))
        open_runs = reader.open_runs()
    made = Counter(field.lines("effects"))
    twice = [f"{step}: {count} times" for step, count in made.items() if count > 1]
    return Verdict(
        lost=(*(f"{run.name} is {run.state}: {run.reason}" for run in open_runs), *_missing(made, steps)),
        applied_twice=tuple(
            f"{digest} of run-{run}: {count} times"
            for (run, digest), count in handed_over(field.root).items()
            if count > 1
        ),
        made_twice=() if whole_tree else tuple(twice),
        false=tuple(_false(field, runs, whole_tree=whole_tree)),
        damaged=tuple(field.app.store.problems()),
    )


def _missing(made: Counter[str], steps: Mapping[str, int]) -> Iterable[str]:
    for name, count in steps.items():
        for number in range(count):
            if f"{name} {number}" not in made:
                yield f"step {number} of {name} was never made"


def _false(field: Field, runs: Iterable[Run], *, whole_tree: bool) -> Iterable[str]:
    """Every plan that was handed over belongs to a run that says so, and the other way round."""
    handed = set(handed_over(field.root))
    for run in runs:
        got = run.executed_digest is not None and Handed(run.id, run.executed_digest) in handed
        if run.state is State.APPLIED and not got:
            yield f"{run.name} is {run.state}, and terraform never got its plan"
        if not whole_tree and run.state in HALF_CHANGED:
            yield f"{run.name} is {run.state} though nothing but the daemon was killed: {run.reason}"
    executed = {Handed(run.id, run.executed_digest) for run in runs if run.executed_digest is not None}
    yield from (f"plan {one.digest[:12]} of run-{one.run} is not told" for one in sorted(handed - executed))


def unattended(field: Field) -> list[Run]:
    """Runs that are recorded as executing while nothing executes them."""
    app = field.app
    with app.store.reading() as reader:
        claimed = [run for run in reader.open_runs() if run.state in EXECUTING and run.claim is not None]
    lonely = []
    for run in claimed:
        assert run.claim is not None
        held = app.claims.adopt(run.claim)
        if held is not None:
            held.release()
            lonely.append(run)
    return lonely
