"""The issuer: its description and keys, and what it answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from time import monotonic
from typing import Any

import httpx2

from runner.errors import ExtraMissing, LoginRefused
from runner.host import authorities
from runner.model.settings.web import OidcSettings
from runner.web.oidc.device import Device, device_of
from runner.web.oidc.keys import key_set, names_key

# None of these can be made with what is public, unlike `none`, or with the client's secret, unlike HS256.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY_SECONDS = 60  # between two clocks
KEPT_SECONDS = 3600.0
FAILED_SECONDS = 5.0
TIMEOUT_SECONDS = 10.0
TOTAL_SECONDS = 20.0
MOST_BYTES = 2 * 2**20
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
PENDING, SLOW_DOWN = "authorization_pending", "slow_down"


@dataclass
class Issuer:
    """Certificates are verified, and no redirect is followed."""

    settings: OidcSettings
    transport: httpx2.BaseTransport | None = None
    _kept: dict[str, tuple[float, Any]] = field(default_factory=dict)
    _failed: dict[str, tuple[float, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: OidcSettings | None) -> "Issuer | None":
        """None where no login by OpenID Connect is configured."""
        if settings is None:
            return None
        if find_spec("authlib") is None:
            raise ExtraMissing(what="web.oidc", module="authlib", extra="oidc")
        return cls(settings)

    def described(self, what: str) -> str:
        """An endpoint; LoginRefused where the issuer has none."""
        found = self._description.get(what)
        if not isinstance(found, str):
            raise LoginRefused(reason=f"{self.settings.issuer} has no {what}")
        return found

    @property
    def has_devices(self) -> bool:
        return "device_authorization_endpoint" in self._description

    @property
    def _description(self) -> Mapping[str, Any]:
        url = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = self._fetched(url)
        if found.get("issuer") != self.settings.issuer:
            raise LoginRefused(reason=f"{url} describes another issuer, {found.get('issuer')}")
        return found

    def login_address(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        address: str = prepare_grant_uri(
            self.described("authorization_endpoint"),
            self.settings.client_id,
            "code",
            redirect_uri=redirect,
            scope=" ".join(self.settings.scopes),
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return address

    def id_token(self, code: str, redirect: str, verifier: str) -> str:
        """What the code is worth."""
        answer = self._post(
            "token_endpoint",
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect,
                "code_verifier": verifier,
            },
        )
        return _id_token(answer)

    def begin_device(self) -> Device:
        return device_of(
            self._post("device_authorization_endpoint", {"scope": " ".join(self.settings.scopes)})
        )

    def device_token(self, code: str) -> tuple[str | None, bool]:
        """The id token once the person has agreed; and whether to ask less often."""
        answer = self._post("token_endpoint", {"grant_type": DEVICE_GRANT, "device_code": code}, waits=True)
        problem = answer.get("error")
        return (None, problem == SLOW_DOWN) if problem else (_id_token(answer), False)

    def claims(self, token: str, nonce: str | None) -> Mapping[str, Any]:
        """Of a token that this issuer has signed for this client; LoginRefused."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            found = jwt.decode(token, self._keys(token), algorithms=ALGORITHMS)
            told = CodeIDToken(
                found.claims,
                found.header,
                options={"iss": {"value": self.settings.issuer}, "aud": {"value": self.settings.client_id}},
                params={"nonce": nonce, "client_id": self.settings.client_id},
            )
            told.validate(leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            raise LoginRefused(reason=f"the id token is not valid ({error})") from error
        # All who have none would be one person; and what is no text cannot be kept.
        if not told["sub"] or not told["sub"].isprintable():
            raise LoginRefused(reason="the id token is not valid (its sub is empty, or no text)")
        return dict(told)

    def _keys(self, token: str) -> Any:
        """Read again where the token names a key that is not known: issuers change theirs."""
        from joserfc.jws import extract_compact

        url, wanted = self.described("jwks_uri"), extract_compact(token.encode()).headers().get("kid")
        found = self._fetched(url)
        if wanted and not names_key(found, wanted):
            self._kept.pop(url, None)  # another login may have done so already
            found = self._fetched(url)
        return key_set(found)

    def _fetched(self, url: str) -> Mapping[str, Any]:
        at, kept = self._kept.get(url, (0.0, None))
        if kept is None or monotonic() - at > KEPT_SECONDS:
            self._refuse_again(url)
            try:
                kept = self._answered("GET", url)
            except LoginRefused as refused:
                self._failed[url] = (monotonic(), refused.facts["reason"])
                raise
            self._kept[url] = (monotonic(), kept)
        found: Mapping[str, Any] = kept
        return found

    def _refuse_again(self, url: str) -> None:
        """Each look at an issuer that does not answer holds a thread: what has just failed is not tried at once."""
        at, reason = self._failed.get(url, (0.0, None))
        if reason is not None and monotonic() - at < FAILED_SECONDS:
            raise LoginRefused(reason=reason)

    def _post(self, endpoint: str, form: Mapping[str, str], *, waits: bool = False) -> Mapping[str, Any]:
        secret, client = self.settings.client_secret, self.settings.client_id
        auth = httpx2.BasicAuth(client, secret) if secret is not None else None
        content = dict(form) if secret is not None else {**form, "client_id": client}
        return self._answered("POST", self.described(endpoint), data=content, auth=auth, waits=waits)

    def _answered(self, method: str, url: str, *, waits: bool = False, **how: Any) -> Mapping[str, Any]:
        try:
            trust = authorities.for_url(url)
            http = httpx2.Client(timeout=TIMEOUT_SECONDS, verify=trust, transport=self.transport)
            with http, http.stream(method, url, **how) as answer:
                found = json.loads(_whole(answer))
        except (httpx2.HTTPError, ValueError, RecursionError) as error:
            raise LoginRefused(reason=f"{url} cannot be used: {error or type(error).__name__}") from error
        if not isinstance(found, dict):
            raise LoginRefused(reason=f"{url} answered {answer.status_code}")
        if answer.is_success or (waits and found.get("error") in (PENDING, SLOW_DOWN)):
            return found
        raise LoginRefused(reason=f"{url} answered {found.get('error', answer.status_code)}")


def _whole(answer: httpx2.Response) -> bytes:
    """The timeout of httpx2 is for each read: an answer that comes byte by byte would hold its thread for ever."""
    body, end = bytearray(), monotonic() + TOTAL_SECONDS
    for part in answer.iter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            raise ValueError(f"its answer has more than {MOST_BYTES // 2**20} MiB")
        if monotonic() > end:
            raise ValueError(f"it takes longer than {TOTAL_SECONDS:g} s to answer")
    return bytes(body)


def _id_token(answer: Mapping[str, Any]) -> str:
    found = answer.get("id_token")
    if not isinstance(found, str):
        raise LoginRefused(reason="the issuer sent no id token; is openid among web.oidc.scopes?")
    return found
