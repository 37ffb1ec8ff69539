"""The environment of a child process: an allow-list. `file("/proc/self/environ")` in any module can read all of it."""

import os
import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import cache
from pathlib import Path
from tempfile import gettempdir

from runner.engine.served_state import PREFIX as HTTP_BACKEND
from runner.engine.served_state import variables
from runner.errors import NotAllowed
from runner.model.code.engines import VERSION_MANAGERS, EngineRow
from runner.model.stack.definition import DEFAULT_WORKSPACE, StackDefinition
from runner.model.state.served import ServedState
from runner.model.values.frozen import dataclass
from runner.ports.workspace import Workspace


@dataclass(frozen=True)
class Variable:
    """`default` is overridden by the daemon's own value and by the stack's, `fixed` by nothing."""

    name: str
    why: str
    inherited: bool = False  # taken from the daemon, if it has it
    default: str | None = None
    fixed: str | None = None


TABLE: tuple[Variable, ...] = (
    Variable("PATH", "programs that providers and provisioners call", inherited=True, default=os.defpath),
    Variable("LANG", "UTF-8, and English messages", default="C.UTF-8"),
    Variable("HOME", "the run's own directory: the daemon's home is not accessible"),
    Variable("TMPDIR", "the run's own directory, or the system's if plugin socket names would be too long"),
    Variable("PWD", "the directory of the root module, set by bubblewrap"),
    Variable(
        "TF_DATA_DIR", "the stack's own directory outside the tree: a committed `.terraform` is not used"
    ),
    Variable("TF_CLI_CONFIG_FILE", "Driftline's own file, with the allowed sources of providers"),
    Variable("TF_WORKSPACE", "the stack's `terraform_workspace`, unless it is `default`"),
    Variable("TF_IN_AUTOMATION", "no hints for interactive use", fixed="1"),
    Variable("TF_INPUT", "no interactive prompts", fixed="0"),
    Variable("CHECKPOINT_DISABLE", "no version check over the network", fixed="1"),
    Variable("TF_PLUGIN_CACHE_DIR", "for `init`: the stack's own view of installed providers"),
    Variable(
        "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE",
        "for `init` if the code has no lock file: a cached provider is not unpacked again while others use it",
    ),
    Variable(
        "GOGC",
        "400: less frequent garbage collection saves CPU time; the operator may override it",
    ),
    Variable(
        "GOMEMLIMIT",
        "the slot's share of memory, near which Go collects more often: it limits the effect of GOGC=400",
        inherited=True,
    ),
    Variable(
        "GOMAXPROCS",
        "1 for probes: there is one slot per core, and Go uses 6 % less CPU with a single core; the"
        " operator may override it",
    ),
    Variable(
        "GIT_ALLOW_PROTOCOL",
        "protocols for fetching modules: no `ext::`, no local files",
        default="https:ssh",
    ),
    *(
        Variable(f"{HTTP_BACKEND}{name}", "a managed state that is served to this run, and to no other")
        for name in (
            "ADDRESS",
            "UPDATE_METHOD",
            "LOCK_ADDRESS",
            "LOCK_METHOD",
            "UNLOCK_ADDRESS",
            "UNLOCK_METHOD",
            "USERNAME",
            "PASSWORD",
        )
    ),
    Variable("GIT_TERMINAL_PROMPT", "no interactive prompts", default="0"),
    Variable("AWS_REGION", "the stack's `aws.region`"),
    Variable("AWS_DEFAULT_REGION", "the stack's `aws.region`"),
    Variable("AWS_ACCESS_KEY_ID", "credentials of the stack's role, for plan or apply"),
    Variable("AWS_SECRET_ACCESS_KEY", "credentials of the stack's role, for plan or apply"),
    Variable("AWS_SESSION_TOKEN", "credentials of the stack's role, for plan or apply"),
    *(
        Variable(name, "proxy for outbound traffic", inherited=True)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
    ),
    *(
        Variable(name, "which servers are trusted", inherited=True)
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE")
    ),
)
# Not even the operator's `engines.env` can pass these: they change the meaning of our argv, make terraform
# load other plugins, write secrets to stderr, select another engine, or belong to the daemon alone.
NEVER = (
    "TF_CLI_ARGS*", "TF_REATTACH_PROVIDERS", "TF_LOG*", "TF_PLUGIN_CACHE*", "TF_TOKEN_*", "TERRAFORM_CONFIG",
    "TF_WORKSPACE", "TOFU_CLI_*", "DRIFTLINE_*", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_*", "LISTEN_*",
    *VERSION_MANAGERS,
)  # fmt: skip
# The last line of defence after the check of stack files: names that choose code, credentials or places.
OPERATOR_ONLY = (
    *NEVER, "PATH", "HOME", "TMPDIR", "SHELL", "ENV", "BASH*", "IFS", "PS4", "LD_*", "DYLD_*", "CHECKPOINT_*",
    "GOMEMLIMIT", "TF_DATA_DIR", "TF_CLI_CONFIG_FILE", "TF_INPUT", "TF_IN_AUTOMATION", "TF_STATE_*", "GIT_*", "SSH_*", "SSL_CERT_*",
    "PYTHON*", "PERL*", "RUBY*", "NODE_*", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "AWS_CA_BUNDLE",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONTAINER_*",
    "AWS_WEB_IDENTITY_*", "AWS_ROLE_*", "AWS_EC2_METADATA_*", "AWS_ENDPOINT_URL*",
)  # fmt: skip
# Removed if the run has a role: its own credentials must be the only ones available.
CREDENTIALS = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONTAINER_*",
    "AWS_WEB_IDENTITY_*", "AWS_ROLE_*",
)  # fmt: skip
# Where a run may write even if the data directory lies in the system's temporary folder.
TEMPORARY = "/var/tmp"  # noqa: S108 - only terraform and its providers create files there, each in its own folder
# A plugin's socket is TMPDIR/plugin123456789, or lies in its own folder there; the kernel allows 108 bytes
# (104 on macOS).
LONGEST_TMPDIR = 66


def inherited(daemon: Mapping[str, str], patterns: Iterable[str]) -> dict[str, str]:
    """The part of the daemon's environment that a child may have."""
    allowed = (*(row.name for row in TABLE if row.inherited), *patterns)
    return {
        name: value for name, value in daemon.items() if _matches(name, allowed) and not _matches(name, NEVER)
    }


def child_environment(
    engine: EngineRow,
    stack: StackDefinition,
    workspace: Workspace,
    *,
    cli_config: Path,
    base: Mapping[str, str],
    contexts: Mapping[str, str],
    credentials: Mapping[str, str],
    served: ServedState | None = None,
) -> dict[str, str]:
    """The whole environment; later entries win. NotAllowed if the stack sets a forbidden name."""
    refused = [name for name in stack.env if _matches(name.upper(), OPERATOR_ONLY)]
    if refused:
        raise NotAllowed(
            who=f'stack "{stack.name}"',
            wish=f"set {', '.join(sorted(refused))}",
            reason="only the operator may set that",
            hint=f"remove it from env:   driftline stack show {stack.name}",
        )
    known, given = (
        {n: v for n, v in one.items() if not (credentials and _matches(n, CREDENTIALS))}
        for one in (base, contexts)
    )
    region = stack.aws.region
    own = stack.env
    if served is not None:
        # Nothing else decides where the state is, and which server is trusted with it.
        known, given, own = (
            {name: value for name, value in one.items() if not name.startswith(HTTP_BACKEND)}
            for one in (known, given, own)
        )
    return {
        **{row.name: row.default for row in TABLE if row.default is not None},
        **engine.env,
        **known,
        **own,
        **({"AWS_REGION": region, "AWS_DEFAULT_REGION": region} if region else {}),
        **given,
        **credentials,
        **{row.name: row.fixed for row in TABLE if row.fixed is not None},
        **(
            {}
            if stack.terraform_workspace == DEFAULT_WORKSPACE
            else {"TF_WORKSPACE": stack.terraform_workspace}
        ),
        **({} if served is None else variables(served)),
        **own_folders(workspace),
        "TF_CLI_CONFIG_FILE": str(cli_config),
    }


def own_folders(workspace: Workspace) -> dict[str, str]:
    """The variables that name the folders a command may write into."""
    scratch = str(workspace.scratch)
    return {
        "HOME": scratch,
        "TMPDIR": scratch if len(scratch) <= LONGEST_TMPDIR else short_tmp(workspace.scratch),
        "TF_DATA_DIR": str(workspace.data),
    }


def short_tmp(scratch: Path) -> str:
    """Not a folder that contains the data directory: a confined run can create nothing there."""
    system = gettempdir()
    return TEMPORARY if scratch.is_relative_to(system) else system


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return _any_of(patterns).match(name) is not None


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Cached, since each run asks for each name of the daemon's environment, with the same few tables."""
    return re.compile("|".join(map(translate, patterns)))
