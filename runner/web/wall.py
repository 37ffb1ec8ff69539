"""What the web server of one installation may touch, and the preparations that make little of it enough."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from runner.app import App
from runner.datadir.broker_problem import FOLDER as BROKER
from runner.datadir.daemon_lock import LOCK_FILE
from runner.datadir.keys import key_file
from runner.datadir.looks import FILE as LOOKED
from runner.datadir.refused_reload import FOLDER as RELOAD
from runner.datadir.requests_lock import REQUESTS_LOCK_FILE
from runner.errors import NotConfined
from runner.host.files import private_folder
from runner.host.log import log
from runner.model.settings.web import OidcSettings
from runner.sandbox import landlock
from runner.sandbox.serving import Wall, confine, environment, limit
from runner.source.packs import PACKS
from runner.store.database import FILE_NAME
from runner.web.identity.cookie import KEY

# In the data directory. Of mirrors, trees, workspaces and everything else, nothing.
CHECKPOINTS = "checkpoints.jsonl"
KEYS = ("artifacts", "audit", KEY)
READ = (
    "artifacts",
    CHECKPOINTS,
    LOCK_FILE,
    *(f"keys/{name}" for name in KEYS),
    "logs",
    "receipts",
    RELOAD,
    REQUESTS_LOCK_FILE,
    "web.lock",
)
# SQLite's files by themselves: a right on the folder would hold for everything in it.
WRITE = (
    FILE_NAME,
    f"{FILE_NAME}-journal",
    f"{FILE_NAME}-shm",
    f"{FILE_NAME}-wal",
    "claims",
    "reports",
    "state-versions",
    "web",
)
# Beside these, where workers of pools bring what runs leave and ask at the gate.
READ_FOR_POOLS = (BROKER, "keys/fingerprint", PACKS)
WRITE_FOR_POOLS = ("artifacts", CHECKPOINTS, "logs")


def put_up(app: App) -> None:
    """Confine this process. Its sockets are bound, its certificate is read, and no thread runs yet."""
    limit()
    for name in os.environ.keys() - environment(os.environ).keys():
        del os.environ[name]
    wish = app.settings.executor.confine
    if wish == "never":
        log.warning("web.not_confined", reason="executor.confine is never")
        return
    if wish == "required" and landlock.abi() == 0:
        raise NotConfined(problem="this kernel has no Landlock")
    _prepare(app)
    held = confine(wall_of(app))
    log.info("web.confined", holds=", ".join(held) or "nothing")


def wall_of(app: App) -> Wall:
    settings, inside = app.settings, app.settings.data_dir
    pools = bool(settings.pools)
    read = [inside / name for name in (*READ, *(READ_FOR_POOLS if pools else ()))]
    write = [inside / name for name in (*WRITE, *(WRITE_FOR_POOLS if pools else ()))]
    read += [policy.path for policy in settings.policies]
    if settings.audit.checkpoints is not None:
        (write if pools else read).append(settings.audit.checkpoints)
    # Authorities that may vouch for the issuer, where they are not the system's.
    read += [Path(os.environ[name]) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ]
    return Wall(tuple(read), tuple(write), _ports(settings.web.oidc))


def _ports(oidc: OidcSettings | None) -> tuple[int, ...]:
    """Of the issuer of logins."""
    if oidc is None:
        return ()
    parts = urlsplit(oidc.issuer)
    return (parts.port or (80 if parts.scheme == "http" else 443),)


def _prepare(app: App) -> None:
    """Make what the wall keeps from being made. The connection that this opens keeps SQLite's files in place."""
    inside = app.settings.data_dir
    for name in (
        "claims",
        "reports",
        "logs",
        "receipts",
        "artifacts",
        "state-versions",
        RELOAD,
        BROKER,
        PACKS,
    ):
        private_folder(inside / name)
    _make_files(app)
    scratch = private_folder(inside / "web")
    os.environ["TMPDIR"] = str(scratch)
    app.store.make_no_files()
    app.store.prove_writable()


def _make_files(app: App) -> None:
    """Those that a daemon would make later: a right on a file holds for the file that is there, not for its name."""
    settings, inside = app.settings, app.settings.data_dir
    for name in (*KEYS, "fingerprint"):
        key_file(inside / "keys" / name)
    for name in (LOCK_FILE, REQUESTS_LOCK_FILE, LOOKED):
        (inside / name).touch(0o600)
    # After the key that seals its first line. Elsewhere, a missing file may be a disk that is not mounted.
    if settings.audit.checkpoints is None:
        (inside / CHECKPOINTS).touch(0o600)
