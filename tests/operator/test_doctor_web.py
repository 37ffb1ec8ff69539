"""What `doctor` says about the web server."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from operator_world import installation

from runner.doctor.web import certificate_verdict, configured
from runner.model.access.access import Binding
from runner.model.settings.web import WebSettings
from runner.view.finding import State

NOW = datetime(2026, 11, 29, tzinfo=UTC)
SOMEBODY = (Binding("viewer", ("token:ci",)),)


def certificate(path: Path, until: datetime) -> Path:
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=90))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("days", "state"), [(60, State.OK), (5, State.WARN), (-1, State.FAIL)], ids=["valid", "soon", "expired"]
)
def test_a_certificate_is_judged_by_its_end(tmp_path: Path, days: int, state: State) -> None:
    assert certificate_verdict(certificate(tmp_path / "cert", NOW + timedelta(days=days)), NOW).state is state


def test_a_certificate_that_is_none_fails(tmp_path: Path) -> None:
    (tmp_path / "cert").write_text("nothing")
    assert certificate_verdict(tmp_path / "cert", NOW).state is State.FAIL


def said(**settings: object) -> str:
    of = WebSettings(**{"listen": "127.0.0.1:8470", "access": SOMEBODY, **settings})  # type: ignore[arg-type]
    return "\n".join(finding.message for finding in configured(of))


def test_access_without_an_entry_is_pointed_out() -> None:
    assert "nobody may see anything" in said(access=())
    assert said() == ""


def test_an_open_address_without_tls_is_pointed_out() -> None:
    assert "without TLS" in said(listen="0.0.0.0:8470")
    assert said(listen="0.0.0.0:8470", public_url="https://drift.example.com") == ""


def test_a_proxy_without_a_public_address_is_pointed_out() -> None:
    assert "public_url" in said(proxies=("127.0.0.1",))


def test_a_package_that_a_login_at_an_issuer_needs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", without_authlib(find_spec))
    made = installation(tmp_path)
    made.configure(
        web={"listen": "127.0.0.1:8470", "oidc": {"issuer": "https://login.example.com", "client_id": "d"}}
    )
    made("db", "migrate")
    answer = made("doctor")
    assert answer.code == 1
    assert "web.oidc needs a package that is missing: authlib" in answer.stdout
    assert "pip install 'driftline[oidc]'" in answer.stdout


def without_authlib(find: Callable[..., object]) -> Callable[..., object]:
    return lambda name, *more: None if name == "authlib" else find(name, *more)


def test_a_web_server_that_does_not_run_is_pointed_out(tmp_path: Path) -> None:
    made = installation(tmp_path)
    made.configure(web={"listen": "127.0.0.1:8470"})
    made("db", "migrate")
    assert "nothing serves" in made("doctor").stdout
