"""Serves a provider that is written in Python, as soon as can be: terraform starts one two or three times for each plan.

What is started is this file, with the provider's file as its argument.
"""

import base64
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

# What grpc and protobuf import for other uses of them: half of all that a start takes.
UNUSED: dict[str, dict[str, object]] = {
    "asyncio": {},
    "grpc.aio": {},
    "google.protobuf.internal.python_message": {},
    "inspect": {"signature": str},  # what a docstring of a dataclass is made of
    "typing_extensions": {"override": lambda method: method},
}
CERTIFICATE = Path(__file__).with_name("provider.pem")


def serve(provider: Any) -> None:
    from tf import runner

    runner._self_signed_cert = certified
    runner.run_provider(provider)


def certified() -> tuple[bytes, Any]:
    """For terraform and for the server. The one that `tf` makes takes a third of the start."""
    import grpc

    key, mark, rest = CERTIFICATE.read_bytes().partition(b"-----BEGIN CERTIFICATE-----")
    coded = rest.partition(b"-")[0]
    return base64.b64decode(coded), grpc.ssl_server_credentials([(key, mark + rest)])


def leave_out(name: str, needed: dict[str, object]) -> None:
    module = ModuleType(name)
    vars(module).update(needed)
    sys.modules[name] = module


def main(script: Path) -> None:
    for name, needed in UNUSED.items():
        leave_out(name, needed)
    sys.modules["serving"] = sys.modules["__main__"]  # a provider imports it
    sys.path[0] = str(script.parent)
    exec(compile(script.read_bytes(), script, "exec"), {"__name__": "__main__", "__file__": str(script)})


if __name__ == "__main__":
    main(Path(sys.argv.pop(1)))
