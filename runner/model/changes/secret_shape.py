"""Secrets without a mark, recognized by their shape alone. Best effort: a shape can be missed, a mark cannot."""

import math
import re
from collections import Counter
from functools import cache

from runner.model.changes.changes import MASK
from runner.model.values.regex import regex

# Shapes of tokens only; each is one secret as a whole.
TOKENS: dict[str, str] = {
    "age": r"AGE-SECRET-KEY-1[0-9A-Z]{58}",
    "anthropic, openai": r"\bsk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{20,}",
    "atlassian": r"\bATATT3[A-Za-z0-9_=-]{20,}",
    "aws key": r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
    "azure client": r"\b[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}",
    "databricks": r"\bdapi[0-9a-f]{32}\b",
    "digitalocean": r"\bdo[opr]_v1_[0-9a-f]{64}\b",
    "docker": r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}",
    "doppler": r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{20,}",
    "github": r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,})",
    "gitlab": r"\b(?:gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat)-|GR1348941)[A-Za-z0-9_.-]{20,}",
    "google": r"\b(?:AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})",
    "grafana": r"\bgl(?:sa|c)_[A-Za-z0-9_+/=-]{20,}",
    "hugging face": r"\bhf_[A-Za-z0-9]{30,}",
    "json web token": r"\beyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]*",
    "linear": r"\blin_api_[A-Za-z0-9]{32,}",
    "mailgun": r"\bkey-[0-9a-f]{32}\b",
    "new relic": r"\bNRAK-[A-Z0-9]{27}\b",
    "npm": r"\bnpm_[A-Za-z0-9]{36}",
    "private key": r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    "pulumi": r"\bpul-[0-9a-f]{40}\b",
    "pypi": r"\bpypi-AgE[A-Za-z0-9_-]{40,}",
    "sendgrid": r"\bSG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{32,}",
    "shopify": r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b",
    "slack": r"\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/[A-Za-z0-9/]{20,}",
    "stripe": r"\b(?:(?:sk|rk)_(?:live|test)_|whsec_)[A-Za-z0-9]{16,}",
    "tailscale": r"\btskey-[a-z]+-[A-Za-z0-9-]{16,}",
    "telegram": r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}",
    "terraform": r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40,}",
    "twilio": r"\bSK[0-9a-f]{32}\b",
    "vault": r"\b(?:hv[sbr]\.[A-Za-z0-9_-]{20,}|s\.[A-Za-z0-9]{24})\b",
}
_URL_PASSWORD = regex(r"(://[^/\s:@\"']*:)[^/\s\"']+(?=@)")
# Cheap, and matches every text that a token or `_URL_PASSWORD` can match.
_MAY_HOLD_ONE = regex(r"[A-Za-z0-9_./+=~:-]{16}|://|-----BEGIN ")

# Only the name says that it is a secret, and only in text: a plan's values have their own marks. No part of a
# pattern may be unbounded where the next one can fail: the text is untrusted.
_ASSIGNED = regex(
    r"""(?ix) (?P<name>
        (?: passwo?r?d | passwd | passphrase | pwd | secret | token | credential | api[_-]?key | access[_-]?key
          | private[_-]?key | account[_-]?key | auth[_-]?key | encryption[_-]?key | app[_-]?key | signature | \bsig\b )
        [\w.-]{0,40}+ )
    (?P<between> \\?["']? \s* (?: => | := | = | : (?=\s*\\?["']) | : (?=\s*\S{8}) ) \s* )
    (?P<value> \\?"(?:[^"\\]|\\[^"])*\\?" | '[^']*' | [^\s,;&"'}\])]+ )"""
)
_PUBLIC_NAME = regex(
    r"(?i)(?:id|name|arn|url|uri|path|file|length|size|type|endpoint|version|ttl|count|policy)$"
)
_REFERENCE = regex(r"(?:var|local|data|module|each|self|true\b|false\b|null\b|\(|<|\$\{)")
_HEADER = regex(r"(?i)\b(bearer|basic|authorization:\s*\w+)(\s+)[A-Za-z0-9._~+/=-]{8,}")
# Long words with capitals, lower-case letters and digits, as random as keys; no checksum with its prefix.
_RANDOM = regex(r"(?<![A-Za-z0-9+/_=.:-])(?<!h1:)(?<!zh:)[A-Za-z0-9+/_-]{32,}+={0,2}+(?![A-Za-z0-9+/_.-])")
_BITS = 4.2


_SECRET_NAME = regex(r"(KEY|TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE)", re.IGNORECASE)
_OPEN_NAME = regex(r"(KEY_ID|_FILE|_PATH|_URL|_URI|_ARN)$", re.IGNORECASE)


def names_secret(name: str) -> bool:
    """Whether a name suggests a secret, for an environment variable or an argument."""
    return _SECRET_NAME.search(name) is not None and _OPEN_NAME.search(name) is None


@cache
def _token() -> re.Pattern[str]:
    """Compiled when it is first needed: a list of stacks shows no text that could hold one."""
    return re.compile("|".join(f"(?:{shape})" for shape in TOKENS.values()))


def without_tokens(text: str) -> str:
    """The text with MASK for everything that has the shape of a token, a private key or a password in a URL."""
    if _MAY_HOLD_ONE.search(text) is None:
        return text
    return _URL_PASSWORD.sub(rf"\1{MASK}", _token().sub(MASK, text))


def without_likely_secrets(text: str) -> str:
    """The same for a program's text without tokens: judged by the words around a value, or by its randomness."""
    text = _HEADER.sub(rf"\1\2{MASK}", text)
    return _RANDOM.sub(_unless_plain, _ASSIGNED.sub(_without_value, text))


def _without_value(found: re.Match[str]) -> str:
    value = found["value"].strip("\\\"'")
    if not value or _PUBLIC_NAME.search(found["name"]) or _REFERENCE.match(value):
        return found[0]
    return f"{found['name']}{found['between']}{MASK}"


def _unless_plain(found: re.Match[str]) -> str:
    word = found[0]
    kinds = (str.isupper, str.islower, str.isdigit)
    if not all(any(map(kind, word)) for kind in kinds) or _bits(word) < _BITS:
        return word
    return MASK


def _bits(word: str) -> float:
    """The information in each of its characters, by frequency."""
    counts = Counter(word).values()
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts)
