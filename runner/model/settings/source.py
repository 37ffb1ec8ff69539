"""One source as the operator configures it: where its repository is, and what its commits may decide."""

from dataclasses import field
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from runner.model.settings.forge import ForgeSettings
from runner.model.stack.definition import STRICT
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds

AUTO: Final = "auto"


@dataclass(frozen=True)
class SourceAuth:
    """Credentials for one source: a token for https, or a key with its known hosts for ssh."""

    __pydantic_config__: ClassVar[Any] = STRICT
    token: str | None = field(default=None, repr=False)
    username: str = "x-access-token"
    ssh_key: Path | None = None
    known_hosts: Path | None = None


@dataclass(frozen=True)
class Verify:
    """Commit signatures: which commits need one, and whose count."""

    __pydantic_config__: ClassVar[Any] = STRICT
    mode: Literal["off", "head", "since_applied"] = "off"
    allowed_signers: Path | None = None
    gpg_keys: Path | None = None
    revoked: Path | None = None


@dataclass(frozen=True)
class EngineVersions:
    """Constraints on the installed engines that stacks may use; None for all of them."""

    __pydantic_config__: ClassVar[Any] = STRICT
    terraform: str | None = None
    tofu: str | None = None


@dataclass(frozen=True)
class Allow:
    """What a commit may decide for itself; nothing more."""

    __pydantic_config__: ClassVar[Any] = STRICT
    engines: tuple[Literal["terraform", "tofu"], ...] = ("terraform", "tofu")
    engine_versions: EngineVersions = EngineVersions()
    aws_roles: tuple[str, ...] = ()
    provisioners: bool = False
    backends: tuple[str, ...] = ("s3", "gcs", "azurerm", "http", "local")
    state_folders: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    writable_modules: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    nonsensitive: bool = False
    lower_approvals: bool = False
    actions: tuple[str, ...] = ("*",)
    policies: tuple[str, ...] = ()
    heal: bool = False
    outputs: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()


# Where no configuration says what the source allows.
GENEROUS = Allow(
    aws_roles=("*",),
    provisioners=True,
    backends=(
        "azurerm",
        "consul",
        "cos",
        "gcs",
        "http",
        "kubernetes",
        "local",
        "oci",
        "oss",
        "pg",
        "remote",
        "s3",
    ),
    state_folders=("/",),
    modules=("*",),
    lower_approvals=True,
)


@dataclass(frozen=True)
class Previews:
    """Which pull requests are planned before their merge. `base` None is the branch of the source."""

    __pydantic_config__: ClassVar[Any] = STRICT
    refs: tuple[str, ...] = ("refs/pull/*/head",)
    base: str | None = None
    forks: Literal["never", "approved"] = "never"
    max: int = 20
    max_stacks: int = 50


@dataclass(frozen=True)
class SourceSettings:
    __pydantic_config__: ClassVar[Any] = STRICT
    name: str
    url: str
    branch: str = "main"
    poll: Seconds | Literal["auto"] = AUTO
    webhook_secret: str | None = field(default=None, repr=False)
    auth: SourceAuth = SourceAuth()
    stacks: tuple[str, ...] = ("**/stack.yaml",)
    max_size: str = "2GB"
    verify: Verify = Verify()
    previews: Previews | None = None
    allow: Allow = Allow()
    forge: ForgeSettings | None = None
