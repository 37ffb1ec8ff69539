"""What the documents say is what the code does."""

import re
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
from setuptools import find_namespace_packages

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import reference  # noqa: E402 - a script, not a package

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", sorted(reference.pages()))
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text()
    assert written == reference.pages()[name], "run ./scripts/reference"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", document.read_text())
    assert [
        link
        for link in links
        if not leads_somewhere(document.parent / link[0] if link[0] else document, link[1])
    ] == []


def leads_somewhere(target: Path, anchor: str) -> bool:
    if not target.exists() or not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_decision_is_linked_from_the_architecture_page() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    assert [path.name for path in (ROOT / "docs" / "adr").glob("*.md") if path.name not in page] == []


@pytest.mark.parametrize("index", ["docs/architecture.md", "zensical.toml"])
def test_decisions_are_listed_in_the_order_of_their_numbers(index: str) -> None:
    listed = re.findall(r"^\W*(\d+): .*adr/\d{4}-", (ROOT / index).read_text(), re.MULTILINE)
    numbers = [int(number) for number in listed]
    assert len(numbers) == len(list((ROOT / "docs" / "adr").glob("*.md")))
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda path: path.stem[:4])
def test_a_decision_has_a_status_and_a_date(path: Path) -> None:
    title, blank, status = path.read_text().splitlines()[:3]
    assert title.startswith(f"# {int(path.stem[:4])}: ")
    assert not blank
    written = re.fullmatch(
        r"\*\*Status:\*\* (?:proposed|accepted|deprecated|superseded by \[\d+\]\((.+)\)) · \*\*Date:\*\* (.+)",
        status,
    )
    assert written, "the line below the title reads: **Status:** accepted · **Date:** 2026-01-31"
    assert date.fromisoformat(written[2])


@pytest.mark.parametrize("document", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_everything_that_a_document_names_in_the_tree_exists(document: str) -> None:
    named = re.findall(
        r"(?:^|[`\s/])((?:docs|runner|scripts|tests)/[\w/.-]*\w)(?=[`\s)#:]|/`|$)",
        (ROOT / document).read_text(),
        re.MULTILINE,
    )
    assert named
    assert [name for name in named if not (ROOT / name).exists() and "NAME" not in name] == []


def test_every_package_and_data_file_is_in_the_distribution() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = find_namespace_packages(str(ROOT), **declared["packages"]["find"])
    written = {
        ".".join(init.parent.relative_to(ROOT).parts) for init in (ROOT / "runner").rglob("__init__.py")
    }
    assert written | {"runner.example", "runner.systemd"} <= set(found)
    code_and_caches = {".py", ".pyc"}
    data = {
        path for path in (ROOT / "runner").rglob("*") if path.is_file() and path.suffix not in code_and_caches
    }
    shipped = {
        path
        for package, patterns in declared["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    assert data <= shipped


@pytest.mark.parametrize(
    "script",
    [path.name for path in sorted((ROOT / "scripts").iterdir()) if path.is_file() and not path.suffix],
)
def test_a_script_is_short_and_can_be_called(script: str) -> None:
    path = ROOT / "scripts" / script
    assert path.stat().st_mode & 0o111
    assert len(path.read_text().splitlines()) < 60
