"""Something is lost every few seconds: a process, a host, a link, the broker with its data, the server."""

import random
import subprocess
import threading
from collections import Counter

from losses.fleet import Fleet
from losses.host import Host

PAUSE = (1.0, 5.0)
SHORT, LONG = (0.5, 6.0), (46.0, 60.0)  # seconds without a link: most are shorter than a lease
_LONG_ONES = 0.1


class Harm(threading.Thread):
    """Whatever it ends begins again, as units do. `whole_hosts` dies with what terraform has begun."""

    def __init__(self, fleet: Fleet, hosts: list[Host], seed: int, *, whole_hosts: bool) -> None:
        super().__init__(daemon=True, name="harm")
        self.fleet, self.hosts, self.chance = fleet, hosts, random.Random(seed)
        self.done: Counter[str] = Counter()
        self.server = fleet.start()
        self.broker = fleet.start_broker()
        self._over = threading.Event()
        self._acts = [
            self._kill_process,
            self._kill_process,
            self._cut,
            self._cut,
            self._empty,
            self._restart,
        ]
        if whole_hosts:
            self._acts += [self._kill_host] * 2

    def run(self) -> None:
        while not self._over.wait(self.chance.uniform(*PAUSE)):
            act = self.chance.choice(self._acts)
            act()
            self.done[act.__name__.strip("_").replace("_", " ")] += 1
            for host in self.hosts:
                host.keep()

    def stop(self) -> None:
        """Everything is there again from then on."""
        self._over.set()
        if self.is_alive():
            self.join()
        for host in self.hosts:
            host.keep()

    def end(self) -> None:
        for process in (self.server, self.broker):
            process.terminate()
            process.wait()

    def _kill_process(self) -> None:
        host = self.chance.choice(self.hosts)
        if found := host.processes():
            host.kill_one(self.chance.choice(found))

    def _kill_host(self) -> None:
        self.chance.choice(self.hosts).kill_all()

    def _cut(self) -> None:
        host = self.chance.choice(self.hosts)
        host.cut()
        self._over.wait(self.chance.uniform(*(LONG if self.chance.random() < _LONG_ONES else SHORT)))
        host.mend()

    def _empty(self) -> None:
        self.broker.kill()
        self.broker.wait()
        self.broker = self.fleet.start_broker()

    def _restart(self) -> None:
        """By its unit, or because it died."""
        if self.chance.random() < 0.5:
            self.server.kill()
        else:
            self.server.terminate()
        try:
            self.server.wait(30)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        self.server = self.fleet.start()
