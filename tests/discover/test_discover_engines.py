"""Which engine stacks want, what none fits, and what a version is an input of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from discover_world import Place, known, messages, names

from runner.model.code.surroundings import Surroundings
from runner.model.engine.choice import Installed
from runner.model.settings.context import Context
from runner.model.settings.server import EnginesSettings, TerraformSettings
from runner.model.settings.source import EngineVersions
from runner.model.stack.definition import Discovered
from runner.model.stack.engine_wants import EngineWants, Requirement, Wish


@dataclass
class Named:
    """Engines that are installed; the first version is the default."""

    versions: tuple[str, ...]
    surroundings: Surroundings = field(default_factory=Surroundings)

    def installed(self, engine: str) -> tuple[Installed, ...]:
        if engine != "terraform":
            return ()
        return tuple(
            Installed(engine, one, f"/opt/{one}/{engine}", not at) for at, one in enumerate(self.versions)
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    having(place, "1.11.4", "1.9.8")
    return place


def having(place: Place, *versions: str) -> None:
    place.discoverer = replace(place.discoverer, engines=Named(versions))


def stacks(place: Place, files: Mapping[str, str | bytes | None]) -> dict[str, Discovered]:
    found = place.discovered(files)
    assert not found.problems, found.problems
    return {stack.definition.name: stack for stack in found.stacks}


STACK = {"infra/app/stack.yaml": "name: app\n"}


def test_a_version_file_above_the_root_module_and_the_code_of_local_modules_count(place: Place) -> None:
    files = {
        **STACK,
        "infra/.terraform-version": "~> 1.9.0 # as in production\n",
        "infra/app/main.tf": 'terraform {\n  required_version = ">= 1.5"\n}\nmodule "m" {\n  source = "../m"\n}\n',
        "infra/m/versions.tf": 'terraform {\n  required_version = "< 2"\n}\n',
    }
    assert stacks(place, files)["app"].wants == EngineWants(
        Wish("~> 1.9.0", "infra/.terraform-version"),
        (Requirement(">= 1.5", "infra/app/main.tf"), Requirement("< 2", "infra/m/versions.tf")),
    )


def test_a_stack_that_no_engine_fits_is_refused_at_the_file_that_asks_for_it(place: Place) -> None:
    found = place.discovered({**STACK, "infra/.tool-versions": "terraform 1.10.5\n"})
    assert messages(found) == [
        'infra/.tool-versions:1:1: stack "app": it wants terraform 1.10.5 (infra/.tool-versions), and only 1.9.8, 1.11.4 are installed'
    ]
    having(place, "1.11.4", "1.10.5")
    assert names(place.found()) == ["app"]


def test_a_version_file_that_cannot_be_followed_refuses_its_stacks_only(place: Place) -> None:
    found = place.discovered(
        {**STACK, "infra/.terraform-version": "latest:^1.(5|6)", "other/stack.yaml": "name: other\n"}
    )
    assert names(found) == ["other"]
    (said,) = messages(found)
    assert said.startswith('infra/.terraform-version:1:1: stack "app": infra/.terraform-version says "latest')


def test_a_version_that_the_source_does_not_allow_refuses_the_stack(place: Place) -> None:
    place.allow(engine_versions=EngineVersions(terraform=">= 1.10"))
    (said,) = messages(place.discovered({**STACK, "infra/.terraform-version": "1.9.8"}))
    assert said.endswith('and allow.engine_versions of source "infra" is >= 1.10')


def test_a_context_says_the_version_where_the_stack_does_not(place: Place) -> None:
    place.settings = replace(place.settings, contexts=(Context(name="old", engine_version="~> 1.9.0"),))
    assert stacks(place, STACK)["app"].wants.wish == Wish("~> 1.9.0", "engine_version")


def test_a_version_file_above_the_root_module_is_an_input_and_its_comments_are_not(place: Place) -> None:
    before = place.inputs({**STACK, "infra/.terraform-version": "1.9.8"})
    assert place.inputs({"infra/.terraform-version": "1.9.8 # as in production"}) == before
    assert place.inputs({"infra/.terraform-version": "1.11.4"}) != before


def test_which_programs_are_installed_is_no_input(place: Place) -> None:
    before = place.inputs(STACK)
    having(place, "1.11.5", "1.11.4", "1.9.8")
    engines = EnginesSettings(terraform=TerraformSettings("/opt/other/terraform", ("/opt/*/terraform",)))
    place.settings = replace(place.settings, engines=engines)
    assert {stack.definition.name: stack.inputs for stack in place.found().stacks} == before


def test_a_version_that_comes_or_goes_has_the_source_discovered_again(place: Place) -> None:
    before = place.discoverer.settings_digest(place.remote.source)
    assert place.discoverer.settings_digest(place.remote.source) == before
    having(place, "1.11.4", "1.9.8", "1.9.9")
    assert place.discoverer.settings_digest(place.remote.source) != before


def test_what_is_applied_keeps_its_engine_or_is_not_checked(place: Place) -> None:
    applied = replace(
        known(stacks(place, STACK)["app"]),
        applied_revision="a" * 40,
        applied_wants=EngineWants(Wish("1.9.8", "engine_version")),
    )
    assert place.found([applied]).no_engine == {"app": None}
    having(place, "1.11.4")
    assert place.found([applied]).no_engine == {
        "app": "what is applied wants terraform 1.9.8 (engine_version), and only 1.11.4 is installed"
    }


def test_beside_a_repository_nothing_is_said_of_what_is_installed(place: Place) -> None:
    place.discoverer = replace(place.discoverer, engines=None)
    assert names(place.discovered({**STACK, "infra/.terraform-version": "1.2.3"})) == ["app"]


def test_a_file_that_chooses_a_version_and_is_not_read_is_named_once(place: Place) -> None:
    files = {
        **STACK,
        "infra/b/stack.yaml": "name: b\n",
        "infra/mise.toml": '[tools]\nterraform = "1.9.8"\n',
        "infra/b/.tfswitchrc": "1.9.8\n",
        "infra/terragrunt.hcl": 'terraform {\n  source = "x"\n}\n',
    }
    assert [(note.file, note.message) for note in place.discovered(files).notes] == [
        (
            file,
            "Driftline does not read this file: name the version in .tool-versions or engine_version",
        )
        for file in ("infra/b/.tfswitchrc", "infra/mise.toml")
    ]
    assert place.discovered({"infra/.tool-versions": "terraform 1.9.8\n"}).notes == ()
