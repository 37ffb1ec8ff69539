"""Environment variables that a stack file may never set, and the few that not even the operator may pass to runs.

Tables of globs. A stack file's are compared without case. `TF_VAR_*` stays free: a stack file may set
variables anyway.
"""

import re
from fnmatch import translate
from functools import cache

from runner.model.code.engines import VERSION_MANAGERS

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

FREE = ("TF_VAR_*", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE")

_MANAGER = "it belongs to a version manager, which could select another engine"

DENIED: tuple[tuple[str, str], ...] = (
    ("TF_*", "it changes what terraform does"),  # TF_CLI_ARGS, TF_REATTACH_PROVIDERS, TF_DATA_DIR, TF_LOG ...
    ("TOFU_*", "it changes what tofu does"),
    ("TERRAFORM_*", "it changes what terraform does"),
    ("CHECKPOINT_*", "it changes what terraform does"),
    *((glob, _MANAGER) for glob in VERSION_MANAGERS),
    ("PLUGIN_*", "it changes how providers are started"),
    ("TERRAGRUNT_*", "it changes what terraform does"),
    ("AWS_*", "credentials and endpoints come from the operator; use aws: in the stack file"),
    ("BOTO_*", "credentials and endpoints come from the operator"),
    ("ARM_CLIENT_*", "credentials come from the operator"),
    ("ARM_OIDC_*", "credentials come from the operator"),
    ("ARM_ACCESS_KEY", "credentials come from the operator"),
    ("ARM_SAS_TOKEN", "credentials come from the operator"),
    ("ARM_*ENDPOINT", "endpoints come from the operator"),
    ("GOOGLE_*CREDENTIALS*", "credentials come from the operator"),
    ("GOOGLE_OAUTH_*", "credentials come from the operator"),
    ("GOOGLE_IMPERSONATE_*", "credentials come from the operator"),
    ("GOOGLE_*ENDPOINT", "endpoints come from the operator"),
    ("CLOUDSDK_*", "credentials come from the operator"),
    ("VAULT_*", "credentials and endpoints come from the operator"),
    ("HTTP_PROXY", "it would send traffic elsewhere"),
    ("HTTPS_PROXY", "it would send traffic elsewhere"),
    ("ALL_PROXY", "it would send traffic elsewhere"),
    ("NO_PROXY", "it would send traffic elsewhere"),
    ("SSL_*", "it would change which servers are trusted"),
    ("CURL_*", "it would change which servers are trusted"),
    ("REQUESTS_CA_BUNDLE", "it would change which servers are trusted"),
    ("OPENSSL_*", "it would change which servers are trusted"),
    ("GIT_*", "it changes what git does"),
    ("SSH_*", "it changes what ssh does"),
    ("GPG*", "it changes what git does"),
    ("GNUPGHOME", "it changes what git does"),
    ("LD_*", "it would load code into every program"),
    ("DYLD_*", "it would load code into every program"),
    ("GLIBC_*", "it would change every program"),
    ("MALLOC_*", "it would change every program"),
    ("GCONV_PATH", "it would load code into every program"),
    ("LOCPATH", "it would change every program"),
    ("NLSPATH", "it would change every program"),
    ("HOSTALIASES", "it would send traffic elsewhere"),
    ("LOCALDOMAIN", "it would send traffic elsewhere"),
    ("RES_OPTIONS", "it would send traffic elsewhere"),
    ("GODEBUG", "it changes what terraform does"),
    ("GOGC", "it belongs to the process"),
    ("GOMAXPROCS", "it belongs to the process"),
    ("GOMAXPROCS", "it belongs to the process"),
    ("GOMEMLIMIT", "it belongs to the process"),
    ("GOTRACEBACK", "it belongs to the process"),
    ("GOCOVERDIR", "it belongs to the process"),
    ("PATH", "it would select other programs"),
    ("PATHEXT", "it would select other programs"),
    ("HOME", "it belongs to the process"),
    ("USER", "it belongs to the process"),
    ("LOGNAME", "it belongs to the process"),
    ("SHELL", "it would select other programs"),
    ("PWD", "it belongs to the process"),
    ("OLDPWD", "it belongs to the process"),
    ("TMPDIR", "it belongs to the process"),
    ("TMP", "it belongs to the process"),
    ("TEMP", "it belongs to the process"),
    ("XDG_*", "it belongs to the process"),
    ("IFS", "it would change every shell"),
    ("ENV", "it would run code in every shell"),
    ("BASH*", "it would run code in every shell"),
    ("SHELLOPTS", "it would change every shell"),
    ("CDPATH", "it would change every shell"),
    ("PS4", "it would run code in every shell"),
    ("PROMPT_COMMAND", "it would run code in every shell"),
    ("ZDOTDIR", "it would run code in every shell"),
    ("PYTHON*", "it would run code in every Python program"),
    ("PERL*", "it would run code in every Perl program"),
    ("RUBY*", "it would run code in every Ruby program"),
    ("NODE_*", "it would run code in every Node program"),
    ("JAVA_TOOL_OPTIONS", "it would run code in every Java program"),
    ("_JAVA_OPTIONS", "it would run code in every Java program"),
    ("JDK_JAVA_OPTIONS", "it would run code in every Java program"),
    ("EDITOR", "it would select other programs"),
    ("VISUAL", "it would select other programs"),
    ("PAGER", "it would select other programs"),
    ("LESS*", "it would select other programs"),
    ("NOTIFY_SOCKET", "it belongs to the daemon"),
    ("LISTEN_*", "it belongs to the daemon"),
    ("WATCHDOG_*", "it belongs to the daemon"),
    ("SYSTEMD_*", "it belongs to the daemon"),
    ("INVOCATION_ID", "it belongs to the daemon"),
    ("JOURNAL_STREAM", "it belongs to the daemon"),
    ("CREDENTIALS_DIRECTORY", "it belongs to the daemon"),
    ("DBUS_*", "it belongs to the daemon"),
    ("DRIFTLINE_*", "it belongs to the daemon"),
)

# The operator passes programs, credentials and endpoints by `engines.env`. The names below never reach a run,
# which is reported here instead of being silently ignored, or would load code into everything a
# run starts.
_OURS = "Driftline sets it for each run"
_CODE = "it would load code into every program that a run starts"
_ARGUMENTS = "it changes the arguments that Driftline passes"
_DAEMON = "it belongs to the daemon"
_WRAP = "set it in a script around the one program that needs it"
_REMOVE = "remove it"
WITHHELD: tuple[tuple[str, str, str], ...] = (
    ("LD_*", _CODE, _WRAP),
    ("DYLD_*", _CODE, _WRAP),
    ("GCONV_PATH", _CODE, _WRAP),
    ("BASH_ENV", "it would run code in every shell that a run starts", _WRAP),
    ("TF_CLI_ARGS*", _ARGUMENTS, _REMOVE),
    ("TOFU_CLI_*", _ARGUMENTS, _REMOVE),
    ("TF_REATTACH_PROVIDERS", "it would replace providers with other processes", _REMOVE),
    ("TF_LOG*", "terraform logs contain secrets", _REMOVE),
    ("TF_PLUGIN_CACHE*", "each stack has its own provider cache", "use engines.plugin_mirror"),
    *(
        (glob, _MANAGER, "set the real binary in engines.terraform.binary or engines.tofu.binary")
        for glob in VERSION_MANAGERS
    ),
    ("TF_TOKEN_*", "Driftline writes the CLI configuration", "use engines.registry_tokens"),
    ("TERRAFORM_CONFIG", "Driftline writes the CLI configuration", _REMOVE),
    ("TF_CLI_CONFIG_FILE", "Driftline writes the CLI configuration", _REMOVE),
    ("TF_WORKSPACE", "each stack sets its own", "use terraform_workspace in its stack file"),
    ("TF_DATA_DIR", _OURS, _REMOVE),
    ("TF_IN_AUTOMATION", _OURS, _REMOVE),
    ("TF_INPUT", _OURS, _REMOVE),
    ("CHECKPOINT_DISABLE", _OURS, _REMOVE),
    ("HOME", _OURS, "list what providers need from it in executor.visible"),
    ("TMPDIR", _OURS, _REMOVE),
    ("DRIFTLINE_*", _DAEMON, _REMOVE),
    ("CREDENTIALS_DIRECTORY", _DAEMON, _REMOVE),
    ("NOTIFY_SOCKET", _DAEMON, _REMOVE),
    ("WATCHDOG_*", _DAEMON, _REMOVE),
    ("LISTEN_*", _DAEMON, _REMOVE),
)


@cache
def _denied() -> re.Pattern[str]:
    """Compiled when it is first needed: most commands read no environment."""
    free, denied = ("|".join(map(translate, globs)) for globs in (FREE, [glob for glob, _ in DENIED]))
    return re.compile(f"(?!{free})(?:{denied})")


def denial(name: str) -> str | None:
    """Why a stack file may not set this variable, or None."""
    upper = name.upper()
    if not _denied().fullmatch(upper):
        return None
    return next(reason for glob, reason in DENIED if re.fullmatch(translate(glob), upper))


def withheld(name: str) -> tuple[str, str] | None:
    """Why `engines.env` may not name this variable, and what to do instead; or None."""
    return next(
        ((why, instead) for glob, why, instead in WITHHELD if re.fullmatch(translate(glob), name)), None
    )


def refusal(name: str) -> str | None:
    """Why a context may not set this variable; or None. Credentials, endpoints and proxies are the operator's to give."""
    if (found := withheld(name)) is not None:
        return f"{found[0]}; {found[1]}"
    reason = denial(name)
    own = reason is not None and any(word in reason for word in ("operator", "traffic", "trusted"))
    return None if own else reason
