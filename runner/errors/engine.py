"""Terraform, OpenTofu, their modules and credentials."""

from runner.errors.base import DriftlineError


class EngineMissing(DriftlineError):
    """engines.{engine}.binary was not found: {binary}"""

    hint_template = "install it, or set engines.{engine}.binary; then   driftline doctor"


class EngineVersion(DriftlineError):
    """stack "{stack}" wants {wanted}, and {why}"""

    hint_template = "driftline engine list"


class BadVersionFile(DriftlineError):
    """{file} says "{said}", which is no version and no constraint"""

    hint_template = 'write such as "~> 1.11" there, or set engine_version'


class EngineIsShim(DriftlineError):
    """engines.{engine}.{key}: {path} is a shim of {manager}, which picks a version per directory and may download one"""

    hint_template = "{real}; then   driftline doctor"


class EngineCannotAnswer(DriftlineError):
    """engines.{engine}.{key}: {path} fails to print its version without PATH and HOME (exit code {code})"""

    hint_template = "if it is a script or a shim, use the engine binary itself; then   driftline doctor"


class EngineIsOther(DriftlineError):
    """engines.{engine}.{key}: {path} is {product} {version}"""

    hint_template = "name it in engines.{other}.{key}; then   driftline doctor"


class EngineTooOld(DriftlineError):
    """engines.{engine}.{key}: {path} is {product} {version}; the oldest supported version is {oldest}"""

    hint_template = "install {product} {oldest} or newer; then   driftline doctor"


class EngineExposed(DriftlineError):
    """engines.{engine}.{key}: {path} may be exchanged by others: {place} {how}"""

    hint_template = "{mend}"


class EngineUnsupported(DriftlineError):
    """{product} {version} is not installed: {why}"""

    exit_code = 6
    hint_template = "driftline engine list"


class EngineNotFetched(DriftlineError):
    """{file} cannot be fetched from {place}: {problem}"""

    hint_template = "copy {files} into a directory here, then   driftline engine install {engine} {version} --from DIRECTORY"


class EngineUntrusted(DriftlineError):
    """{file} is refused: {problem}"""

    exit_code = 3
    hint_template = "driftline engine install --help"


class EngineInstallFailed(DriftlineError):
    """installing {release} failed: {problem}"""

    hint_template = "driftline doctor"


class EngineAnswered(DriftlineError):
    """stack "{stack}": started {started}, but {answered} answered"""

    hint_template = "driftline doctor"


class EngineFailed(DriftlineError):
    """stack "{stack}": {engine} {command} failed"""


class ContextUnresolved(DriftlineError):
    """stack "{stack}": context "{context}" sets {name}, but {problem}"""

    hint_template = "repair the secret or its reference in contexts; then   driftline config validate"


class PlanTooLarge(DriftlineError):
    """a plan with {count} changes takes {size} MiB even without its values; Driftline shows at most {most} MiB"""

    hint_template = "split the stack into smaller ones"


class OutputNotUnderstood(DriftlineError):
    """{engine} {command} did not return its documented JSON: {problem}"""

    hint_template = "driftline doctor"


class CredentialsFailed(DriftlineError):
    """AWS issued no credentials for role {role}: {problem}"""

    hint_template = "check the trust policy of the role and the identity of the daemon:   driftline doctor"


class ModuleMissing(DriftlineError):
    """stack "{stack}": "{path}" does not exist, lies outside the repository, or is behind a symlink"""

    hint_template = "driftline stack show {stack}"
