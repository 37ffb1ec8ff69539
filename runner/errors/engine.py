"""Terraform, OpenTofu, their modules and credentials."""

from runner.errors.base import DriftlineError


class EngineMissing(DriftlineError):
    """{engine} was not found: {binary}"""

    hint_template = "install it, or set engines.{engine}.binary; then   driftline doctor"


class EngineVersion(DriftlineError):
    """stack "{stack}" wants {engine} {wanted}, this is {found}"""

    hint_template = "driftline doctor"


class EngineIsShim(DriftlineError):
    """engines.{engine}.binary: {path} is a shim of {manager}, which picks a version by folder and may download one"""

    hint_template = "name the real one, engines.{engine}.binary: {real}; then   driftline doctor"


class EngineCannotAnswer(DriftlineError):
    """engines.{engine}.binary: {path} cannot tell its version without PATH and HOME (exit code {code})"""

    hint_template = (
        "a script or a shim that looks for the engine: name the program itself; then   driftline doctor"
    )


class EngineIsOther(DriftlineError):
    """engines.{engine}.binary: {path} is {product} {version}"""

    hint_template = "name it in engines.{other}.binary; then   driftline doctor"


class EngineTooOld(DriftlineError):
    """engines.{engine}.binary: {path} is {product} {version}, and {oldest} is the oldest that is supported"""

    hint_template = "install {product} {oldest} or newer; then   driftline doctor"


class EngineAnswered(DriftlineError):
    """stack "{stack}": {started} was started, and {answered} answered"""

    hint_template = "driftline doctor"


class EngineFailed(DriftlineError):
    """stack "{stack}": {engine} {command} failed"""


class PlanTooLarge(DriftlineError):
    """a plan with {count} changes takes {size} MiB even without its values, and {most} MiB is the most that anybody is shown"""

    hint_template = "split the stack into smaller ones"


class OutputNotUnderstood(DriftlineError):
    """{engine} {command} answered with something that is not its documented JSON: {problem}"""

    hint_template = "driftline doctor"


class CredentialsFailed(DriftlineError):
    """AWS did not hand out credentials for role {role}: {problem}"""

    hint_template = "check the trust policy of the role and the identity of the daemon:   driftline doctor"


class ModuleMissing(DriftlineError):
    """stack "{stack}": "{path}" does not exist, lies outside the repository, or is behind a symlink"""

    hint_template = "driftline stack show {stack}"
