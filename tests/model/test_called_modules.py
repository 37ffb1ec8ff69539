"""Where the list of modules may say that a module lies."""

from typing import Any

import pytest

from runner.model.code.called_modules import CalledModule, OddModules, called_modules, local_folders

DATA = "/srv/data"
ROOT = {"Key": "", "Source": "", "Dir": "."}


def listed(*entries: tuple[str, str, str]) -> dict[str, Any]:
    return {"Modules": [ROOT, *({"Key": k, "Source": s, "Dir": d} for k, s, d in entries)]}


def test_modules_lie_where_their_sources_lead() -> None:
    document = listed(
        ("a", "../a", "../a"),
        ("a.b", "./b", "../a/b"),
        ("far", "registry.terraform.io/x/far/y", f"{DATA}/modules/far/sub"),
        ("far.near", "../near", f"{DATA}/modules/far/near"),
        ("test.tests.main.setup", "./testing", "testing"),
    )
    modules = called_modules(document, DATA)
    assert modules == (
        CalledModule("", ".", fetched=False),
        CalledModule("a", "../a", fetched=False),
        CalledModule("a.b", "../a/b", fetched=False),
        CalledModule("far", "modules/far/sub", fetched=True),
        CalledModule("far.near", "modules/far/near", fetched=True),
        CalledModule("test.tests.main.setup", "testing", fetched=False),
    )
    assert local_folders(modules) == [".", "../a", "../a/b", "testing"]


@pytest.mark.parametrize(
    "entry",
    [
        ("a", "../a", "../b"),
        ("a", "../a", f"{DATA}/modules/a"),
        ("a", "../a", "/etc"),
        ("a", "../a", "../x/../a"),
        ("a.b", "./b", "c"),
        ("far", "x/far/y", "../far"),
        ("far", "x/far/y", "/etc"),
        ("far", "x/far/y", f"{DATA}/lib"),
        ("far", "x/far/y", f"{DATA}/modules"),
        ("far", "x/far/y", f"{DATA}/modules/other"),
        ("far", "x/far/y", f"{DATA}/modules/farther"),
        ("far", "x/far/y", f"{DATA}/modules/far/../../../.."),
        ("far", "x/far/y", f"{DATA}/../../../../.."),
    ],
)
def test_one_that_lies_elsewhere_is_odd(entry: tuple[str, str, str]) -> None:
    with pytest.raises(OddModules, match=f'module "{entry[0]}"'):
        called_modules(listed(entry), DATA)


def test_a_local_module_of_a_fetched_one_does_not_leave_the_fetched_ones() -> None:
    document = listed(("far", "x/far/y", f"{DATA}/modules/far"), ("far.up", "../../../x", "/srv/x"))
    with pytest.raises(OddModules, match="which is not below"):
        called_modules(document, DATA)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"Modules": [{"Key": ""}]},
        {"Modules": 1},
        {"Modules": [ROOT, ROOT]},
        {"Modules": [{"Key": "", "Source": "", "Dir": ".."}]},
    ],
)
def test_what_is_no_list_of_modules_is_odd(document: Any) -> None:
    with pytest.raises(OddModules):
        called_modules(document, DATA)
