"""Wiring: from a configuration to the working objects, each created on first use."""

import os
import sys
from collections import ChainMap
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from runner.config.reference import FOR_RUNS
from runner.config.server_file import find_config, load, named_variables
from runner.datadir.disk import DataDisk
from runner.errors import BadConfig
from runner.host.clock import SystemClock
from runner.host.files import never_make_again
from runner.host.memory import MachineMemory
from runner.host.uncollected import loading
from runner.model.schedule.load import memory_limit, slot_count
from runner.model.settings.server import Settings
from runner.model.settings.web import web_address
from runner.model.values.frozen import dataclass
from runner.model.values.size import parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.aws.cloud import Cloud
    from runner.daemon.parts import Parts
    from runner.daemon.pools import Pools
    from runner.datadir.looks import Looks
    from runner.datadir.workspace import LocalWorkspaces
    from runner.engine.sandbox_policy import SandboxPolicy
    from runner.model.engine.choice import Installed
    from runner.model.schedule.polling import PollMeasures
    from runner.policy.host import HostPolicies
    from runner.policy.judge import ConfinedJudge
    from runner.ports.cloud_events import ChangeQueue
    from runner.ports.control import ControlPorts
    from runner.ports.engine import Engine
    from runner.ports.files import Modules
    from runner.ports.forge import Forges
    from runner.ports.git import Git
    from runner.ports.inventory import Inventory
    from runner.ports.keeping import Artifacts, Checkpoints, Claims, Receipts, Reports, StateArchive
    from runner.ports.trail import Trail
    from runner.process.kept import Kept
    from runner.service.cycle.notify import Notified
    from runner.service.cycle.poll import Poller
    from runner.service.discovery.discover import Discoverer
    from runner.service.forge.keep import AtForges
    from runner.service.preview.look import Previewer
    from runner.source.mirrors import GitMirrors
    from runner.store.database import SqliteStore
    from runner.view.host import Host
    from runner.worker import Worker


@dataclass(frozen=True)
class App:
    """One installation. Heavy libraries are imported by the part that needs them."""

    settings: Settings
    config_path: Path
    creates: bool = True  # whether a missing database is created
    read_only: bool = False  # whether operations that change something are refused

    @classmethod
    def from_config(cls, explicit: Path | None, *, creates: bool = True) -> "App":
        path = find_config(explicit)
        return cls(load(path), path, creates)

    @classmethod
    def that_serves(cls, explicit: Path | None, *, read_only: bool) -> "App":
        """For the web server, which gets no secret that only git, terraform or a run needs."""
        path = find_config(explicit)
        return cls(load(path, unread=FOR_RUNS), path, creates=False, read_only=read_only)

    @cached_property
    def clock(self) -> SystemClock:
        return SystemClock()

    @cached_property
    def disk(self) -> DataDisk:
        return DataDisk(self.settings)

    @cached_property
    def memory(self) -> MachineMemory:
        return MachineMemory()

    @cached_property
    def store(self) -> "SqliteStore":
        with loading():
            from runner.store.database import SqliteStore

        store = SqliteStore(self.settings.data_dir, self.clock, create=self.creates)
        never_make_again(self.settings.data_dir)
        return store

    @cached_property
    def claims(self) -> "Claims":
        from runner.datadir.claims import FileClaims

        return FileClaims(self.settings.data_dir, self.clock)

    @cached_property
    def checkpoints(self) -> "Checkpoints":
        return self.checkpoints_in(
            self.settings.audit.checkpoints or self.settings.data_dir / "checkpoints.jsonl"
        )

    @cached_property
    def artifacts(self) -> "Artifacts":
        from runner.artifact import open_artifacts
        from runner.datadir.keys import key_file

        return open_artifacts(self.settings, key_file)

    @cached_property
    def states(self) -> "StateArchive":
        from runner.artifact import open_seal
        from runner.artifact.states import SealedStates
        from runner.datadir.keys import key_file

        return SealedStates(self.settings.data_dir, open_seal(self.settings, key_file))

    @cached_property
    def git(self) -> "GitMirrors":
        from runner.source.mirrors import GitMirrors

        return GitMirrors(self.settings.data_dir, self.settings.timeouts.git)

    def host(self) -> "Host":
        """Current facts about the host that are not on record."""
        from runner.datadir.broker_problem import BrokerProblems
        from runner.datadir.daemon_lock import running_daemon
        from runner.datadir.refused_reload import RefusedReloads
        from runner.service.operator.cancel import left_running
        from runner.view.host import Host

        daemon = running_daemon(self.settings.data_dir)
        return Host(
            now=self.clock.now(),
            daemon=daemon,
            shortage=self.disk.shortage(),
            memory=self.memory.available(),
            slots=slots(self.settings),
            answers=self.answers(),
            measures=self.poll_measures(),
            leftovers=tuple(left_running(self.claims, self.store)),
            refused=RefusedReloads(self.settings.data_dir).of(daemon),
            broker=BrokerProblems(self.settings.data_dir).of(daemon) if self.settings.pools else None,
        )

    def answers(self) -> dict[str, datetime]:
        """When each source last answered a poll, including polls without changes."""
        times = {source.name: self.git.answered_at(source) for source in self.settings.sources}
        return {name: at for name, at in times.items() if at is not None}

    @cached_property
    def looks(self) -> "Looks":
        from runner.datadir.looks import Looks

        return Looks(self.settings.data_dir)

    def note_look(self) -> None:
        """Somebody asks: sources with `poll: auto` are polled more often for a while."""
        if not self.read_only:
            self.looks.note()

    def poll_measures(self) -> "PollMeasures":
        from runner.model.schedule.polling import PollMeasures

        costs = {source.name: self.git.poll_cost(source) for source in self.settings.sources}
        known = {name: cost for name, cost in costs.items() if cost is not None}
        return PollMeasures(self.looks.last(), known)

    @cached_property
    def engine(self) -> "Engine":
        from runner.artifact import open_seal
        from runner.datadir.keys import key_file
        from runner.engine.command import CommandLineEngine

        # The daemon's own environment takes precedence.
        daemon = ChainMap(os.environ, {"GOMEMLIMIT": str(self._memory_limit())})
        return CommandLineEngine(self.settings, daemon, self._hidden(), open_seal(self.settings, key_file))

    def installed(self, engine: str) -> "tuple[Installed, ...]":
        """The programs that stacks may get. Unlike the engine itself, it is imported in no time."""
        from runner.engine.versions.inventory import Inventory, installed_in

        data_dir, env = self.settings.data_dir, {"PATH": os.environ.get("PATH", os.defpath)}
        quiet = {**env, "CHECKPOINT_DISABLE": "1"}
        return Inventory(data_dir / "engine", self.settings.engines, quiet, installed_in(data_dir)).look(
            engine
        )

    @cached_property
    def modules(self) -> "Modules":
        from runner.engine.modules.configuration import HclModules

        return HclModules()

    @cached_property
    def workspaces(self) -> "LocalWorkspaces":
        from runner.datadir.workspace import LocalWorkspaces

        return LocalWorkspaces(self.settings.data_dir)

    @cached_property
    def receipts(self) -> "Receipts":
        from runner.datadir.receipts import FileReceipts

        return FileReceipts(self.settings.data_dir)

    @cached_property
    def reports(self) -> "Reports":
        from runner.datadir.reports import ReportFiles
        from runner.model.drift.report_text import report_markdown
        from runner.view.report import report_json

        return ReportFiles(self.settings.data_dir, {"json": report_json, "md": report_markdown})

    @property
    def control(self) -> "ControlPorts":
        """What the control plane sees of it."""
        return self

    @cached_property
    def policies(self) -> "HostPolicies":
        from runner.policy.host import HostPolicies

        return HostPolicies(self.settings)

    @cached_property
    def worker(self) -> "Worker":
        from runner.datadir.keys import FileSecrets
        from runner.ports.worker import WorkerPorts
        from runner.service.state.file import StoreStates
        from runner.worker import Worker

        git: Git = self.git
        ports = WorkerPorts(
            git=git,
            modules=self.modules,
            engine=self.engine,
            workspaces=self.workspaces,
            artifacts=self.artifacts,
            secrets=FileSecrets(self.settings.data_dir),
            clock=self.clock,
            judge=self.judge,
            sources=self.settings.sources,
            states=StoreStates(self.control),
        )
        return Worker(self.control, ports)

    @cached_property
    def judge(self) -> "ConfinedJudge":
        from runner.engine.environment import inherited
        from runner.policy.judge import ConfinedJudge

        handed = inherited(os.environ, ())
        return ConfinedJudge(self._sandbox(handed).apart, handed)

    @cached_property
    def discoverer(self) -> "Discoverer":
        from runner.config.stack_file import StackFileReader
        from runner.service.discovery.discover import Discoverer

        reader = StackFileReader(self.settings.approvals.required)
        return Discoverer(self.git, reader, self.modules, self.settings, self.engine)

    @cached_property
    def poller(self) -> "Poller":
        from runner.service.cycle.poll import Poller

        return Poller(self.store, self.discoverer, self.clock, self.disk)

    @cached_property
    def previewer(self) -> "Previewer":
        from runner.service.preview.look import Previewer

        return Previewer(self.store, replace(self.discoverer, memories={}), self.clock)

    @cached_property
    def cloud(self) -> "Cloud | None":
        """None where the configuration has no AWS account: boto3 is not imported then."""
        if not self.settings.aws:
            return None
        from runner.aws.cloud import Cloud

        return Cloud(self.settings.aws)

    @cached_property
    def inventory(self) -> "Inventory | None":
        """None where nothing is listed."""
        if self.cloud is None or not any(one.inventory for one in self.settings.aws):
            return None
        from runner.aws.inventory import AwsInventory

        return AwsInventory(self.cloud)

    @cached_property
    def pools(self) -> "Pools | None":
        """None where every run executes on this host."""
        if not self.settings.pools or self.settings.broker is None:
            return None
        from runner.broker.celery import CeleryBroker
        from runner.daemon.pools import Pools
        from runner.datadir.broker_problem import BrokerProblems
        from runner.datadir.daemon_lock import running_web
        from runner.source.packs import GitPacks

        data_dir = self.settings.data_dir
        packs, problems = GitPacks(data_dir, self.git.pack), BrokerProblems(data_dir)
        broker = CeleryBroker(self.settings.broker, [pool.name for pool in self.settings.pools])
        return Pools(self.control, broker, packs, problems, web=lambda: running_web(data_dir))

    @cached_property
    def trail(self) -> "Trail | None":
        """None where the configuration has no AWS account."""
        if self.cloud is None:
            return None
        from runner.aws.trail import CloudTrail

        return CloudTrail(self.cloud)

    @cached_property
    def parts(self) -> "Parts":
        from runner.daemon.parts import Parts

        return Parts(
            self.settings,
            self.poller,
            self.previewer,
            self.worker,
            self.git,
            slots(self.settings),
            self.poll_measures,
            self.looks.last,
            self._web(),
            self.notified,
            self.at_forges,
            self.inventory,
            self.pools,
            self.trail,
            self.queues,
        )

    @cached_property
    def queues(self) -> "tuple[ChangeQueue, ...]":
        """Those of all accounts that EventBridge fills."""
        cloud = self.cloud
        if cloud is None:
            return ()
        from runner.aws.change_queue import SqsQueue
        from runner.model.cloud_events.queue import QueueAddress

        urls = [url for account in self.settings.aws for url in account.events]
        return tuple(SqsQueue(cloud, QueueAddress.parse(url)) for url in urls)

    @cached_property
    def forges(self) -> "Forges":
        from runner.forge.table import ConfiguredForges

        return ConfiguredForges(self.settings.sources, self.clock)

    @cached_property
    def at_forges(self) -> "AtForges | None":
        """None where no source is at a forge that Driftline may write to."""
        if all(source.forge is None for source in self.settings.sources):
            return None
        from runner.service.forge.keep import AtForges
        from runner.view.commit_results import ResultsView
        from runner.view.planned_request import RequestView

        drawn = RequestView(self.settings, self.clock)
        results = ResultsView(self.settings.web, self.clock)
        return AtForges(self.forges, drawn.of, results.of, self.git)

    @cached_property
    def notified(self) -> "tuple[Notified, ...]":
        """Every notification with its channel."""
        if not self.settings.notifications:
            return ()
        from runner.engine.environment import inherited
        from runner.model.notify.terms import Terms
        from runner.notify.channels import Resolving, Surroundings
        from runner.service.cycle.notify import Notified

        handed = inherited(os.environ, ())
        address = web_address(self.settings.web)
        by = Surroundings(
            environ=os.environ,
            env=handed,
            surround=self._sandbox(handed).apart,
            allowed=self.settings.notify.allow_hosts,
            source=address or "driftline",
        )
        return tuple(
            Notified(one.name, Terms.of(one), Resolving(one, by), address)
            for one in self.settings.notifications
        )

    def _web(self) -> "Kept | None":
        return None if self.settings.web.listen is None else self.web_server()

    def web_server(self, *options: str) -> "Kept":
        """The web server as a process to keep; it reads the configuration itself."""
        from runner.process.kept import DESCRIPTOR, Kept
        from runner.sandbox.serving import environment

        config, words = str(self.config_path.absolute()), ("web", "--kept", DESCRIPTOR, *options)
        return Kept(
            (sys.executable, "-I", "-m", "runner.cli", "--config", config, *words),
            environment(os.environ, named_variables(self.config_path, unread=FOR_RUNS)),
            self.settings.data_dir,
        )

    def checkpoints_in(self, path: Path) -> "Checkpoints":
        """The checkpoints in a file, sealed with this installation's key."""
        from runner.datadir.checkpoints import FileCheckpoints
        from runner.datadir.keys import key_file
        from runner.model.values.key_text import read_key

        key, own = self.settings.audit.key, self.settings.data_dir / "keys" / "audit"
        return FileCheckpoints(path, lambda: read_key(key) if key else key_file(own))

    def reloaded(self) -> "App":
        """With the configuration now on disk, in the same data directory."""
        fresh = App(load(self.config_path), self.config_path)
        if fresh.settings.data_dir != self.settings.data_dir:
            raise BadConfig(
                f"data_dir changed from {self.settings.data_dir} to {fresh.settings.data_dir}, which requires a restart",
                hint="systemctl restart driftline",
            )
        vars(fresh)["store"] = self.store  # the same connections after every reload
        return fresh

    def _memory_limit(self) -> int:
        per_run = parse_size(self.settings.executor.memory_per_run)
        return memory_limit(self.memory.total(), slots(self.settings), per_run)

    def _sandbox(self, handed: "Mapping[str, str]") -> "SandboxPolicy":
        """Of programs that are no run, such as scanners and channels."""
        from runner.engine.sandbox_policy import SandboxPolicy

        return SandboxPolicy(self.settings, self._hidden(), handed, os.environ)

    def _hidden(self) -> tuple[Path, ...]:
        """Files that no run may see, besides those in the settings."""
        return (self.config_path, *self._named_files())

    def _named_files(self) -> tuple[Path, ...]:
        """Files that the configuration refers to: in its text, and as YAML spells it."""
        from runner.host.reference import files_in

        given = (text for context in self.settings.contexts for text in context.texts)
        try:
            texts = (self.config_path.read_text(errors="replace"), *given)
        except OSError:
            texts = (*given,)
        return tuple(path for text in texts for path in files_in(text))


def slots(settings: Settings) -> int:
    """The maximum number of concurrent runs; fewer if memory does not suffice for their known needs."""
    return slot_count(settings.executor.slots, len(os.sched_getaffinity(0)))
