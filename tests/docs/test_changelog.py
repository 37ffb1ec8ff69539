"""The changelog keeps the format that a release reads its notes from."""

import re
from datetime import date
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECTIONS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]

LINES = (ROOT / "CHANGELOG.md").read_text().splitlines()


def headings(level: str) -> list[str]:
    return [line.removeprefix(level) for line in LINES if line.startswith(level)]


def test_the_topmost_section_is_the_next_release() -> None:
    assert headings("## ")[0] == "[Unreleased]"


def test_every_release_has_a_version_and_a_date() -> None:
    released = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (.+)", heading) for heading in headings("## ")[1:]]
    assert all(released)
    days = [date.fromisoformat(match[2]) for match in released if match]
    assert all(newer >= older for newer, older in pairwise(days))


def test_changes_stand_below_the_sections_of_keep_a_changelog() -> None:
    last = -1
    for line in LINES[LINES.index("## [Unreleased]") :]:
        if line.startswith("## "):
            last = -1
        elif line.startswith("### "):
            place = SECTIONS.index(line.removeprefix("### "))
            assert place > last, f"{line} comes once, in the order {SECTIONS}"
            last = place
        elif line.startswith("- "):
            assert last >= 0, f"no section above {line!r}"
        else:
            assert not line or line.startswith("  "), f"neither a heading nor an item: {line!r}"
