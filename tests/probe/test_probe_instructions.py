"""Instructions for workers: which plans may be made with warm providers, and under which terms."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from runner.model.audit.actor import DAEMON
from runner.model.run.life import Kind, Run
from runner.model.settings.server import DriftSettings, PlanSettings, Settings
from runner.model.stack.definition import DriftRules, PlanRules, StackDefinition
from runner.model.warm.compared import Compared, HowPlanned, PlanTerms
from runner.model.warm.probe import ProbeFacts, ProbeRecord, Probing
from runner.model.warm.provider import Provider, Way
from runner.service.outcome.probe import probing, remember_how

KNOWN = ProbeRecord(mark="m", checks=3)
COMPARED = Compared("terraform 1.11.4", "h1:aws", frozenset({"resource aws_vpc"}))
ASKED = 7  # the run of which somebody wants a full plan
RUN = {"id": 1, "stack": "web", "inputs": "code", "revision": "r1", "report": None, "requested_by": DAEMON}
CHECK = {**RUN, "kind": Kind.DRIFT}


class Reader:
    """What is stored of one stack."""

    def probe(self, stack: str) -> ProbeRecord:
        return KNOWN

    def asks_for_full_plan(self, run_id: int) -> bool:
        return run_id == ASKED

    def distrusted(self) -> frozenset[str]:
        return frozenset({"h1:bad"})

    def compared(self) -> tuple[Compared, ...]:
        return (COMPARED,)


def instructions(
    run: Mapping[str, Any],
    own: StackDefinition | None = None,
    earlier: PlanRules | None = None,
    **server: Any,
) -> Probing | None:
    definition = own or StackDefinition("web")
    settings = Settings(Path("/data"), **{"drift": DriftSettings(compare_every=7), **server})
    rules = [earlier or definition.plan]
    return probing(cast("Any", Reader()), cast("Run", SimpleNamespace(**run)), definition, rules, settings)


@pytest.mark.parametrize(
    ("run", "check"),
    [
        pytest.param(CHECK, True, id="check"),
        pytest.param({**RUN, "kind": Kind.CHANGE}, False, id="change"),
        pytest.param({**RUN, "kind": Kind.DESTROY}, False, id="destroy"),
        pytest.param({**RUN, "kind": Kind.PREVIEW}, False, id="preview"),
        pytest.param(
            {**RUN, "kind": Kind.CHANGE, "report": 1, "requested_by": "ana"}, False, id="asked-heal"
        ),
    ],
)
def test_every_plan_that_somebody_decides_about_may_be_warm(run: Mapping[str, Any], *, check: bool) -> None:
    expected = Probing(
        KNOWN,
        7,
        check=check,
        replays=check,
        inputs="code",
        revision="r1",
        distrusted=frozenset({"h1:bad"}),
        compared=(COMPARED,),
    )
    assert instructions(run) == expected


def test_what_heals_by_itself_is_planned_plainly() -> None:
    assert instructions({**RUN, "kind": Kind.CHANGE, "report": 1}) is None


@pytest.mark.parametrize(
    ("stack", "server", "replays"),
    [("auto", "auto", True), ("warm", "auto", False), ("auto", "warm", False), ("never", "auto", False)],
)
def test_stack_and_server_can_each_keep_checks_from_being_replayed(
    stack: Any, server: Any, *, replays: bool
) -> None:
    own = StackDefinition("web", drift=DriftRules(probe=stack))
    answer = instructions(CHECK, own, drift=DriftSettings(probe=server))
    assert answer is not None
    assert answer.replays is replays


def test_a_check_of_which_somebody_wants_a_full_plan_is_one() -> None:
    answer = instructions({**CHECK, "id": ASKED})
    assert answer is not None
    assert answer.full


@pytest.mark.parametrize(("stack", "server"), [("never", "auto"), ("auto", "never")])
def test_stack_and_server_can_each_switch_probes_off(stack: Any, server: Any) -> None:
    own = StackDefinition("web", drift=DriftRules(probe=stack))
    answer = instructions(CHECK, own, drift=DriftSettings(probe=server))
    assert answer is not None
    assert not answer.allowed


@pytest.mark.parametrize(
    ("own", "server", "terms"),
    [
        (PlanRules(), PlanSettings(), PlanTerms()),
        (PlanRules(), PlanSettings(providers="plain"), PlanTerms(allowed=False)),
        (PlanRules(providers="plain"), PlanSettings(), PlanTerms(allowed=False)),
        (PlanRules(), PlanSettings(destroys="auto", compare_every=9), PlanTerms(destroys=True, every=9)),
        (PlanRules(destroys="plain"), PlanSettings(destroys="auto"), PlanTerms()),
        (PlanRules(destroys="auto"), PlanSettings(), PlanTerms()),
    ],
    ids=["default", "server-plain", "stack-plain", "destroys", "stack-destroys", "stack-cannot-waive"],
)
def test_the_strictest_of_stack_and_server_decides(
    own: PlanRules, server: PlanSettings, terms: PlanTerms
) -> None:
    answer = instructions({**RUN, "kind": Kind.CHANGE}, StackDefinition("web", plan=own), plan=server)
    assert answer is not None
    assert (answer.plans, answer.allowed) == (terms, terms.allowed)


def test_a_commit_does_not_loosen_the_rules_of_its_own_plan() -> None:
    strict = PlanRules(providers="plain", destroys="plain")
    server = PlanSettings(destroys="auto")
    answer = instructions({**RUN, "kind": Kind.CHANGE}, StackDefinition("web"), strict, plan=server)
    assert answer is not None
    assert (answer.allowed, answer.plans) == (False, PlanTerms(allowed=False))


class Counting:
    """What is recorded of a plan."""

    def __init__(self) -> None:
        self.done: list[object] = []

    def save_how_planned(self, run: int, how: HowPlanned) -> None:
        pass

    def save_compared(self, engine: str, provider: Provider, types: frozenset[str]) -> None:
        self.done.append(("compared", provider, types))

    def count_plan(self, engine: str, providers: Iterable[Provider]) -> None:
        self.done.append(("counted", *providers))


@pytest.mark.parametrize("way", [Way.PROBED, Way.COMPARED])
def test_a_plan_counts_for_the_providers_that_it_asked(way: Way) -> None:
    asked, idle = Provider("r/h/aws 5.100.0", "h1:aws"), Provider("r/h/random 3.7.0", "h1:random")
    how = HowPlanned(way, plans=1, engine="terraform 1.11.4", providers=(asked, idle))
    writer = Counting()
    seen = ProbeFacts(KNOWN, how, {"r/h/aws": ("resource aws_vpc",), "r/h/random": ()})
    remember_how(cast("Any", writer), cast("Run", SimpleNamespace(id=1)), seen)
    compared = ("compared", asked, frozenset({"resource aws_vpc"}))
    assert writer.done == [("counted", asked) if way is Way.PROBED else compared]
