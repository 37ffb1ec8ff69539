"""Which of the installed engines a stack gets."""

import pytest

from runner.errors import EngineIsShim
from runner.model.engine.choice import Allowed, Installed, Misfit, choose
from runner.model.stack.engine_wants import ANY, EngineWants, Requirement, Wish

FREE = Allowed()


def installed(*versions: str, default: str | None = None, engine: str = "terraform") -> tuple[Installed, ...]:
    return tuple(Installed(engine, one, f"/opt/{one}/{engine}", default=one == default) for one in versions)


THREE = installed("1.5.7", "1.9.8", "1.14.9", default="1.9.8")


def wants(
    wish: str | None = None, *, place: str = "infra/.terraform-version", **required: str
) -> EngineWants:
    stated = tuple(
        Requirement(text, f"{name.replace('__', '.')}", compatible_with=False)
        for name, text in required.items()
    )
    return EngineWants(None if wish is None else Wish(wish, place), stated)


def chosen(want: EngineWants, here: tuple[Installed, ...] = THREE, allowed: Allowed = FREE) -> str:
    found = choose(here[0].engine, want, allowed, here)
    assert isinstance(found, Installed), found
    return found.version


def refused(want: EngineWants, here: tuple[Installed, ...] = THREE, allowed: Allowed = FREE) -> str:
    found = choose("terraform", want, allowed, here)
    assert isinstance(found, Misfit), found
    return found.error("net/prod").message


@pytest.mark.parametrize(
    ("wish", "version"),
    [
        (None, "1.9.8"),
        (">= 1.2", "1.9.8"),
        ("~> 1.9", "1.9.8"),
        (">= 1.10", "1.14.9"),
        ("< 1.9", "1.5.7"),
        ("1.5.7", "1.5.7"),
    ],
)
def test_the_default_is_taken_if_it_fits_else_the_newest(wish: str | None, version: str) -> None:
    assert chosen(wants(wish)) == version


def test_without_a_default_the_newest_release_is_taken() -> None:
    assert chosen(ANY, installed("1.5.7", "1.14.9", "1.15.0-rc1")) == "1.14.9"


def test_a_pre_release_is_taken_where_it_is_wished_exactly_or_the_default() -> None:
    here = installed("1.9.8", "1.15.0-rc1", default="1.15.0-rc1")
    assert chosen(wants(">= 1.9"), here) == "1.9.8"
    assert chosen(wants("1.15.0-rc1"), here) == "1.15.0-rc1"
    assert chosen(ANY, here) == "1.15.0-rc1"


def test_the_code_moves_a_stack_off_a_default_that_it_excludes() -> None:
    assert chosen(wants(main__tf=">= 1.10")) == "1.14.9"
    assert chosen(wants(">= 1.5", main__tf="< 1.9", modules__tf=">= 1.2")) == "1.5.7"


def test_what_the_source_does_not_allow_is_not_chosen() -> None:
    assert chosen(ANY, allowed=Allowed("< 1.9", "infra")) == "1.5.7"


def test_an_override_file_replaces_what_its_module_requires() -> None:
    required = (
        Requirement("< 1.6", "main.tf"),
        Requirement(">= 1.10", "override.tf"),
        Requirement(">= 1.2", "modules/a/main.tf"),
    )
    assert chosen(EngineWants(None, required)) == "1.14.9"


def test_opentofu_1_12_heeds_its_own_files_only() -> None:
    here = installed("1.11.0", "1.12.6", engine="tofu")
    required = (Requirement("< 1.11", "main.tf"),)
    assert chosen(EngineWants(None, required), here) == "1.12.6"
    own = (*required, Requirement("< 1.12", "main.tofu"))
    assert isinstance(choose("tofu", EngineWants(None, own), FREE, here), Misfit)
    compatible = (Requirement(">= 1.12", "main.tf", compatible_with=True),)
    assert chosen(EngineWants(None, compatible), here) == "1.12.6"
    assert chosen(EngineWants(None, compatible), here[:1]) == "1.11.0"


def test_what_is_no_constraint_is_left_to_the_engine() -> None:
    assert chosen(wants(main__tf="whatever")) == "1.9.8"


def test_what_is_wanted_and_not_here_is_said_with_what_is_here() -> None:
    assert refused(wants("~> 1.10.0")) == (
        'stack "net/prod" wants terraform ~> 1.10.0 (infra/.terraform-version), and only 1.5.7, 1.9.8, 1.14.9 are installed'
    )


def test_code_that_excludes_what_is_wanted_is_named() -> None:
    error = choose("terraform", wants("1.9.8", place="engine_version", main__tf=">= 1.10"), FREE, THREE)
    assert isinstance(error, Misfit)
    told = error.error("net/prod")
    assert told.message == (
        'stack "net/prod" wants terraform 1.9.8 (engine_version), and main.tf asks for >= 1.10'
    )
    assert told.hint == "driftline stack show net/prod"


def test_a_rule_of_the_source_that_excludes_what_is_wanted_is_named() -> None:
    said = refused(wants("1.4.6"), allowed=Allowed(">= 1.5", "infra"))
    assert said.endswith('wants terraform 1.4.6 (infra/.terraform-version), and allow.engine_versions of source "infra" is >= 1.5')  # fmt: skip


def test_a_minor_version_gets_the_constraint_for_its_patches_as_a_hint() -> None:
    found = choose("terraform", wants("1.10"), FREE, THREE)
    assert isinstance(found, Misfit)
    assert found.error("a").hint == 'for any 1.10.x, say "~> 1.10.0" there'


def test_a_default_that_is_refused_is_never_replaced_by_the_newest() -> None:
    shim = EngineIsShim("it is a shim", hint="")
    here = (*installed("1.14.9"), Installed("terraform", "", "/x", True, "it is a shim", shim))
    assert refused(ANY, here) == "it is a shim"
    assert chosen(wants("1.14.9"), here) == "1.14.9"
    assert refused(wants("1.10.1"), here).endswith("and only 1.14.9 is installed (/x refused)")


def test_a_refused_program_is_the_error_where_nothing_else_is_here() -> None:
    here = (Installed("terraform", "", "/x", False, "it is exposed", EngineIsShim("it is exposed", hint="")),)
    assert refused(wants("1.14.9"), here) == "it is exposed"
