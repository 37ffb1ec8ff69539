"""Serves a provider that is written in Python, as soon as can be: terraform starts one two or three times for each plan."""

import base64
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from tf import iface, runner

CERTIFICATE = Path(__file__).with_name("provider.pem")


def serve(provider: iface.Provider) -> None:
    # Most of what `import grpc` imports, and nothing of it is used.
    sys.modules.update({name: ModuleType(name) for name in ("asyncio", "grpc.aio")})
    runner._self_signed_cert = certified
    runner.run_provider(provider)


def certified() -> tuple[bytes, Any]:
    """For terraform and for the server. The one that `tf` makes takes a third of the start."""
    import grpc

    key, mark, rest = CERTIFICATE.read_bytes().partition(b"-----BEGIN CERTIFICATE-----")
    coded = rest.partition(b"-")[0]
    return base64.b64decode(coded), grpc.ssl_server_credentials([(key, mark + rest)])
