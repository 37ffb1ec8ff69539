"""What a number or a span says is what was written: nothing of it is lost on the way to terraform or to a screen."""

from pathlib import Path

import pytest

from runner.config.server_file import load
from runner.config.show import show
from runner.config.stack_file import StackFileReader
from runner.model.settings.source import GENEROUS
from runner.model.values.span import Seconds

LOSE_ZEROS = ("1.10", "1.0", "2.00", "-0.50")


@pytest.mark.parametrize("key", ["vars: {a: %s}", "vars: {a: [%s]}", "backend_config: {a: %s}"])
@pytest.mark.parametrize("text", LOSE_ZEROS)
def test_a_number_that_changes_as_text_needs_quotes(key: str, text: str) -> None:
    stacks, problems = StackFileReader().read("s.yaml", f"name: a\n{key % text}\n".encode(), GENEROUS)
    assert stacks == []
    assert f'a number would lose its trailing zero (quote it: "{text}")' in str(problems[0])
    quoted = f'"{text}"'
    stacks, problems = StackFileReader().read("s.yaml", f"name: a\n{key % quoted}\n".encode(), GENEROUS)
    assert (len(stacks), problems) == (1, [])


@pytest.mark.parametrize("text", ["1", "-1", "0", "1.5", "0.05", "true"])
def test_other_numbers_are_taken_as_they_are(text: str) -> None:
    stacks, _ = StackFileReader().read("s.yaml", f"name: a\nvars: {{a: {text}}}\n".encode(), GENEROUS)
    assert str(stacks[0].vars["a"]).lower() == text


@pytest.mark.parametrize("text", ["0s", "90s", "90m", "36h", "1h30m", "1.5h", "14d", "0.5s"])
def test_a_span_prints_as_it_was_written(text: str, tmp_path: Path) -> None:
    assert str(Seconds.parse(text)) == text
    file = tmp_path / "driftline.yaml"
    file.write_text(f"version: 1\ndata_dir: ./data\nsources: []\ndrift: {{jitter: {text}}}\n")
    assert show(load(file))["drift"]["jitter"] == text


def test_a_computed_span_prints_in_a_fitting_unit() -> None:
    from runner.config.written import span

    assert [span(Seconds(n)) for n in (0, 5400, 86400, 1209600)] == ["0s", "90m", "1d", "2w"]
