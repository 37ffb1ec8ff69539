"""What a revision holds is listed once, and not kept for long."""

from pathlib import Path

import pytest

from runner.model.settings.source import SourceSettings
from runner.source import listing as listings
from runner.source.command import Ended
from runner.source.listing import MOST, forget_old, listing
from runner.source.mirror import Mirror

LINE = b"100644 blob 1234567890123456789012345678901234567890\tmain.tf\0"
REVISIONS = [f"{number:040x}" for number in range(MOST + 1)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What git was asked about."""
    questions: list[str] = []

    def local(_mirror: Mirror, _command: str, argv: list[str]) -> Ended:
        questions.append(argv[-1])
        return Ended(output=LINE)

    monkeypatch.setattr(Mirror, "local", local)
    return questions


def mirror(folder: Path, name: str = "infra") -> Mirror:
    return Mirror(folder, SourceSettings(name=name, url="https://git.example.com/infra.git"), 1.0)


def test_a_revision_is_listed_once_for_each_mirror(tmp_path: Path, asked: list[str]) -> None:
    first, second = mirror(tmp_path), mirror(tmp_path, "apps")
    assert [one.path for one in listing(first, REVISIONS[0])] == ["main.tf"]
    assert listing(first, REVISIONS[0]) == listing(second, REVISIONS[0])
    assert asked == [REVISIONS[0]] * 2


def test_what_a_name_means_is_asked_each_time(tmp_path: Path, asked: list[str]) -> None:
    for _ in range(2):
        listing(mirror(tmp_path), "refs/heads/main")
    assert asked == ["refs/heads/main"] * 2


def test_only_the_newest_listings_are_kept(tmp_path: Path, asked: list[str]) -> None:
    for revision in [*REVISIONS, REVISIONS[-1], REVISIONS[0]]:
        listing(mirror(tmp_path), revision)
    assert asked == [*REVISIONS, REVISIONS[0]]


def test_an_old_listing_is_forgotten(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listing(mirror(tmp_path), REVISIONS[0])
    forget_old()
    listing(mirror(tmp_path), REVISIONS[0])
    assert len(asked) == 1
    monkeypatch.setattr(listings, "KEEP_SECONDS", -1.0)
    forget_old()
    listing(mirror(tmp_path), REVISIONS[0])
    assert len(asked) == 2
