"""The cloudfile provider, which tells of each of its processes and obeys the orders that a test leaves in a folder.

An order is a file there. It is obeyed for as long as it lies there, by processes that terraform has not started itself:
what goes wrong goes wrong for probes alone. Without the folder this is the other provider.
"""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

# The package holds both files, and the script's folder comes first.
import cloudfile  # type: ignore[import-not-found]

DEATH = "die-at-"  # and the name of a call
MEMORY: dict[str, Any] = {}  # as providers have that ask their cloud once
ORDERS = Path(os.environ.get("FAULTS", "/nonexistent"))


def ordered(what: str) -> bool:
    return (ORDERS / what).exists() and not asked_by_terraform()


def asked_by_terraform() -> bool:
    parent = Path(f"/proc/{os.getppid()}/comm")
    # Nothing is told of the first process of its namespaces.
    return parent.exists() and parent.read_text().strip() == "terraform"


STARTED = time.time_ns()


def is_expired() -> bool:
    """Whether the login that this process was started with has expired since."""
    with suppress(FileNotFoundError):
        return (ORDERS / "expire").stat().st_mtime_ns > STARTED
    return False


def report(what: str, facts: dict[str, Any]) -> None:
    if ORDERS.is_dir():
        # In namespaces of its own each has the same pid.
        path = ORDERS / f"{what}-{time.time_ns()}"
        path.with_suffix(".new").write_text(json.dumps(facts))
        path.with_suffix(".new").rename(path)


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def wait_while(order: str) -> None:
    report(order, {})
    while (ORDERS / order).exists():
        time.sleep(0.02)


class Object(cloudfile.CloudObject):  # type: ignore[misc]
    def read(self, ctx: Any, current: dict[str, Any]) -> Any:
        if ordered("hold"):
            wait_while("hold")
        if is_expired():
            ctx.diagnostics.add_error("ExpiredToken", "The login has expired.")
            return current
        if ordered("betray"):
            raise RuntimeError(f"the token is {os.environ['DATABASE_TOKEN']}")
        if ordered("die"):
            os.kill(os.getpid(), signal.SIGKILL)
        if ordered("invent"):
            return {**current, "value": "invented"}
        if ordered("remember"):
            return MEMORY.setdefault(current["name"], super().read(ctx, current))
        return current if ordered("lie") else super().read(ctx, current)


class Lookup(cloudfile.CloudLookup):  # type: ignore[misc]
    def read(self, ctx: Any, config: dict[str, Any]) -> Any:
        if ordered("remember"):
            return MEMORY.setdefault(f"data {config['name']}", super().read(ctx, config))
        return super().read(ctx, config)


class Faulty(cloudfile.Cloudfile):  # type: ignore[misc]
    def configure_provider(self, diags: Any, config: Any) -> None:
        report("configured", dict(config))
        super().configure_provider(diags, config)

    def get_resources(self) -> list[Any]:
        return [Object]

    def get_data_sources(self) -> list[Any]:
        return [Lookup]


def main() -> None:
    if ordered("stay"):
        cloudfile.follow_parent = lambda _: None
    report("started", {"env": dict(os.environ), "terraform": asked_by_terraform()})
    if ordered("end"):
        sys.exit(3)
    if ordered("rubbish"):
        say("This binary is a plugin. These are not meant to be executed directly.\n")
        wait_while("rubbish")
    if ordered("silence"):
        wait_while("silence")
    while ordered("babble"):
        say("x" * 4096)
    if ordered("fork") and os.fork() == 0:
        wait_while("fork")  # a child that its parent forgets
    for order in ORDERS.glob(f"{DEATH}*"):
        if ordered(order.name):
            die_at(order.name.removeprefix(DEATH))
    cloudfile.Cloudfile = Faulty
    cloudfile.main()


def die_at(call: str) -> None:
    from tf.provider import ProviderServicer

    def die(*_: object) -> None:
        report("dying", {})
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(ProviderServicer, call, die)


if __name__ == "__main__":
    main()
