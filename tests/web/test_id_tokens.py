"""Id tokens that an issuer did not sign, or not for this server and this login."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import httpx2
import pytest
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from runner.errors import LoginRefused
from runner.model.settings.web import OidcSettings
from runner.web.oidc.claims import identity_of
from runner.web.oidc.issuer import Issuer

URL, CLIENT, NONCE = "https://issuer.example", "driftline", "of-this-login"
KEY, OTHER = (RSAKey.generate_key(2048, {"kid": kid}, private=True) for kid in ("one", "two"))
DESCRIPTION = {"issuer": URL, "jwks_uri": f"{URL}/keys", "token_endpoint": f"{URL}/token"}


def issuer(description: dict[str, Any] = DESCRIPTION) -> Issuer:
    def answer(request: httpx2.Request) -> httpx2.Response:
        keys = {"keys": [KEY.as_dict(private=False)]}
        return httpx2.Response(200, json=keys if request.url.path == "/keys" else description)

    settings = OidcSettings(issuer=URL, client_id=CLIENT, client_secret="known to both")
    return Issuer(settings, httpx2.MockTransport(answer))


def token(key: Any = KEY, alg: str = "RS256", kid: str = "one", **claims: Any) -> str:
    now = int(time.time())
    sound = {"iss": URL, "aud": CLIENT, "sub": "ana", "iat": now, "exp": now + 60, "nonce": NONCE}
    content = json.dumps(sound | claims)  # the library's own writes no half of a character
    return jws.serialize_compact({"alg": alg, "kid": kid}, content, key, algorithms=[alg])


def test_a_sound_token_says_who_it_is() -> None:
    assert issuer().claims(token(), NONCE)["sub"] == "ana"


def unsigned() -> str:
    head = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    return f"{head}.{token().split('.')[1]}."


def signed_with_what_is_public() -> str:
    head = "eyJhbGciOiJIUzI1NiIsImtpZCI6Im9uZSJ9"  # {"alg":"HS256","kid":"one"}
    body = f"{head}.{token().split('.')[1]}"
    made = hmac.digest(KEY.as_pem(private=False), body.encode(), "sha256")
    return f"{body}.{urlsafe_b64encode(made).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "bad",
    [
        unsigned(),
        token(OctKey.import_key("known to both" * 4), "HS256"),
        signed_with_what_is_public(),
        token(OTHER),
        token(OTHER, kid="two"),
        token(iss="https://evil.example"),
        token(aud="another-client"),
        token(aud=[CLIENT, "another-client"]),
        token(azp="another-client"),
        token(exp=int(time.time()) - 3600),
        token(iat=int(time.time()) + 3600),
        token(nonce="of-another-login"),
        token(sub=""),
        token(sub="\ud800"),
        "not a token",
        "",
    ],
    ids=[
        "alg none", "secret as key", "public key as secret", "other key", "unknown key", "issuer", "audience",
        "two audiences", "party", "expired", "from the future", "nonce", "of nobody", "half a character",
        "text", "nothing",
    ],
)  # fmt: skip
def test_a_token_that_is_not_for_this_login_is_refused(bad: str) -> None:
    with pytest.raises(LoginRefused):
        issuer().claims(bad, NONCE)


def test_an_issuer_that_describes_another_one_is_refused() -> None:
    with pytest.raises(LoginRefused, match="another issuer"):
        issuer({**DESCRIPTION, "issuer": "https://evil.example"}).claims(token(), NONCE)


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_only_true_means_that_a_mail_address_was_verified(verified: Any) -> None:
    claims = {"sub": "7", "email": "ana@example.com", "email_verified": verified, "groups": "sre"}
    identity = identity_of(claims, "groups")
    assert (identity.name, identity.subjects) == ("oidc:sub:7", ("oidc:sub:7",))


def test_a_mail_address_or_group_that_is_no_text_is_nobodys() -> None:
    claims = {
        "sub": "7",
        "email": "a\ud800@example.com",
        "email_verified": True,
        "groups": ["sre", "\ud800", "x\n", ""],
    }
    identity = identity_of(claims, "groups")
    assert (identity.name, identity.subjects) == ("oidc:sub:7", ("oidc:sub:7", "oidc:group:sre"))
