"""The index names every rule that matches, whatever the rules and stacks are."""

from hypothesis import given
from hypothesis import strategies as st

from runner.model.stack.definition import StackDefinition
from runner.model.stack.match import StackMatch, reaches
from runner.model.stack.match_index import MatchIndex

PARTS = st.sampled_from(["a", "b", "a*", "?", "**", "*", "[ab]", ".", ""])
NAMES = st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=3).map("/".join)
LABELS = st.dictionaries(st.sampled_from(["env", "team"]), st.sampled_from(["a", "b", "a*"]), max_size=2)
MATCHES = st.builds(
    StackMatch,
    stacks=st.lists(st.lists(PARTS, min_size=1, max_size=3).map("/".join), max_size=2).map(tuple),
    labels=LABELS,
    sources=st.sampled_from([(), ("infra",), ("x*",)]),
)


@given(st.lists(MATCHES, max_size=6), st.lists(st.builds(StackDefinition, NAMES, labels=LABELS), max_size=3))
def test_no_rule_that_matches_is_left_out(matches: list[StackMatch], stacks: list[StackDefinition]) -> None:
    met = [at for at, match in enumerate(matches) if any(reaches(match, stack, "infra") for stack in stacks)]
    assert set(met) <= set(MatchIndex.of(matches).candidates(stacks))


def test_rules_about_other_labels_and_names_are_not_asked() -> None:
    matches = [
        StackMatch(stacks=("a/**", "b/*")),
        StackMatch(labels={"env": "prod"}),
        StackMatch(stacks=("c/**",)),
        StackMatch(labels={"env": "dev"}, stacks=("**",)),
        StackMatch(stacks=("*/x",)),
    ]
    stack = StackDefinition("a/x", labels={"env": "prod"})
    assert MatchIndex.of(matches).candidates([stack]) == [0, 1, 4]
