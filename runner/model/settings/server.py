"""What the operator decides: the server configuration as frozen values, with every default in one place."""

from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from runner.errors import SourceNotFound
from runner.model.settings.aws import AwsAccount
from runner.model.settings.context import Context
from runner.model.settings.guardrails import DEFAULT_GUARDRAILS, Guardrails
from runner.model.settings.healing import DEFAULT_LIMITS, HealLimits, OperatorHealRule
from runner.model.settings.notifications import PUBLIC_ONLY, Notification, NotifySettings
from runner.model.settings.policy import Check, Policy
from runner.model.settings.pools import PoolSettings, WorkerSettings
from runner.model.settings.promotion import Promotion
from runner.model.settings.source import SourceSettings
from runner.model.settings.web import NOT_SERVED, WebSettings
from runner.model.settings.windows import WindowRule, WindowRules
from runner.model.stack.definition import STRICT, IgnoreRule, OnMerge
from runner.model.stack.heal_rule import Reaction
from runner.model.stack.match import EVERY_STACK, StackMatch
from runner.model.stack.match_index import MatchIndex
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds

if TYPE_CHECKING:
    from runner.model.settings.placement import Places


@dataclass(frozen=True)
class EngineSettings:
    """`binary` is the default, None for none; `binaries` are globs of more that stacks may choose."""

    __pydantic_config__: ClassVar[Any] = STRICT
    binary: str | None
    binaries: tuple[str, ...] = ()


@dataclass(frozen=True)
class TerraformSettings(EngineSettings):
    binary: str | None = "terraform"


@dataclass(frozen=True)
class TofuSettings(EngineSettings):
    binary: str | None = "tofu"


@dataclass(frozen=True)
class EnginesSettings:
    __pydantic_config__: ClassVar[Any] = STRICT
    terraform: TerraformSettings = TerraformSettings()
    tofu: TofuSettings = TofuSettings()
    plugin_mirror: Path | None = None
    offline: bool = False
    registry_tokens: dict[str, str] = field(default_factory=dict, repr=False)
    env: tuple[str, ...] = ()  # names that a run may inherit from the daemon, such as AWS_ENDPOINT_URL


@dataclass(frozen=True)
class ExecutorSettings:
    __pydantic_config__: ClassVar[Any] = STRICT
    slots: int | Literal["auto"] = "auto"
    memory_per_run: str = "850MB"
    per_account: int | None = None
    min_free: str = "512MB"
    confine: Literal["auto", "never", "required"] = "auto"
    visible: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Timeouts:
    """`apply` is a soft limit: it alerts and never kills."""

    __pydantic_config__: ClassVar[Any] = STRICT
    init: Seconds = Seconds(300)
    plan: Seconds = Seconds(900)
    show: Seconds = Seconds(120)
    git: Seconds = Seconds(120)
    apply: Seconds | None = None


@dataclass(frozen=True)
class CoverageSettings:
    """When what exists in the accounts is listed, and what of it never counts."""

    __pydantic_config__: ClassVar[Any] = STRICT
    schedule: str = "43 3 * * *"
    ignore_file: Path | None = None


@dataclass(frozen=True)
class DriftSettings:
    """`schedule` is a cron line of five fields in UTC, week days by name; `action` is for stacks without their own."""

    __pydantic_config__: ClassVar[Any] = STRICT
    schedule: str = "17 */4 * * *"
    jitter: Seconds = Seconds(1200)
    confirm: int = 1
    ignore: tuple[IgnoreRule, ...] = ()
    probe: Literal["auto", "warm", "never"] = "auto"
    compare_every: int = 50
    action: Reaction = "report"
    heal: tuple[OperatorHealRule, ...] = ()
    heal_limits: HealLimits = DEFAULT_LIMITS
    coverage: CoverageSettings = CoverageSettings()


@dataclass(frozen=True)
class PlanSettings:
    """How plans are made: `plain` is stricter than `auto`, here and in a stack file."""

    __pydantic_config__: ClassVar[Any] = STRICT
    providers: Literal["auto", "plain"] = "auto"
    destroys: Literal["auto", "plain"] = "plain"
    compare_every: int = 50


@dataclass(frozen=True)
class PlanMatch:
    """Plans that do more than this. An omitted key matches every plan; all given keys have to match."""

    __pydantic_config__: ClassVar[Any] = STRICT
    destroys_over: int | None = None
    changes_over: int | None = None


EVERY_PLAN = PlanMatch()


@dataclass(frozen=True)
class ApprovalRule:
    """A minimum for the stacks that it matches: no other rule, default or stack file can be weaker.

    With `when`, it applies only to plans that it matches. At least one approval has to come from `one_of`.
    """

    __pydantic_config__: ClassVar[Any] = STRICT
    match: StackMatch = EVERY_STACK
    when: PlanMatch = EVERY_PLAN
    required: int | None = None
    one_of: tuple[str, ...] = ()
    from_: tuple[str, ...] | None = (
        None  # `from` in the file, a keyword in Python; None: the rule names no one
    )
    mode_at_most: Literal["never", "approved", "automatic"] | None = None
    author_may_approve: bool | None = None
    protect: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class ApprovalSettings:
    """What holds for every stack, and the rules for some. `people` maps a login to the names and mail
    addresses of the same person's commits. `owners` may apply outside the windows.
    """

    __pydantic_config__: ClassVar[Any] = STRICT
    required: int = 1
    author_may_approve: bool = False
    expire: Seconds = Seconds(86400)
    people: dict[str, tuple[str, ...]] = field(default_factory=dict)
    owners: tuple[str, ...] = ()
    on_merge: OnMerge = "reviewed"
    rules: tuple[ApprovalRule, ...] = ()

    @cached_property
    def index(self) -> MatchIndex:
        return MatchIndex.of(rule.match for rule in self.rules)


@dataclass(frozen=True)
class ApplySettings:
    __pydantic_config__: ClassVar[Any] = STRICT
    fresh_for: Seconds = Seconds(300)
    lock_timeout: Seconds = Seconds(60)


@dataclass(frozen=True)
class Retention:
    __pydantic_config__: ClassVar[Any] = STRICT
    runs: Seconds = Seconds(180 * 86400)
    logs: Seconds = Seconds(60 * 86400)
    plans: Seconds = Seconds(14 * 86400)
    reports: Seconds = Seconds(730 * 86400)
    state_versions: int = 100


@dataclass(frozen=True)
class ArtifactSettings:
    """Where artifacts are stored: in the data directory, or in an S3 bucket under a prefix. Encrypted in both."""

    __pydantic_config__: ClassVar[Any] = STRICT
    store: Literal["local", "s3"] = "local"
    bucket: str | None = None
    prefix: str = "driftline"
    region: str | None = None
    key: str | None = field(default=None, repr=False)
    old_keys: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class AuditSettings:
    """Where the audit log's checkpoints are written, and what seals them."""

    __pydantic_config__: ClassVar[Any] = STRICT
    checkpoints: Path | None = None
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """The whole server configuration. Paths are absolute and `${...}` is resolved."""

    __pydantic_config__: ClassVar[Any] = STRICT
    data_dir: Path
    sources: tuple[SourceSettings, ...] = ()
    version: Literal[1] = 1
    engines: EnginesSettings = EnginesSettings()
    executor: ExecutorSettings = ExecutorSettings()
    timeouts: Timeouts = Timeouts()
    plan: PlanSettings = PlanSettings()
    drift: DriftSettings = DriftSettings()
    approvals: ApprovalSettings = ApprovalSettings()
    apply: ApplySettings = ApplySettings()
    guardrails: Guardrails = DEFAULT_GUARDRAILS
    retention: Retention = Retention()
    artifacts: ArtifactSettings = ArtifactSettings()
    audit: AuditSettings = AuditSettings()
    contexts: tuple[Context, ...] = ()
    policies: tuple[Policy, ...] = ()
    checks: tuple[Check, ...] = ()
    promotion: tuple[Promotion, ...] = ()
    windows: tuple[WindowRule, ...] = ()
    web: WebSettings = NOT_SERVED
    notifications: tuple[Notification, ...] = ()
    notify: NotifySettings = PUBLIC_ONLY
    aws: tuple[AwsAccount, ...] = ()
    broker: str | None = field(default=None, repr=False)
    pools: tuple[PoolSettings, ...] = ()
    worker: WorkerSettings | None = None

    @cached_property
    def window_rules(self) -> WindowRules:
        return WindowRules(self.windows)

    @cached_property
    def places(self) -> "Places":
        from runner.model.settings.placement import Places

        return Places()

    def source(self, name: str) -> SourceSettings | None:
        return next((s for s in self.sources if s.name == name), None)

    def required_source(self, name: str) -> SourceSettings:
        """SourceNotFound if the configuration does not have it."""
        source = self.source(name)
        if source is None:
            raise SourceNotFound(source=name)
        return source
