"""Names that somebody may not know are taken out, however many there are."""

import re

from hypothesis import given
from hypothesis import strategies as st

from runner.api.veil import SOMEONE, Veil

NAMES = st.lists(st.text("ab./-é ", min_size=1, max_size=5), min_size=1, max_size=4)
TEXTS = st.text("ab./-é ,", max_size=30)


def by_one_expression(names: list[str], text: str) -> str:
    longest_first = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.sub(rf"(?<![\w./-])(?:{longest_first})(?![\w/-]|\.\w)", SOMEONE, text)


@given(NAMES, TEXTS)
def test_it_replaces_what_one_expression_over_all_names_would(names: list[str], text: str) -> None:
    words = [name for name in names if " " not in name]
    assert Veil(words).over(text) == (by_one_expression(words, text) if words else text)


def test_a_name_is_whole_and_may_end_a_sentence() -> None:
    veil = Veil(["prod/vpc", "prod", "odd name"])
    assert veil.over("waits for prod/vpc.") == "waits for another stack."
    assert veil.over("prod/vpc.tf, prod/vpc2, x-prod") == "prod/vpc.tf, prod/vpc2, x-prod"
    assert veil.over({"a": ["prod", "odd name!"]}) == {"a": ["another stack", "another stack!"]}


def test_ten_thousand_names_are_looked_up_and_not_tried() -> None:
    veil = Veil([f"team-{number}/stack" for number in range(10_000)])
    assert veil._odd is None
    assert veil.over("team-9999/stack waits") == "another stack waits"


def test_two_names_as_keys_do_not_become_one() -> None:
    veil = Veil(["prod", "prod/vpc"])
    assert veil.over({"prod": 1, "prod/vpc": 2}) == {"another stack": 1, "another stack (2)": 2}
