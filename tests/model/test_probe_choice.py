"""Whether a check may be a probe: only where plain checks have said the same of the same things before."""

from dataclasses import replace

import pytest

from runner.model.warm.probe import (
    GIVE_UP,
    TRY_AGAIN,
    UNKNOWN_SECONDS,
    Choice,
    ProbeRecord,
    Probing,
    choose,
    deadline,
    plainly,
)
from runner.model.warm.provider import Provider, Ready, Way

AWS = Provider("hashicorp/aws 5.100.0", "h1:aws")
NULL = Provider("hashicorp/null 3.2.0", "h1:null")
READY = Ready("terraform 1.11.4", (AWS, NULL))
INPUTS = "of the code"
KNOWN = ProbeRecord(mark=READY.mark(INPUTS), checks=3)
FIRST = "first check with this code, engine and providers"


def probing(**changes: object) -> Probing:
    return replace(Probing(KNOWN, every=50, inputs=INPUTS), **changes)  # type: ignore[arg-type]


NEVER_SEEN = ProbeRecord()
IN_VAIN = replace(KNOWN, fallbacks=GIVE_UP, fallback_mark=KNOWN.mark, reason="it broke")
UP_TO_THE_COMPARED = replace(KNOWN, checks=49)


@pytest.mark.parametrize(
    ("shown", "ready", "way", "reason"),
    [
        pytest.param(probing(), READY, Way.PROBED, "", id="as-compared"),
        pytest.param(
            probing(), replace(READY, providers=(NULL, AWS)), Way.PROBED, "", id="providers-in-any-order"
        ),
        pytest.param(probing(record=NEVER_SEEN), READY, Way.COMPARED, FIRST, id="never-seen"),
        pytest.param(probing(inputs="of other code"), READY, Way.COMPARED, FIRST, id="other-code"),
        pytest.param(probing(), replace(READY, engine="terraform 1.12.0"), Way.COMPARED, FIRST, id="engine"),
        pytest.param(
            probing(),
            replace(READY, providers=(replace(AWS, checksum="h1:other"), NULL)),
            Way.COMPARED,
            FIRST,
            id="same-version-with-other-bytes",
        ),
        pytest.param(
            probing(), replace(READY, providers=(AWS,)), Way.COMPARED, FIRST, id="one-provider-less"
        ),
        pytest.param(
            probing(record=UP_TO_THE_COMPARED),
            READY,
            Way.COMPARED,
            "one check in 50 is compared",
            id="the-fiftieth",
        ),
        pytest.param(probing(every=1), READY, Way.COMPARED, "one check in 1 is compared", id="each"),
        pytest.param(
            probing(),
            replace(READY, providers=()),
            Way.PLAIN,
            "it starts no provider, so a probe saves nothing",
            id="no-provider",
        ),
        pytest.param(
            probing(distrusted=frozenset({"h1:null"})),
            READY,
            Way.PLAIN,
            "a probe of hashicorp/null 3.2.0 once disagreed with a full plan",
            id="distrusted",
        ),
        pytest.param(
            probing(distrusted=frozenset({"h1:aws"}), check=False),
            READY,
            Way.PLAIN,
            "a probe of hashicorp/aws 5.100.0 once disagreed with a full plan",
            id="distrusted-for-a-plan",
        ),
        pytest.param(
            probing(record=replace(IN_VAIN, fallbacks=GIVE_UP - 1)), READY, Way.PROBED, "", id="in-vain-twice"
        ),
        pytest.param(probing(record=IN_VAIN), READY, Way.PLAIN, "it broke", id="in-vain-too-often"),
        pytest.param(
            probing(record=replace(IN_VAIN, fallbacks=TRY_AGAIN)), READY, Way.PROBED, "", id="tried-again"
        ),
        pytest.param(
            probing(record=IN_VAIN, inputs="of other code"),
            READY,
            Way.COMPARED,
            FIRST,
            id="in-vain-with-other-code",
        ),
        pytest.param(
            probing(inputs="of other code", check=False), READY, Way.PROBED, "", id="plan-of-other-code"
        ),
        pytest.param(
            probing(record=UP_TO_THE_COMPARED, check=False), READY, Way.PROBED, "", id="plan-is-not-counted"
        ),
        pytest.param(
            probing(record=NEVER_SEEN, check=False), READY, Way.PROBED, "", id="plan-of-a-new-stack"
        ),
        pytest.param(
            probing(check=False, record=replace(IN_VAIN, fallback_mark=READY.mark(""))),
            READY,
            Way.PLAIN,
            "warm providers failed for earlier plans",
            id="plans-in-vain",
        ),
    ],
)
def test_how_a_check_is_done(shown: Probing, ready: Ready, way: Way, reason: str) -> None:
    assert choose(shown, ready) == Choice(way, reason)


@pytest.mark.parametrize(
    ("plain", "limit", "expected"),
    [
        pytest.param(0.0, 3600.0, UNKNOWN_SECONDS, id="not-known"),
        pytest.param(0.0, 30.0, 30.0, id="not-known-and-little-allowed"),
        pytest.param(2.0, 3600.0, 60.0, id="at-least-a-minute"),
        pytest.param(100.0, 3600.0, 400.0, id="four-times-a-plain-plan"),
        pytest.param(100.0, 200.0, 200.0, id="never-more-than-a-plan-may-take"),
    ],
)
def test_a_probe_may_take_a_few_times_as_long_as_a_plain_plan(
    plain: float, limit: float, expected: float
) -> None:
    assert deadline(plain, limit) == expected


def test_a_plain_check_forgets_nothing_that_was_learned() -> None:
    assert plainly(KNOWN, "why") == replace(KNOWN, way=Way.PLAIN, reason="why")
