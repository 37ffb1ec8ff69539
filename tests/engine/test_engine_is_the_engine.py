"""Only an engine itself is taken for one: no shim of a version manager, no other engine, none that is too old."""

import json
from pathlib import Path

import pytest
from engine_world import TERRAFORM, World, fake, needs_terraform
from wrapped import program

from runner.config.environment import denial, withheld
from runner.engine.environment import inherited
from runner.engine.versions.managers import manager_of
from runner.engine.versions.version import Versions
from runner.errors import EngineAnswered, EngineCannotAnswer, EngineIsOther, EngineIsShim, EngineTooOld
from runner.model.code.engines import ENGINES, VERSION_MANAGERS
from runner.model.settings.server import EnginesSettings, TofuSettings
from runner.model.stack.definition import StackDefinition

SHIMS = {
    "tfenv": '#!/usr/bin/env bash\nset -uo pipefail\nexec "${TFENV_ROOT}/libexec/tfenv-exec" "$@"\n',
    "tofuenv": '#!/bin/bash\nexport TOFUENV_ROOT=/opt/x\nexec tofuenv-exec "$@"\n',
    "asdf": '#!/usr/bin/env bash\n# asdf-plugin: terraform 1.11.4\nexec asdf exec "terraform" "$@"\n',
    "tenv": '#!/bin/sh\nexec /usr/local/bin/tenv tf "$@"\n',
    "mise": '#!/bin/sh\nexec mise x -- terraform "$@"\n',
    "rtx": '#!/bin/sh\nexec "$HOME/bin/rtx" exec -- terraform "$@"\n',
    "tfswitch": '#!/bin/sh\ntfswitch -u >&2\nexec terraform "$@"\n',
    "proto": '#!/bin/sh\nexec proto run terraform -- "$@"\n',
    "vfox": '#!/bin/sh\nexec "$HOME/.version-fox/shims/terraform" "$@"\n',
    "aqua": '#!/bin/sh\nexec aqua exec -- terraform "$@"\n',
}


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def version_of(binary: Path, folder: Path, engine: str = "terraform") -> str:
    return Versions(folder / "asked").of(ENGINES[engine], binary, {"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize("manager", sorted(SHIMS))
@pytest.mark.parametrize("around", ["itself", "linked", "called"])
def test_a_shim_is_refused_however_it_is_reached(tmp_path: Path, manager: str, around: str) -> None:
    shim = script(tmp_path / "x" / "terraform", SHIMS[manager])
    if around == "linked":
        link = tmp_path / "linked"
        link.symlink_to(shim)
        shim = link
    elif around == "called":
        shim = script(tmp_path / "wrapper", f'#!/bin/sh\nexport TF_X=1\nexec {shim} "$@"\n')
    with pytest.raises(
        EngineIsShim, match=rf"engines\.terraform\.binary: {shim} is a shim of {manager}, which"
    ):
        version_of(shim, tmp_path)


@pytest.mark.parametrize("name", ["mise", "asdf", "tenv", "vfox", "proto-shim", "aqua-proxy"])
def test_a_link_to_the_program_of_a_manager_is_refused(tmp_path: Path, name: str) -> None:
    real = script(tmp_path / "bin" / name, "\x7fELF")
    link = tmp_path / "shims" / "terraform"
    link.parent.mkdir()
    link.symlink_to(real)
    with pytest.raises(EngineIsShim, match=name.partition("-")[0]):
        version_of(link, tmp_path)


def test_the_hint_names_the_newest_engine_that_the_manager_has(tmp_path: Path) -> None:
    shim = script(tmp_path / "tfenv" / "bin" / "terraform", SHIMS["tfenv"])
    for version in ("1.9.8", "1.11.4"):
        real = script(tmp_path / "tfenv" / "versions" / version / "terraform", "")
    with pytest.raises(EngineIsShim) as refused:
        version_of(shim, tmp_path)
    assert f"engines.terraform.binary: {real}, " in refused.value.hint
    assert f'binaries: ["{tmp_path}/tfenv/versions/*/terraform"]' in refused.value.hint


def test_a_program_that_has_to_look_for_the_engine_cannot_answer(tmp_path: Path) -> None:
    engine = script(tmp_path / "bin" / "terraform", "#!/bin/sh\necho Terraform v1.11.4\n")
    shim = script(tmp_path / "any", f'#!/bin/sh\nexec "${{X:-$(dirname "{engine}")}}/terraform" "$@"\n')
    assert manager_of(shim) is None
    with pytest.raises(EngineCannotAnswer, match="exit code 127"):
        version_of(shim, tmp_path)


def test_a_script_that_only_lies_beside_a_manager_is_taken(tmp_path: Path) -> None:
    engine = script(
        tmp_path / "tenv/Terraform/1.11.4/terraform", "#!/bin/sh\necho Terraform v1.11.4\necho on x\n"
    )
    wrapper = script(tmp_path / "wrapper", f'#!/bin/sh\n# no shim of tfenv\nexec {engine} "$@"\n')
    assert version_of(wrapper, tmp_path) == "1.11.4"


def test_a_script_that_speaks_of_a_protocol_is_no_shim(tmp_path: Path) -> None:
    engine = script(tmp_path / "engine", "#!/bin/sh\necho Terraform v1.11.4\n")
    wrapper = script(tmp_path / "wrapper", f'#!/bin/sh\nproto=https\nexec {engine} "$@"\n')
    assert version_of(wrapper, tmp_path) == "1.11.4"


def test_a_script_that_turns_into_a_shim_is_asked_again(tmp_path: Path) -> None:
    engine = script(tmp_path / "engine", "#!/bin/sh\necho Terraform v1.11.4\n")
    wrapper = script(tmp_path / "wrapper", f'#!/bin/sh\nexec {engine} "$@"\n')
    assert version_of(wrapper, tmp_path) == "1.11.4"
    script(engine, SHIMS["asdf"])
    with pytest.raises(EngineIsShim, match="asdf"):
        version_of(wrapper, tmp_path)


@pytest.mark.parametrize(
    ("engine", "says", "other"),
    [("terraform", "OpenTofu v1.12.6", "tofu"), ("tofu", "Terraform v1.11.4", "terraform")],
)
def test_another_engine_is_refused_also_when_it_was_asked_before(
    tmp_path: Path, engine: str, says: str, other: str
) -> None:
    binary = program(tmp_path / "engine", f"echo {says}")
    product, _, version = says.partition(" v")
    assert version_of(binary, tmp_path, other) == version
    with pytest.raises(
        EngineIsOther, match=f"engines.{engine}.binary: {binary} is {product} {version}"
    ) as refused:
        version_of(binary, tmp_path, engine)
    assert f"engines.{other}.binary" in refused.value.hint


@needs_terraform
def test_the_real_terraform_is_no_tofu(tmp_path: Path) -> None:
    assert TERRAFORM is not None
    version_of(Path(TERRAFORM), tmp_path)
    with pytest.raises(EngineIsOther):
        version_of(Path(TERRAFORM), tmp_path, "tofu")


@pytest.mark.parametrize(
    ("engine", "says", "good"),
    [
        ("tofu", "OpenTofu v1.7.9", False),
        ("tofu", "OpenTofu v1.6.0", False),
        ("tofu", "OpenTofu v1.8.0", True),
        ("terraform", "Terraform v0.15.5", False),
        ("terraform", "Terraform v1.16.0-rc2", True),
    ],
)
def test_an_engine_that_reads_files_otherwise_is_too_old(
    tmp_path: Path, engine: str, says: str, *, good: bool
) -> None:
    binary = program(tmp_path / "engine", f"echo {says}")
    if good:
        assert version_of(binary, tmp_path, engine) == says.partition(" v")[2]
        return
    with pytest.raises(EngineTooOld, match=f"is {says.replace(' v', ' ')}; the oldest"):
        version_of(binary, tmp_path, engine)


@pytest.mark.parametrize(
    ("shown", "answered"),
    [
        ({"terraform": "1.9.8"}, "terraform 1.9.8"),
        ({"tofu": "1.11.4"}, "tofu 1.11.4"),
        ({"terraform": "1.11.4"}, None),
    ],
)
@pytest.mark.parametrize("command", ["init", "plan"])
def test_what_answers_has_to_be_what_was_started(
    world: World, tmp_path: Path, command: str, shown: dict[str, str], answered: str | None
) -> None:
    line = json.dumps({"type": "version", "@message": "x", **shown})
    script_ = f"""if [ "$1" = {command} ]; then echo '{line}'; fi
for word in "$@"; do case "$word" in -out=*) : > "${{word#-out=}}" ;; esac; done"""
    world.use(fake(tmp_path, script_))
    if answered is None:
        world.planned()
        return
    with pytest.raises(
        EngineAnswered, match=rf'stack "prod/app": started terraform 1\.11\.4, but {answered} '
    ):
        world.plan()


@pytest.mark.parametrize("glob", VERSION_MANAGERS)
def test_no_variable_of_a_version_manager_reaches_a_run(glob: str) -> None:
    name = glob.replace("*", "ROOT")
    assert denial(name) is not None
    assert denial(name.lower()) is not None
    assert withheld(name) is not None
    assert inherited({name: "x"}, [name, "*"]) == {}


def test_a_stack_of_a_tofu_that_is_terraform_is_not_planned(world: World, tmp_path: Path) -> None:
    binary = program(
        tmp_path / "tofu", f'[ "$1" = version ] || touch {world.outside}/ran\necho Terraform v1.11.4'
    )
    world.engines = EnginesSettings(tofu=TofuSettings(str(binary)))
    world.stack = StackDefinition(name="prod/app", engine="tofu")
    with pytest.raises(EngineIsOther):
        world.plan()
    assert not (world.outside / "ran").exists()
