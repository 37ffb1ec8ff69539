"""Whether a stack may keep its state where its root module and its definition say."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.model.code.identity import PLACE, USERINFO, WORKSPACE_PLACE
from runner.model.code.module import Backend, ModuleFacts
from runner.model.settings.source import Allow
from runner.model.stack.definition import DEFAULT_WORKSPACE, StackDefinition
from runner.model.values.paths import printable

# A committed secret is no secret, and a commit that chooses one can send the state to anybody.
SECRETS = frozenset({
    "access_key", "secret_key", "token", "session_token", "security_token", "password", "client_secret", "sas_token",
    "credentials", "access_token", "encryption_key", "secret_id", "client_private_key_pem", "private_key",
    "client_certificate_password", "oidc_token", "sse_customer_key",
})  # fmt: skip
# Files on this machine, some of which name programs to run (`credential_process`), and programs.
MACHINE = frozenset({
    "exec", "profile", "shared_credentials_file", "shared_credentials_files", "shared_config_files", "config_path",
    "config_paths", "custom_ca_bundle", "client_certificate_path", "oidc_token_file_path",
    "client_id_file_path", "client_secret_file_path", "private_key_path", "ca_file", "cert_file", "key_file",
    "web_identity_token_file", "shared_credentials_dir",
})  # fmt: skip
_WEB_IDENTITY = "assume_role_with_web_identity"  # an object with a name of MACHINE in it
# Mappings that are blocks in these backends, with names that no quotes enclose; everywhere else they are attributes.
BLOCKS: Mapping[str, frozenset[str]] = {
    "cos": frozenset({"assume_role"}),
    "kubernetes": frozenset({"exec"}),
    "oss": frozenset({"assume_role"}),
    "remote": frozenset({"workspaces"}),
}
SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
ELSEWHERE = {
    "cloud": "a cloud block makes terraform run elsewhere; use a backend block, or none",
    "state_store": "a state_store block runs provider code; use a backend block, or none",
}


def backend_problem(
    definition: StackDefinition, facts: ModuleFacts, allow: Allow, hidden: tuple[str, ...] = ()
) -> str | None:
    """Why the stack cannot keep its state there. `hidden` are unreadable files that may contain a backend block."""
    backend = facts.backend
    if backend is not None:
        return next(_problems(backend, definition, allow), None)
    if hidden:
        unread = f"{printable(', '.join(hidden))} cannot be read as HCL{facts.reason(hidden[0])}"
        return f"{unread}, so the location of the state is unknown: terraform validate"
    given = bool(definition.backend_config)
    return "backend_config is given, but the root module has no backend block" if given else None


def _problems(backend: Backend, definition: StackDefinition, allow: Allow) -> Iterator[str]:
    if backend.type in ELSEWHERE:
        yield ELSEWHERE[backend.type]
    if backend.type not in allow.backends:
        yield f'backend "{backend.type}" is not among allow.backends of the source'
    settings = backend.completed(definition.backend_config)
    places = {*PLACE.get(backend.type, backend.computed), *WORKSPACE_PLACE}
    computed = [name for name in backend.computed if name in places - definition.backend_config.keys()]
    if computed:
        yield f"{computed[0]} of the backend is computed, so the location of the state is unknown; use backend_config"
    for name in sorted(_names(settings)):
        if name in SECRETS or name in MACHINE:
            reason = "contains a secret" if name in SECRETS else "selects files or programs on this machine"
            yield f"{name} of the backend {reason}; only the operator may set it, by environment or role"
    for name in sorted(BLOCKS.get(backend.type, frozenset()) & definition.backend_config.keys()):
        yield from _of_block(name, definition.backend_config[name])
    if isinstance(settings.get(_WEB_IDENTITY), str):
        yield f"{_WEB_IDENTITY} of the backend is computed, so its value is unknown"
    if any(
        USERINFO.search(str(settings.get(name, ""))) for name in ("address", "lock_address", "unlock_address")
    ):
        yield "an address of the backend contains a user or a password; only the operator may set them, by environment"
    if backend.type == "local":
        yield from _local(settings, allow, definition.terraform_workspace)


def _names(settings: Any) -> Iterator[str]:
    """Names at every level: `assume_role_with_web_identity { web_identity_token_file }`."""
    if isinstance(settings, dict):
        for name, value in settings.items():
            yield name
            yield from _names(value)
    elif isinstance(settings, list | tuple):
        for part in settings:
            yield from _names(part)


def _of_block(name: str, value: Any) -> Iterator[str]:
    for body in value if isinstance(value, list | tuple) else [value]:
        if not isinstance(body, dict):
            yield f"{name} of the backend is a block; give its settings as a mapping"
            return
        for inner in body:
            if SETTING.fullmatch(inner) is None:
                yield f"{printable(inner)!r} in {name} of the backend is not a setting name"


def _local(settings: dict[str, Any], allow: Allow, workspace: str) -> Iterator[str]:
    path = str(settings.get("path", ""))
    if not path.startswith("/"):
        # Each revision has its own tree: the next one would start without a state and create everything again.
        yield 'backend "local" needs an absolute path; without a backend block Driftline manages the state'
    if workspace != DEFAULT_WORKSPACE and "workspace_dir" not in settings:
        # By default it lies beside the code, and so in the tree of one revision.
        yield (
            f'backend "local" stores the state of terraform_workspace "{workspace}" below its workspace_dir, which must be an '
            "absolute path; without a backend block Driftline manages the state"
        )
    for name in ("path", "workspace_dir"):
        if name in settings and not _inside(str(settings[name]), allow.state_folders):
            yield (
                f'backend "local" may store its {name} only below allow.state_folders of the source, '
                f"and {settings[name]!r} is not; without a backend block Driftline manages the state"
            )


def _inside(path: str, folders: tuple[str, ...]) -> bool:
    plain = path.startswith("/") and "\0" not in path and ".." not in path.split("/")
    normal = posixpath.normpath(path)
    return plain and any(normal.startswith(f"{folder.rstrip('/')}/") for folder in folders)
