"""Where a stack's state lives. Two stacks with the same identity would overwrite each other."""

import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from runner.model.code.module import ModuleFacts, as_text
from runner.model.stack.definition import DEFAULT_WORKSPACE, StackDefinition, StateIdentity

# The settings that locate the state. The others tune or authenticate: they must not hide that two stacks
# share a state, and must not be recorded. A backend that is not listed is identified by a digest of all its
# settings.
PLACE: dict[str, tuple[str, ...]] = {
    "s3": ("bucket", "key", "endpoint", "endpoints"),
    "gcs": ("bucket", "prefix"),
    "azurerm": ("storage_account_name", "container_name", "key"),
    "http": ("address",),
    "local": ("path",),
    "consul": ("address", "path"),
    "cos": ("bucket", "prefix", "key"),
    "oss": ("bucket", "prefix", "key"),
    "kubernetes": ("host", "config_context", "namespace", "secret_suffix"),
    "remote": ("hostname", "organization", "workspaces"),
}
# These locate the state only in a workspace other than `default`.
WORKSPACE_PLACE = ("workspace_key_prefix", "workspace_dir")
USERINFO = re.compile(r"(?<=://)[^/@]*@")


def state_identity(definition: StackDefinition, facts: ModuleFacts, home: str = "") -> StateIdentity:
    """Backend, address and workspace. `home` is where a managed state is kept, if not under the stack's own name."""
    workspace = definition.terraform_workspace
    if facts.backend is None:
        return StateIdentity("managed", home or definition.name, workspace)
    return place_of(facts.backend.type, facts.backend.completed(definition.backend_config), workspace)


def place_of(backend: str, settings: Mapping[str, Any], workspace: str) -> StateIdentity:
    """Where a backend with these settings keeps the state of a workspace."""
    if backend not in PLACE:
        digest = hashlib.sha256(_canonical(settings).encode()).hexdigest()
        return StateIdentity(backend, f"sha256:{digest}", workspace)
    names = PLACE[backend] + (WORKSPACE_PLACE if workspace != DEFAULT_WORKSPACE else ())
    place = {name: _normal(name, as_text(settings[name])) for name in names if settings.get(name) is not None}
    return StateIdentity(backend, _canonical(place), workspace)


def _normal(name: str, value: Any) -> Any:
    if name in {"path", "workspace_dir"} and isinstance(value, str):
        return posixpath.normpath(value)
    if name == "address" and isinstance(value, str):
        return USERINFO.sub("", value)
    return value


def _canonical(settings: Mapping[str, Any]) -> str:
    return json.dumps(settings, sort_keys=True, separators=(",", ":"), default=str)
