"""A plan of a case's stack made by a probe, as the engine makes it: cut schemas first, whole ones where that fails."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from probe_lab import Planned, Stack

from runner.probe.installed import installed
from runner.probe.prober import Prober
from runner.process.run import Command, run

LONGEST = 120.0
PLAN_FILE = "probed.tfplan"
PLAN = ("plan", "-detailed-exitcode", "-input=false", "-lock=false", "-no-color", f"-out={PLAN_FILE}")
Types = Mapping[str, frozenset[str]]


class ProbedPlans:
    """Of one stack. `types` is what its providers were asked about so far, as a compared check remembers it."""

    def __init__(self, prober: Prober, stack: Stack) -> None:
        self.prober = prober
        self.stack = stack
        self.types: dict[str, frozenset[str]] = {}
        self.scratch = Path(mkdtemp(prefix="dl-"))
        self.whole = 0  # how often the whole schema was needed

    def plan(self) -> Planned:
        code = self._run(self.types or None)[0]
        if code not in {0, 2}:
            self.whole += 1
            code = self._run(None)[0]
        assert code in {0, 2}, (self.scratch / "stdout").read_text()[-3000:]
        return Planned(code, self.document(PLAN_FILE))

    def document(self, plan_file: str) -> dict[str, Any]:
        """What terraform shows of any plan of the stack, with schemas as `plan` has them."""
        shown, text = self._run(self.types, ("show", "-json", plan_file))
        assert shown == 0
        document: dict[str, Any] = json.loads(text)
        return document

    def asked(self, mode: str) -> frozenset[str]:
        """The types of this mode that plans have asked about, `resource` or `data`."""
        of_mode = (name.split() for names in self.types.values() for name in names)
        return frozenset(name for kind, name in of_mode if kind == mode)

    def _run(self, types: Types | None, arguments: tuple[str, ...] = PLAN) -> tuple[int, bytes]:
        folder = self.stack.folder
        providers = installed(folder / ".terraform.lock.hcl", folder / ".terraform", self.prober.folder / "v")
        command = Command(
            argv=(),
            cwd=folder,
            env=self.stack.environment,
            stdout=self.scratch / "stdout",
            stderr=self.scratch / "stderr",
            deadline=LONGEST,
        )
        with self.prober.probing(providers, types, command) as probe:
            made = Command(
                **{**vars(command), "argv": probe.attach(("terraform", *arguments))},
            )
            ended = run(made, on_start=probe.admit)
        assert probe.seen is not None
        if ended.exit_code in {0, 2}:
            assert probe.seen.trouble == ()
        for address, names in probe.seen.types.items():
            self.types[address] = self.types.get(address, frozenset()) | frozenset(names)
        return ended.exit_code, (self.scratch / "stdout").read_bytes()
