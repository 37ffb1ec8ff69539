"""Whoever trusts a provider again is promised a comparison in each stack, so nothing counts as compared any more."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from store_world import HandClock, discovered, opened, raw

from runner.model.warm.probe import ProbeRecord
from runner.model.warm.provider import Provider, Way
from runner.store.database import SqliteStore

AWS = Provider("hashicorp/aws 5.100.0", "h1:aws")
OF_AWS: dict[str, tuple[str, ...]] = {"registry.terraform.io/hashicorp/aws": ("resource aws_vpc",)}
OF_OTHERS: dict[str, tuple[str, ...]] = {
    "registry.terraform.io/hashicorp/awscc": (),
    "registry.terraform.io/other/aws": (),
}
KNOWN = ProbeRecord("m", OF_AWS, 7, 3.5, fallbacks=3, fallback_mark="m", way=Way.PROBED, reason="why")
KEPT = ProbeRecord(seconds=3.5, way=Way.PROBED, reason="why")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with opened(tmp_path, HandClock()) as store:
        with store.writing() as writer:
            for name in ("a", "b"):
                writer.save_discovered(discovered(name))
                writer.save_probe(name, KNOWN)
            writer.distrust(AWS, "a", "why")
        yield store


def records(store: SqliteStore) -> list[ProbeRecord]:
    with store.reading() as reader:
        return [reader.probe(name) for name in ("a", "b")]


def test_every_stack_that_was_compared_with_it_is_as_if_it_never_was(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.trust("h1:aws", by="ana", reason="upgraded")
    assert records(store) == [KEPT, KEPT]


@pytest.mark.parametrize(
    ("types", "is_kept"),
    [
        pytest.param({**OF_AWS, **OF_OTHERS}, False, id="it-among-others"),
        pytest.param({"registry.opentofu.org/hashicorp/aws": ()}, False, id="it-from-elsewhere"),
        pytest.param({}, False, id="nothing-tells"),
        pytest.param(OF_OTHERS, True, id="others"),
    ],
)
def test_a_stack_is_spared_only_if_it_surely_lacks_the_provider(
    store: SqliteStore, types: dict[str, tuple[str, ...]], *, is_kept: bool
) -> None:
    record = replace(KNOWN, types=types)
    with store.writing() as writer:
        writer.save_probe("b", record)
        writer.trust("h1:aws", by="ana", reason="upgraded")
    assert records(store)[1] == (record if is_kept else KEPT)


def test_a_provider_that_was_not_distrusted_costs_no_comparison(store: SqliteStore) -> None:
    with store.writing() as writer:
        assert writer.trust("h1:other", by="ana", reason="a slip") == 0
    assert records(store) == [KNOWN, KNOWN]


def test_trust_without_what_is_forgotten_and_its_entry_is_never_recorded(
    store: SqliteStore, tmp_path: Path
) -> None:
    def trust_and_die() -> None:
        with store.writing() as writer:
            writer.trust("h1:aws", by="ana", reason="upgraded")
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        trust_and_die()
    assert records(store) == [KNOWN, KNOWN]
    with store.reading() as reader:
        assert reader.distrusted() == {"h1:aws"}
    with raw(tmp_path / "driftline.db") as database:
        assert not database.execute("SELECT * FROM audit WHERE action = 'probe.trust'").fetchall()
