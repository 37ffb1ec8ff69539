"""The web server: what it needs, whether it answers, and who may use it."""

import contextlib
import importlib.util
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runner.doctor.finding import Scene, fail, ok, warn
from runner.model.settings.web import WebSettings, is_readable_on_the_way
from runner.sandbox import landlock, seccomp
from runner.view.finding import Finding

CHECK = "web"
EXTRA = ("fastapi", "uvicorn", "jinja2", "prometheus_client", "itsdangerous")
OIDC = "authlib"
SOON = timedelta(days=14)
SECONDS = 5.0


def web(scene: Scene) -> Iterator[Finding]:
    settings = scene.settings.web
    if settings.listen is None:
        yield ok(CHECK, "web.listen is not set, so the daemon serves nothing")
        return
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        yield fail(CHECK, f"packages are missing: {', '.join(missing)}", "pip install 'driftline[web]'")
        return
    if settings.oidc is not None and importlib.util.find_spec(OIDC) is None:
        yield fail(
            CHECK, f"web.oidc needs a package that is missing: {OIDC}", "pip install 'driftline[oidc]'"
        )
        return
    yield _answers(scene)
    yield from configured(settings)
    if settings.tls.cert is not None:
        yield certificate_verdict(settings.tls.cert, datetime.now(UTC))
    if landlock.abi() < landlock.TCP_SINCE or seccomp.program() is None:
        yield warn(
            CHECK,
            "this kernel cannot confine all of it (connections need Landlock ABI 4, Linux 6.7)",
            "see docs/web.md, or use a newer kernel",
        )


def configured(of: WebSettings) -> Iterator[Finding]:
    if not of.access:
        yield warn(
            CHECK, "web.access has no entry, so nobody may see anything",
            "add one, as in docs/web.md; then   driftline config validate",
        )  # fmt: skip
    if is_readable_on_the_way(of, of.listen or ""):
        yield warn(
            CHECK, f"{of.listen} is open to other hosts without TLS: logins and tokens can be read on the way",
            "set web.tls, or listen on 127.0.0.1 behind a proxy:   driftline service nginx",
        )  # fmt: skip
    if of.proxies and of.public_url is None:
        yield warn(
            CHECK, "web.proxies is set and web.public_url is not, so links have the wrong address",
            "set web.public_url to the address that people use",
        )  # fmt: skip


def _answers(scene: Scene) -> Finding:
    import httpx2

    from runner.datadir.daemon_lock import running_web

    pid = running_web(scene.data_dir)
    start = "systemctl status driftline   or   driftline web"
    if pid is None:
        return warn(CHECK, f"nothing serves {scene.data_dir}", start)
    transport = httpx2.HTTPTransport(uds=str(scene.data_dir / "web.sock"))
    with (
        contextlib.suppress(httpx2.HTTPError),
        httpx2.Client(transport=transport, base_url="http://localhost", timeout=SECONDS) as client,
    ):
        if client.get("/readyz").status_code == 200:
            return ok(CHECK, f"pid {pid} answers, and listens on {scene.settings.web.listen}")
    return fail(CHECK, f"pid {pid} does not answer, or cannot read the database", start)


def certificate_verdict(path: Path, now: datetime) -> Finding:
    """Of the first certificate in the file, which is the server's own."""
    from cryptography import x509

    try:
        until = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError, ssl.SSLError) as error:
        why = getattr(error, "strerror", None) or error
        return fail(
            CHECK, f"web.tls.cert {path} cannot be read: {why}", f"openssl x509 -in {path} -noout -dates"
        )
    hint = "renew it; then   systemctl reload driftline"
    if until <= now:
        return fail(CHECK, f"the certificate {path} expired on {until:%Y-%m-%d}", hint)
    if until - now < SOON:
        return warn(CHECK, f"the certificate {path} expires on {until:%Y-%m-%d}", hint)
    return ok(CHECK, f"the certificate {path} is valid until {until:%Y-%m-%d}")
