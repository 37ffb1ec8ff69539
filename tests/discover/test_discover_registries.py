"""Addresses without a host mean the registry of the engine that reads them, in what is allowed and in what is told."""

import pytest
from discover_world import CALL, Place

REGISTRIES = {"terraform": "registry.terraform.io", "tofu": "registry.opentofu.org"}
ENGINES = sorted(REGISTRIES)
REQUIRED = 'terraform {{\n  required_providers {{\n    {name} = {{ source = "{source}" }}\n  }}\n}}\n'


def refused(place: Place, engine: str, code: str) -> list[str]:
    """What is wrong with a stack of this engine; nothing where it is taken."""
    found = place.discovered({"a/stack.yaml": f"name: a\nengine: {engine}\n", "a/main.tf": code})
    assert bool(found.stacks) is not bool(found.problems)
    return [problem.message for problem in found.problems]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("allowed", ENGINES)
@pytest.mark.parametrize("source", ["acme/vpc/aws", "acme/vpc/aws//modules/one"])
def test_a_short_module_address_means_the_registry_of_the_engine(
    place: Place, engine: str, allowed: str, source: str
) -> None:
    place.allow(modules=(f"{REGISTRIES[allowed]}/acme/*",))
    messages = refused(place, engine, CALL.format(source=source))
    assert bool(messages) is (engine != allowed)
    assert all(f"({REGISTRIES[engine]}/acme/vpc/aws)" in one for one in messages)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_module_address_with_a_host_means_the_same_to_every_engine(place: Place, engine: str) -> None:
    place.allow(modules=("registry.terraform.io/acme/*",))
    assert not refused(place, engine, CALL.format(source="registry.terraform.io/acme/vpc/aws"))
    assert refused(place, engine, CALL.format(source="registry.opentofu.org/acme/vpc/aws"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("allowed", ENGINES)
@pytest.mark.parametrize(
    ("code", "short"),
    [
        pytest.param(REQUIRED.format(name="x", source="acme/null"), "acme/null", id="namespace"),
        pytest.param(REQUIRED.format(name="x", source="Acme/Null"), "acme/null", id="capitals"),
        pytest.param(REQUIRED.format(name="x", source="null"), "hashicorp/null", id="type-alone"),
        pytest.param(REQUIRED.format(name="x", source="-/null"), "-/null", id="legacy"),
        pytest.param('resource "null_resource" "x" {}\n', "hashicorp/null", id="implied"),
        pytest.param(
            'terraform {\n  required_providers {\n    null = { version = "3.2.4" }\n  }\n}\n',
            "hashicorp/null",
            id="version-alone",
        ),
    ],
)
def test_a_short_provider_address_means_the_registry_of_the_engine(
    place: Place, engine: str, allowed: str, code: str, short: str
) -> None:
    place.allow(providers=(f"{REGISTRIES[allowed]}/*",))
    messages = refused(place, engine, code)
    assert bool(messages) is (engine != allowed)
    assert all(f"the provider {REGISTRIES[engine]}/{short} in a" in one for one in messages)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("source", ["localhost/acme/null", "mirror:8443/acme/null"])
def test_the_first_of_three_parts_is_a_host_also_without_a_dot(
    place: Place, engine: str, source: str
) -> None:
    place.allow(providers=(f"{REGISTRIES[engine]}/*",))
    [messages] = refused(place, engine, REQUIRED.format(name="x", source=source))
    assert f"the provider {source} in a" in messages


@pytest.mark.parametrize("engine", ENGINES)
def test_the_built_in_provider_is_always_taken(place: Place, engine: str) -> None:
    place.allow(providers=(f"{REGISTRIES[engine]}/hashicorp/aws",))
    assert not refused(place, engine, 'resource "terraform_data" "x" {}\n')
    assert not refused(
        place, engine, REQUIRED.format(name="terraform", source="terraform.io/builtin/terraform")
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_another_provider_under_the_name_of_the_built_in_one_is_not(place: Place, engine: str) -> None:
    place.allow(providers=(f"{REGISTRIES[engine]}/hashicorp/aws",))
    [messages] = refused(place, engine, REQUIRED.format(name="terraform", source="evil/terraform"))
    assert f"{REGISTRIES[engine]}/evil/terraform" in messages


def test_two_engines_on_the_same_folder_are_judged_apart(place: Place) -> None:
    place.allow(modules=("registry.terraform.io/*",), providers=("registry.terraform.io/*",))
    stacks = "name: a\n---\nname: b\nengine: tofu\n"
    found = place.discovered(
        {"a/stack.yaml": stacks, "a/main.tf": CALL.format(source="acme/vpc/aws") + 'provider "null" {}\n'}
    )
    assert [stack.definition.name for stack in found.stacks] == ["a"]
    assert {problem.stack for problem in found.problems} == {"b"}
