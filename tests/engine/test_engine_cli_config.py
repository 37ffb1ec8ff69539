"""The CLI configuration that Driftline writes, and what terraform makes of it."""

from pathlib import Path

from engine_world import World, needs_terraform
from wrapped import program

from runner.engine.initialised.cli_config import mirrored_providers, quoted, render, write_cli_config
from runner.model.settings.server import EnginesSettings

HERE = Path("/d/engine")


def test_without_settings_providers_come_from_their_registries() -> None:
    assert render(HERE, EnginesSettings()) == (
        "disable_checkpoint = true\nprovider_installation {\n  direct {}\n}\n"
    )


def test_what_a_mirror_has_is_taken_from_there_alone() -> None:
    text = render(HERE, EnginesSettings(plugin_mirror=Path("/m")), ["registry.terraform.io/hashicorp/aws"])
    assert '  filesystem_mirror {\n    path = "/m"\n  }' in text
    assert '  direct {\n    exclude = ["registry.terraform.io/hashicorp/aws"]\n  }' in text


def test_offline_nothing_comes_from_a_registry() -> None:
    assert "direct" not in render(HERE, EnginesSettings(plugin_mirror=Path("/m"), offline=True))
    alone = render(HERE, EnginesSettings(offline=True))
    assert "direct" not in alone
    assert "filesystem_mirror" in alone


def test_registry_tokens_are_written_and_never_read_as_code() -> None:
    text = render(HERE, EnginesSettings(registry_tokens={"tf.example.com": 'a"b\\${x}%{y}\n'}))
    assert 'credentials "tf.example.com" {\n  token = "a\\"b\\\\$${x}%%{y}\\n"\n}' in text


def test_a_quoted_path_keeps_its_spaces_and_quotes() -> None:
    assert quoted(Path('/a b/"c"')) == '"/a b/\\"c\\""'


def test_the_file_is_private_and_is_written_only_when_it_changes(tmp_path: Path) -> None:
    path = write_cli_config(tmp_path, EnginesSettings(registry_tokens={"h.example.com": "t"}))
    assert path.stat().st_mode & 0o777 == 0o600
    first = path.stat().st_ino
    write_cli_config(tmp_path, EnginesSettings(registry_tokens={"h.example.com": "t"}))
    assert path.stat().st_ino == first
    write_cli_config(tmp_path, EnginesSettings())
    assert "token" not in path.read_text()


def test_a_mirror_says_which_providers_it_has(tmp_path: Path) -> None:
    for folder in ("registry.terraform.io/hashicorp/aws/5.1.0", "example.com/a/b"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "terraform.rc").touch()
    assert sorted(mirrored_providers(tmp_path)) == ["example.com/a/b", "registry.terraform.io/hashicorp/aws"]


@needs_terraform
def test_a_plugin_that_a_repository_commits_is_not_run(world: World) -> None:
    world.engines = EnginesSettings(offline=True)
    pwned = world.folder / "pwned"
    for place in ("terraform.d/plugins", ".terraform/providers"):
        program(
            world.module
            / place
            / "registry.terraform.io/evil/evil/1.0.0/linux_amd64/terraform-provider-evil_v1.0.0",
            f"touch {pwned}",
        )
    world.write({"main.tf": 'terraform {\n required_providers {\n  evil = { source = "evil/evil" }\n }\n}\n'})
    failed = world.failed()
    assert failed.command == "init"
    assert not pwned.exists()


@needs_terraform
def test_a_committed_data_directory_is_not_used(world: World) -> None:
    # A symlink there makes `init` write outside; TF_DATA_DIR is elsewhere.
    victim = world.folder / "victim"
    victim.mkdir()
    (world.module / ".terraform").mkdir()
    (world.module / ".terraform" / "providers").symlink_to(victim)
    (world.module / ".terraform" / "environment").write_text("green")
    world.write({"main.tf": 'output "w" { value = terraform.workspace }\n'})
    planned = world.planned()
    assert planned.document is not None
    assert planned.document["planned_values"]["outputs"]["w"]["value"] == "default"
    assert list(victim.iterdir()) == []
