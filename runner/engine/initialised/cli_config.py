"""Driftline's own CLI configuration file: where providers come from, and the tokens of registries.

It is always written: without an explicit `provider_installation` terraform runs plugins committed under
`terraform.d/plugins`, and for a TF_CLI_CONFIG_FILE without a file it only warns.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from runner.host.files import private_folder, write_whole
from runner.model.settings.server import EnginesSettings

PLUGINS = "plugins"


def write_cli_config(folder: Path, settings: EnginesSettings) -> Path:
    """Write it unless it exists with the same content."""
    private_folder(folder / PLUGINS)
    mirrored = mirrored_providers(settings.plugin_mirror) if settings.plugin_mirror else ()
    content = render(folder, settings, mirrored).encode()
    path = folder / "driftline.tfrc"
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content, durable=False)
    return path


def render(folder: Path, settings: EnginesSettings, mirrored: Iterable[str] = ()) -> str:
    """The text: the mirror serves its packages, and everything else comes from its registry unless `offline`."""
    return "\n".join(
        [
            "disable_checkpoint = true",
            "provider_installation {",
            *_installation(folder, settings, sorted(mirrored)),
            "}",
            *_tokens(settings.registry_tokens),
            "",
        ]
    )


def _installation(folder: Path, settings: EnginesSettings, mirrored: list[str]) -> Iterator[str]:
    # Offline without a mirror still needs one method, so it gets an empty folder.
    mirror = settings.plugin_mirror or (folder / "no-mirror" if settings.offline else None)
    if mirror is not None:
        yield f"  filesystem_mirror {{\n    path = {quoted(mirror)}\n  }}"
    if not settings.offline:
        exclude = f"\n    exclude = {json.dumps(mirrored)}\n  " if mirrored else ""
        yield f"  direct {{{exclude}}}"


def _tokens(tokens: Mapping[str, str]) -> Iterator[str]:
    for host, token in sorted(tokens.items()):
        yield f"credentials {quoted(host)} {{\n  token = {quoted(token)}\n}}"


def mirrored_providers(mirror: Path) -> list[str]:
    """The addresses for which a mirror has packages: its folders HOST/NAMESPACE/TYPE."""
    return [
        "/".join(folder.relative_to(mirror).parts) for folder in mirror.glob("*.*/*/*") if folder.is_dir()
    ]


def quoted(value: object) -> str:
    """An HCL string; JSON's escapes are valid in it, except for the two that start a template."""
    return json.dumps(str(value)).replace("${", "$${").replace("%{", "%%{")
