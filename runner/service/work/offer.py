"""Announce ready runs to their pools."""

from dataclasses import replace

from runner.errors import BrokerUnreachable, DriftlineError, RevisionGone
from runner.host.log import log
from runner.model.run.life import Run
from runner.model.run.unclaimed import Unclaimed
from runner.model.schedule.queue import may_be_claimed
from runner.model.schedule.turns import priority
from runner.model.settings.placement import HERE
from runner.model.values.frozen import dataclass
from runner.model.work.lease import is_leased
from runner.model.work.offers import Offer, to_offer
from runner.model.work.protocol import revisions
from runner.ports.broker import Broker, Packs
from runner.ports.control import ControlPorts
from runner.ports.records.store import Reader
from runner.service.approval.terms import judging
from runner.service.cycle.dispatch import expire, in_their_windows, queue_of
from runner.service.cycle.placed import placement_of
from runner.service.state.file import make_ready


@dataclass(frozen=True)
class Announced:
    offers: tuple[Offer, ...] = ()
    problem: str = ""


def offer_runs(control: ControlPorts, broker: Broker, packs: Packs) -> Announced:
    """Tell each pool of the runs that it may execute now. If the broker is away, the next turn tries again."""
    expire(control)
    now, pools = control.clock.now(), {pool.name: pool for pool in control.settings.pools}
    with control.store.reading() as reader:
        queue = queue_of(reader)
    # Outside of any transaction: with tens of thousands of runs it takes longer than workers should wait for an answer.
    ordered = queue.in_turn(now)
    with control.store.reading() as reader:
        executing = [(run, _pool(control, reader, run)) for run in queue.executing if is_leased(run)]
        drained = [one.pool for one in reader.drained_pools()]
        # One at a time: a pool may have room for a few of thousands.
        elsewhere = (run for run in ordered if _pool(control, reader, run) != HERE)
        ready = ((run, _pool(control, reader, run)) for run in in_their_windows(control, reader, elsewhere))
        found = to_offer(ready, executing, reader.offer, pools, drained, now)
        runs = {one.run: run for one in found if may_be_claimed(run := reader.run(one.run))}
        wanted = {
            number: revisions(run.revision, judging(control, reader, run)) for number, run in runs.items()
        }
    offers = [one for one in found if one.run in runs]
    if not offers:
        return Announced()
    with control.store.writing() as writer:
        writer.note_offers(offers)
    return _announce(control, broker, packs, offers, runs, wanted)


def _pool(control: ControlPorts, reader: Reader, run: Run | Unclaimed) -> str:
    return placement_of(control.settings, reader, run).pool


def _pack(control: ControlPorts, packs: Packs, run: Run, revisions: tuple[str, ...]) -> None:
    """What Git has no more keeps no run waiting: whoever claims it gets no pack, and ends it with that reason."""
    source = control.settings.source(run.source)
    try:
        if source is not None:
            packs.make(source, revisions)
    except RevisionGone as gone:
        log.warning("work.no_pack", run=run.name, problem=gone.message)


def _announce(
    control: ControlPorts,
    broker: Broker,
    packs: Packs,
    offers: list[Offer],
    runs: dict[int, Run],
    wanted: dict[int, tuple[str, ...]],
) -> Announced:
    told: list[Offer] = []
    for number, one in enumerate(offers):
        run = runs[one.run]
        try:
            _pack(control, packs, run, wanted[one.run])
            if run.managed_state:
                with control.store.reading() as reader:
                    stack = reader.stack(run.stack)
                make_ready(control, stack)
            broker.announce(one.pool, one.run, one.attempt, priority(run))
        except DriftlineError as error:
            away = isinstance(error, BrokerUnreachable)
            untold = offers[number:] if away else [one]
            with control.store.writing() as writer:
                writer.note_offers([replace(late, at=None) for late in untold])
            log.warning("work.not_announced", run=run.name, pool=one.pool, problem=error.message)
            if away:
                return Announced(tuple(told), error.message)
        else:
            told.append(one)
    return Announced(tuple(told))
