import pytest

from runner.model.forge.marker import marker, split_marker


@pytest.mark.parametrize("name", ["network", "a--b", "a b --> <b>", "team/net", "x\n-->", "ü"])
def test_a_marker_is_found_at_the_start_of_its_text(name: str) -> None:
    own = marker("drift", name)
    assert split_marker(f"{own}\nbody\nof two lines") == (own, "body\nof two lines")
    assert own.count("-->") == 1


def test_names_that_differ_have_markers_that_differ() -> None:
    names = ["a-b", "a--b", "a b", "a/b", "a%20b", "A-b"]
    assert len({marker(name) for name in names} | {marker("a", "b")}) == len(names) + 1


@pytest.mark.parametrize(
    "text", ["> {own}\nquoted", "so {own}\nsaid", "", "\n{own}", "<!-- driftline:a>b -->\n"]
)
def test_a_marker_elsewhere_in_a_text_does_not_count(text: str) -> None:
    text = text.format(own=marker("drift", "network"))
    assert split_marker(text) == (None, text)


def test_line_ends_of_a_browser_do_not_hide_a_marker() -> None:
    own = marker("request")
    assert split_marker(f"{own}\r\nbody\r\n") == (own, "body\n")
