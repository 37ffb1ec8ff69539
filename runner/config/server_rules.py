"""What a valid server configuration must satisfy beyond the types of its keys."""

from collections.abc import Iterator
from pathlib import Path

from runner.config.approval_rules import approval_rule_complaints
from runner.config.check import Complaint
from runner.config.engine_rules import version_complaints
from runner.config.environment import withheld
from runner.config.git_address import Transport, branch_flaw, pull_pattern_flaw, transport, url_flaw
from runner.config.guardrail_rules import guardrail_complaints
from runner.config.heal_rules import server_heal_complaints
from runner.config.ignore_rule import ignore_rules, single_line
from runner.config.limits import PREVIEWS, SERVER, SOURCE, out_of_limits
from runner.config.place import KeyPath
from runner.config.policy_rules import policy_complaints
from runner.config.promotion_rules import promotion_complaints
from runner.config.repository_path import path_flaw
from runner.config.server_places import places
from runner.config.web_rules import web_complaints
from runner.config.window_rules import server_windows
from runner.model.code.engines import ENGINES, TERRAFORM
from runner.model.schedule.cron import cron_flaw
from runner.model.schedule.disk_room import format_size
from runner.model.settings.server import (
    ApprovalSettings,
    ArtifactSettings,
    EngineSettings,
    EnginesSettings,
    Settings,
)
from runner.model.settings.source import Allow, Previews, SourceAuth, SourceSettings, Verify
from runner.model.values.key_text import read_key
from runner.model.values.name import EXPECTED, NAME
from runner.model.values.regex import regex
from runner.model.values.size import parse_size

_BUCKET = regex(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_HOST = regex(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?(?::[0-9]{1,5})?")
_BACKEND = regex(r"[a-z][a-z0-9_]{0,31}")
_VARIABLE_GLOB = regex(r"[A-Za-z0-9_*?\[\]!-]+")
_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_UNPRINTABLE = regex(r"\s|[\x00-\x1f\x7f]")
# It can be tried from anywhere.
_WEBHOOK_SECRET = regex(r"[\x21-\x7e]{16,200}")
_MIN_MEMORY = 16 * 10**6
_MIN_MIRROR = 10**6


def server_complaints(settings: Settings) -> Iterator[Complaint]:
    """Everything that is wrong. Rules of parts that most configurations leave out are imported where there is one."""
    yield from out_of_limits(settings, SERVER)
    yield from places(settings)
    for index, source in enumerate(settings.sources):
        here: KeyPath = ("sources", index)
        if any(other.name == source.name for other in settings.sources[:index]):
            yield Complaint((*here, "name"), "another source already has this name")
        yield from _source(here, source)
        yield from _verify((*here, "verify"), source.verify, settings.data_dir)
        if source.forge is not None:
            from runner.config.forge_rules import forge_complaints, name_complaints

            yield from name_complaints((*here, "name"), source.name, source.forge)
            yield from forge_complaints((*here, "forge"), source.forge, source.url)
    yield from _engines(settings.engines)
    yield from _size(("executor", "memory_per_run"), settings.executor.memory_per_run, _MIN_MEMORY)
    yield from _size(("executor", "min_free"), settings.executor.min_free)
    if flaw := cron_flaw(settings.drift.schedule):
        yield Complaint(("drift", "schedule"), flaw)
    if flaw := cron_flaw(settings.drift.coverage.schedule):
        yield Complaint(("drift", "coverage", "schedule"), flaw)
    yield from ignore_rules(settings.drift.ignore)
    yield from server_heal_complaints(settings)
    yield from _people(settings.approvals)
    yield from approval_rule_complaints(settings)
    if settings.contexts:
        from runner.config.context_rules import context_complaints

        yield from context_complaints(settings)
    yield from promotion_complaints(settings)
    yield from guardrail_complaints(settings)
    yield from policy_complaints(settings)
    yield from server_windows(settings)
    yield from web_complaints(settings.web)
    yield from _of_rarer_parts(settings)
    yield from _artifacts(settings.artifacts)
    if settings.audit.key is not None:
        yield from _key(("audit", "key"), settings.audit.key)


def _of_rarer_parts(settings: Settings) -> Iterator[Complaint]:
    if settings.notifications or settings.notify.allow_hosts:
        from runner.config.notify_rules import notify_complaints

        yield from notify_complaints(settings)
    if settings.aws:
        from runner.config.aws_rules import account_complaints

        yield from account_complaints(settings.aws)
    if settings.pools or settings.broker is not None or settings.worker is not None:
        from runner.config.pool_rules import pool_complaints

        yield from pool_complaints(settings)


def _source(here: KeyPath, source: SourceSettings) -> Iterator[Complaint]:
    yield from out_of_limits(source, SOURCE, here)
    if NAME.fullmatch(source.name) is None or ".." in source.name:
        message = EXPECTED
        yield Complaint((*here, "name"), message)
    if flaw := url_flaw(source.url):
        yield Complaint((*here, "url"), flaw, got=False)
    if flaw := branch_flaw(source.branch):
        yield Complaint((*here, "branch"), flaw)
    if not source.stacks:
        yield Complaint((*here, "stacks"), "the list is empty, so the source has no stacks", got=False)
    for index, glob in enumerate(source.stacks):
        if flaw := path_flaw(glob, "", glob=True):
            yield Complaint((*here, "stacks", index), flaw)
    yield from _size((*here, "max_size"), source.max_size, _MIN_MIRROR)
    if source.webhook_secret is not None and _WEBHOOK_SECRET.fullmatch(source.webhook_secret) is None:
        message = "expected at least 16 ASCII characters without spaces, such as of   openssl rand -hex 32"
        yield Complaint((*here, "webhook_secret"), message, got=False)
    yield from _auth((*here, "auth"), source.auth, transport(source.url))
    if source.previews is not None:
        yield from _previews((*here, "previews"), source.previews, source.branch)
    yield from _allow((*here, "allow"), source.allow)


def _previews(here: KeyPath, previews: Previews, branch: str) -> Iterator[Complaint]:
    yield from out_of_limits(previews, PREVIEWS, here)
    if not previews.refs:
        yield Complaint((*here, "refs"), "the list is empty, so no pull request is found", got=False)
    for index, pattern in enumerate(previews.refs):
        if flaw := pull_pattern_flaw(pattern):
            yield Complaint((*here, "refs", index), flaw)
    # Only what was accepted from the source's own branch has been verified, and is in its mirror.
    if previews.base not in {None, branch}:
        yield Complaint((*here, "base"), f"expected the branch of the source, {branch}")


def _auth(here: KeyPath, auth: SourceAuth, way: Transport | None) -> Iterator[Complaint]:
    if auth.token is not None:
        if way is not Transport.HTTPS and way is not None:
            yield Complaint((*here, "token"), f"tokens are for https, but this source uses {way}", got=False)
        if not auth.token or _UNPRINTABLE.search(auth.token):
            yield Complaint(
                (*here, "token"), "a token may not be empty or contain spaces or line breaks", got=False
            )
    if not auth.username or ":" in auth.username or _UNPRINTABLE.search(auth.username):
        yield Complaint((*here, "username"), "expected a name without spaces or colons")
    for key, path in (("ssh_key", auth.ssh_key), ("known_hosts", auth.known_hosts)):
        if path is not None and way is not Transport.SSH and way is not None:
            yield Complaint((*here, key), f"this is for ssh, but this source uses {way}")
    if auth.ssh_key is not None and auth.known_hosts is None and way is Transport.SSH:
        hint = "ssh-keyscan HOST, then compare the fingerprint with the one the host publishes"
        yield Complaint((*here, "ssh_key"), "requires known_hosts", hint, got=False)


def _verify(here: KeyPath, verify: Verify, data_dir: Path) -> Iterator[Complaint]:
    if verify.mode != "off" and verify.allowed_signers is None and verify.gpg_keys is None:
        yield Complaint((*here, "mode"), "requires allowed_signers or gpg_keys", got=False)
    if verify.revoked is not None and verify.allowed_signers is None:
        message = "this applies to keys in allowed_signers; revoke OpenPGP keys in gpg_keys"
        yield Complaint((*here, "revoked"), message, got=False)
    for key in ("allowed_signers", "gpg_keys", "revoked"):
        path = getattr(verify, key)
        if path is not None and path.is_relative_to(data_dir):
            yield Complaint(
                (*here, key), "this is inside data_dir, where Driftline writes files from commits"
            )


def _allow(here: KeyPath, allow: Allow) -> Iterator[Complaint]:
    for index, glob in enumerate(allow.aws_roles):
        if not glob.startswith("arn:") or _UNPRINTABLE.search(glob):
            message = "expected a role or a glob such as arn:aws:iam::111122223333:role/driftline-*"
            yield Complaint((*here, "aws_roles", index), message)
    for index, name in enumerate(allow.backends):
        if _BACKEND.fullmatch(name) is None:
            yield Complaint((*here, "backends", index), "expected a backend name such as s3")
    for engine in ENGINES:
        if (version := getattr(allow.engine_versions, engine)) is not None:
            yield from version_complaints((*here, "engine_versions", engine), version)
    yield from _allow_code(here, allow)
    for index, glob in enumerate(allow.env):
        if _VARIABLE_GLOB.fullmatch(glob) is None:
            yield Complaint((*here, "env", index), "expected a variable name or a glob such as APP_*")


def _allow_code(here: KeyPath, allow: Allow) -> Iterator[Complaint]:
    for index, folder in enumerate(allow.state_folders):
        if not folder.startswith("/") or folder == "/" or ".." in folder.split("/"):
            yield Complaint((*here, "state_folders", index), "expected an absolute path to a directory")
    for key, example in (
        ("modules", "git::https://git.example.com/*"),
        ("providers", f"{TERRAFORM.registry}/acme/*"),
    ):
        for index, glob in enumerate(getattr(allow, key)):
            if not glob or ("/" not in glob.strip("/") and glob != "*") or _UNPRINTABLE.search(glob):
                yield Complaint((*here, key, index), f"expected an address or a glob such as {example}")


def _binaries(here: KeyPath, engine: EngineSettings) -> Iterator[Complaint]:
    if (binary := engine.binary) is not None:
        bare = "/" not in binary and not binary.startswith((".", "-"))
        if not binary or "\n" in binary or not (bare or binary.startswith("/")):
            expected = "expected a name on PATH, an absolute path, or null for no default"
            yield Complaint((*here, "binary"), expected)
    for index, glob in enumerate(engine.binaries):
        if not glob.startswith("/") or not glob.isprintable():
            expected = "expected an absolute path, with * and ? for names that differ"
            yield Complaint((*here, "binaries", index), expected)
        elif "**" in glob or {"..", "."} & {*glob.split("/")}:
            yield Complaint((*here, "binaries", index), "expected a path without ** . and ..")


def _engines(engines: EnginesSettings) -> Iterator[Complaint]:
    for name in ENGINES:
        yield from _binaries(("engines", name), getattr(engines, name))
    if engines.offline and engines.plugin_mirror is None:
        yield Complaint(("engines", "offline"), "requires plugin_mirror: a directory of providers", got=False)
    for host, token in engines.registry_tokens.items():
        path = ("engines", "registry_tokens", host)
        if _HOST.fullmatch(host) is None:
            yield Complaint(path, "expected the host name of a registry", got=False, at_key=True)
        if not token or _UNPRINTABLE.search(token):
            yield Complaint(path, "a token may not be empty or contain spaces or line breaks", got=False)
    for index, variable in enumerate(engines.env):
        if _VARIABLE.fullmatch(variable) is None:
            yield Complaint(("engines", "env", index), "expected an environment variable name")
        elif refusal := withheld(variable):
            yield Complaint(("engines", "env", index), *refusal)


def _size(path: KeyPath, size: str, minimum: int = 0) -> Iterator[Complaint]:
    try:
        if parse_size(size) < minimum:
            yield Complaint(path, f"expected at least {format_size(minimum)}")
    except ValueError as error:
        yield Complaint(path, str(error))


def _people(approvals: ApprovalSettings) -> Iterator[Complaint]:
    owner: dict[str, str] = {}
    for login, names in approvals.people.items():
        for index, name in enumerate(names):
            path = ("approvals", "people", login, index)
            yield from single_line(path, name, "a name or an email address")
            if owner.setdefault(name.casefold(), login) != login:
                yield Complaint(path, f"this already belongs to {owner[name.casefold()]}")


def _artifacts(artifacts: ArtifactSettings) -> Iterator[Complaint]:
    if artifacts.store == "s3" and artifacts.bucket is None:
        yield Complaint(("artifacts", "store"), "requires a bucket", "bucket: NAME", got=False)
    if artifacts.bucket is not None and _BUCKET.fullmatch(artifacts.bucket) is None:
        yield Complaint(("artifacts", "bucket"), "expected a bucket name")
    if artifacts.prefix and path_flaw(artifacts.prefix, ""):
        yield Complaint(("artifacts", "prefix"), "expected a prefix such as driftline or team/driftline")
    keys: list[tuple[KeyPath, str]] = [
        (("artifacts", "old_keys", index), key) for index, key in enumerate(artifacts.old_keys)
    ]
    if artifacts.key is not None:
        keys.insert(0, (("artifacts", "key"), artifacts.key))
    for path, text in keys:
        yield from _key(path, text)


def _key(path: KeyPath, text: str) -> Iterator[Complaint]:
    try:
        read_key(text)
    except ValueError as error:
        yield Complaint(path, str(error), "openssl rand -hex 32", got=False)
