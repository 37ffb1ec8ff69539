"""How much of everything: the real figures, and a size that only shows that the benchmarks run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    rounds: int  # of calls that take milliseconds; slower ones take a part of it
    poll_stacks: tuple[int, ...]
    discover_stacks: int
    approvals: int
    history_stacks: int
    history_runs: int
    contenders: int
    contend_seconds: float
    audit_entries: int
    plan_changes: int
    followed_stacks: int  # by a daemon, beside many who look; an even number
    idle_sources: tuple[int, ...]
    sweep_stacks: int
    commit_stacks: int  # that one commit changes
    sweep_bare: int  # stacks that bare terraform looks at: it takes its time
    fleet_stacks: int
    fleet_workers: int
    fleet_seconds: float
    aws: bool  # else the test provider, whose cloud is a file

    @property
    def warms_up(self) -> bool:
        """What takes seconds; a figure that says nothing may be a cold one."""
        return self.rounds > 1

    def part(self, of: int) -> int:
        return max(1, self.rounds // of)


FULL = Size(
    rounds=60,
    poll_stacks=(1, 1000),
    discover_stacks=10_000,
    approvals=20,
    history_stacks=1000,
    history_runs=100_000,
    contenders=8,
    contend_seconds=3.0,
    audit_entries=100_000,
    plan_changes=2000,
    followed_stacks=50,
    idle_sources=(1, 10, 50),
    sweep_stacks=50,
    commit_stacks=20,
    sweep_bare=6,
    fleet_stacks=50_000,
    fleet_workers=50,
    fleet_seconds=60.0,
    aws=True,
)
TINY = Size(
    rounds=1,
    poll_stacks=(1, 3),
    discover_stacks=8,
    approvals=2,
    history_stacks=3,
    history_runs=6,
    contenders=2,
    contend_seconds=0.2,
    audit_entries=60,
    plan_changes=20,
    followed_stacks=4,
    idle_sources=(2,),
    sweep_stacks=4,
    commit_stacks=3,
    sweep_bare=2,
    fleet_stacks=6,
    fleet_workers=2,
    fleet_seconds=2.0,
    aws=False,
)
