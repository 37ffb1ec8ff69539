"""A real issuer, and somebody who fills in its forms."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx2
import pytest

HERE = Path(__file__).parent / "issuer"
INSTALLED = Path(__file__).parents[2] / ".venv/issuer"
BASE = "http://127.0.0.1:8470"
SECRET = "canary-client-secret-5Rz"
PEOPLE = {
    "ana": {"email": "ana@example.com", "email_verified": True, "groups": ["sre"]},
    "bo": {"email": "bo@example.com", "email_verified": True},
    "mallory": {"email": "ana@example.com", "email_verified": False},
}
_FORM = re.compile(r'<form[^>]*action="([^"]+)"')
_INPUT = re.compile(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"')


@contextmanager
def issuing(server: str = BASE) -> Iterator[str]:
    """The address of the issuer, for as long as it runs. It sends people back to this server."""
    _install()
    environment = {**os.environ, "PEOPLE": json.dumps(PEOPLE), "REDIRECT": f"{server}/login/oidc/callback"}
    with subprocess.Popen(
        ["node", str(INSTALLED / "issuer.mjs")],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _install() -> None:
    """Once for all processes of the tests."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed: no real OpenID issuer to log in at")
    INSTALLED.mkdir(exist_ok=True)
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (HERE / "package.json").read_text()
        if not (INSTALLED / "done").exists() or (INSTALLED / "done").read_text() != wanted:
            shutil.copy(HERE / "package.json", INSTALLED)
            command = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
            if subprocess.run(command, cwd=INSTALLED, check=False).returncode:
                pytest.skip("npm cannot install oidc-provider: no real OpenID issuer to log in at")
            (INSTALLED / "done").write_text(wanted)
        shutil.copy(HERE / "issuer.mjs", INSTALLED)


@dataclass
class Visitor:
    """Follows links and sends forms, as long as they are the issuer's."""

    name: str
    server: str = BASE

    def visit(self, address: str) -> str:
        """Where the issuer sends them in the end, or the last page."""
        with httpx2.Client() as http:
            return self._visit(http, address)

    def _visit(self, http: httpx2.Client, address: str) -> str:
        answer = http.get(address)
        for _ in range(20):
            if answer.is_redirect:
                onward = urljoin(str(answer.url), answer.headers["location"])
                if onward.startswith(self.server):
                    return onward
                answer = http.get(onward)
            elif form := _FORM.search(answer.text):
                given = dict(_INPUT.findall(answer.text)) | {"login": self.name, "password": "any"}
                answer = http.post(urljoin(str(answer.url), form[1]), data=given)
            else:
                return answer.text
        raise AssertionError("the issuer asks for ever")


def config(issuer: str, access: str = "") -> str:
    oidc = f'{{issuer: "{issuer}", client_id: driftline, client_secret: "{SECRET}"}}'
    return f'web: {{public_url: "{BASE}", oidc: {oidc}, access: [{access}]}}'
