"""The cloudfile provider, which tells of each of its processes and obeys the orders that a test leaves in a folder.

An order is a file there. It is obeyed for as long as it lies there, by processes that terraform has not started itself:
what goes wrong goes wrong for probes alone. Without the folder this is the other provider.
"""

from __future__ import annotations

import os
import sys
import time

from provider import cloudfile, serving
from provider.calls import Calls
from provider.json_text import written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from provider.plugin import DataSource, Resource, Said, State

SIGKILL = 9
DEATH = "die-at-"  # and the name of a call
MEMORY: dict[str, Any] = {}  # as providers have that ask their cloud once
ORDERS = os.environ.get("FAULTS", "/nonexistent")


def ordered(what: str) -> bool:
    return os.path.exists(f"{ORDERS}/{what}") and not asked_by_terraform()


def asked_by_terraform() -> bool:
    try:
        with open(f"/proc/{os.getppid()}/comm", encoding="ascii") as parent:
            return parent.read().strip() == "terraform"
    except FileNotFoundError:
        return False  # nothing is told of the first process of its namespaces


STARTED = time.time_ns()


def is_expired() -> bool:
    """Whether the login that this process was started with has expired since."""
    try:
        return os.stat(f"{ORDERS}/expire").st_mtime_ns > STARTED
    except FileNotFoundError:
        return False


def report(what: str, facts: State) -> None:
    if os.path.isdir(ORDERS):
        # In namespaces of its own each has the same pid.
        path = f"{ORDERS}/{what}-{time.time_ns()}"
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            file.write(written(facts))
        os.rename(f"{path}.new", path)


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def wait_while(order: str) -> None:
    report(order, {})
    while os.path.exists(f"{ORDERS}/{order}"):
        time.sleep(0.02)


def die(*_: object) -> None:
    os.kill(os.getpid(), SIGKILL)


class Object(cloudfile.CloudObject):
    def read(self, said: Said, current: State) -> State | None:
        if ordered("hold"):
            wait_while("hold")
        if is_expired():
            said.error("ExpiredToken", "The login has expired.")
            return current
        if ordered("betray"):
            raise RuntimeError(f"the token is {os.environ['DATABASE_TOKEN']}")
        if ordered("die"):
            die()
        if ordered("invent"):
            return {**current, "value": "invented"}
        if ordered("remember"):
            found: State | None = MEMORY.setdefault(current["name"], super().read(said, current))
            return found
        return current if ordered("lie") else super().read(said, current)


class Lookup(cloudfile.CloudLookup):
    def read(self, said: Said, config: State) -> State | None:
        if ordered("remember"):
            found: State | None = MEMORY.setdefault(f"data {config['name']}", super().read(said, config))
            return found
        return super().read(said, config)


class Faulty(cloudfile.Cloudfile):
    resources: tuple[type[Resource], ...] = (Object,)
    data_sources: tuple[type[DataSource], ...] = (Lookup,)

    def configure(self, config: State) -> None:
        report("configured", config)
        super().configure(config)


def main(provider: type[Faulty] = Faulty) -> None:
    stays = ordered("stay")
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
    if os.path.isdir(ORDERS):
        for order in os.listdir(ORDERS):
            if order.startswith(DEATH) and ordered(order):
                die_at(order.removeprefix(DEATH))
    serving.serve(provider(), follow=not stays)


def die_at(call: str) -> None:
    def dying(*_: object) -> None:
        report("dying", {})
        die()

    setattr(Calls, serving.METHODS[serving.PREFIX + call.encode()], dying)
