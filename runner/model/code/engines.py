"""Terraform and OpenTofu as rows of one table with all their differences."""

from collections.abc import Mapping
from dataclasses import field

from runner.model.values.frozen import dataclass

Version = tuple[int, ...]

# Variables of tfenv, tofuenv, tenv, tfswitch, mise (formerly rtx), asdf, aqua, proto and vfox, which would select another
# engine.
VERSION_MANAGERS = (
    "TFENV_*", "TOFUENV_*", "TENV_*", "TFSWITCH_*", "MISE_*", "__MISE_*", "RTX_*", "__RTX_*", "ASDF_*", "AQUA_*",
    "PROTO_*", "VFOX_*", "__VFOX_*",
)  # fmt: skip


@dataclass(frozen=True)
class EngineRow:
    """`version_key` names the version in the `version` message of the `-json` stream."""

    name: str
    product: str  # what it calls itself
    version_key: str
    oldest: Version  # older ones are refused
    registry: str  # where short addresses of modules and providers point
    version_file: str  # of its version managers
    tool: str  # its name in .tool-versions
    suffixes: tuple[str, ...]  # of the files it reads as configuration
    init_json_since: Version  # before this, `init` prints text only
    # From these versions on, module sources and versions, and settings of a backend, may be computed. The commands
    # that read the code then need the values of variables.
    sources_since: Version
    backends_since: Version | None
    constant_only: bool  # whether only variables with `const = true` may stand there
    knows_workspace: bool  # whether `terraform.workspace` may stand there
    asks_for_values: frozenset[str]  # the commands that need them besides `init` and `plan`
    # From this version on there are ephemeral variables, which no plan file stores. Before, a saved plan
    # takes no values.
    apply_variables_since: Version
    encrypts: bool  # states and plans, where `encryption` blocks or TF_ENCRYPTION say so
    # From this version on, `required_version` counts only in files with these suffixes.
    own_requirements_since: Version | None
    own_suffixes: tuple[str, ...]
    # GOGC=400: 17 % less CPU for an AWS plan (3.33 s -> 2.75 s, medians of 9), which collects short-lived schema objects.
    # Its memory grows with it, 570 MB -> 750 MB, up to GOMEMLIMIT.
    env: Mapping[str, str] = field(default_factory=lambda: {"GOGC": "400"})


TERRAFORM = EngineRow(
    name="terraform",
    product="Terraform",
    version_key="terraform",
    oldest=(1, 0),
    registry="registry.terraform.io",
    version_file=".terraform-version",
    tool="terraform",
    suffixes=(".tf", ".tf.json"),
    init_json_since=(1, 9),
    sources_since=(1, 15),
    backends_since=None,
    constant_only=True,
    knows_workspace=False,
    asks_for_values=frozenset({"show", "state pull", "state rm"}),
    apply_variables_since=(1, 10),
    encrypts=False,
    own_requirements_since=None,
    own_suffixes=(),
)
TOFU = EngineRow(
    name="tofu",
    product="OpenTofu",
    version_key="tofu",
    oldest=(1, 8),  # before, it reads no `.tofu` files
    registry="registry.opentofu.org",
    version_file=".opentofu-version",
    tool="opentofu",
    suffixes=(".tf", ".tf.json", ".tofu", ".tofu.json"),
    init_json_since=(1, 7),
    sources_since=(1, 8),
    backends_since=(1, 8),
    constant_only=False,
    knows_workspace=True,
    asks_for_values=frozenset({"state pull", "state rm", "force-unlock", "workspace list", "workspace new"}),
    apply_variables_since=(1, 11),
    encrypts=True,
    own_requirements_since=(1, 12),
    own_suffixes=(".tofu", ".tofu.json"),
)
ENGINES: Mapping[str, EngineRow] = {row.name: row for row in (TERRAFORM, TOFU)}
