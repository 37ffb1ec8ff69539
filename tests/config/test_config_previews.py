"""What a source says about previews of pull requests."""

from pathlib import Path

import pytest

from runner.config.server_file import check
from runner.model.settings.source import Previews

CONFIG = """\
data_dir: data
sources:
  - {{name: infra, url: /srv/infra.git, previews: {previews}}}
"""


def checked(folder: Path, previews: str) -> tuple[Previews | None, list[str]]:
    path = folder / "driftline.yaml"
    path.write_text(CONFIG.format(previews=previews))
    settings, problems = check(path, {})
    return settings.sources[0].previews if settings else None, [str(problem) for problem in problems]


def test_there_are_none_unless_they_are_wanted(tmp_path: Path) -> None:
    assert checked(tmp_path, "null") == (None, [])


def test_an_empty_record_is_previews_of_github_without_forks(tmp_path: Path) -> None:
    previews, problems = checked(tmp_path, "{}")
    assert problems == []
    assert previews == Previews(("refs/pull/*/head",), None, "never", 20, 50)


def test_a_key_without_a_value_is_not_taken_for_off(tmp_path: Path) -> None:
    _, problems = checked(tmp_path, "")
    assert ["empty means that it is off; write {} for the defaults, or null" in one for one in problems] == [
        True
    ]


def test_everything_can_be_set(tmp_path: Path) -> None:
    words = "{refs: [refs/merge-requests/*/head, refs/changes/*], base: main, forks: approved, max: 5, max_stacks: 7}"
    previews, problems = checked(tmp_path, words)
    assert problems == []
    assert previews == Previews(("refs/merge-requests/*/head", "refs/changes/*"), "main", "approved", 5, 7)


@pytest.mark.parametrize(
    ("previews", "shown"),
    [
        ("{refs: []}", "previews.refs: the list is empty"),
        ("{refs: [refs/pull/head]}", "refs[0]: expected a ref with one * for the number"),
        ("{refs: [refs/*/pull/*/head]}", "refs[0]: expected a ref with one * for the number"),
        ("{refs: [pull/*/head]}", "refs[0]: expected a ref with one * for the number"),
        ("{refs: [refs/heads/pull/*]}", "refs[0]: branches and tags are no pull requests"),
        ("{refs: [refs/tags/*]}", "refs[0]: branches and tags are no pull requests"),
        ("{refs: [refs/pull/pr-*]}", "refs[0]: expected * as a whole part of the ref"),
        ("{refs: [refs/pull/../*/head]}", "refs[0]: branch names may not contain .."),
        ('{refs: ["refs/pull/*/head:refs/x"]}', "refs[0]: branch names may not contain"),
        ("{base: refs/heads/main}", "base: expected the branch of the source, main"),
        ("{base: next}", "base: expected the branch of the source, main"),
        ("{forks: always}", 'forks: expected never or approved, got "always"'),
        ("{max: 0}", "max: expected 1 to 1000"),
        ("{max: 1001}", "max: expected 1 to 1000"),
        ("{max_stacks: 0}", "max_stacks: expected 1 to 10000"),
    ],
)
def test_what_makes_no_sense_is_reported(tmp_path: Path, previews: str, shown: str) -> None:
    _, problems = checked(tmp_path, previews)
    assert len(problems) == 1
    assert shown in problems[0]
