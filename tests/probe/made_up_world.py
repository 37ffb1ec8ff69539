"""A stack whose code, state and cloud are those of one made-up configuration after the other."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from made_up import Configuration
from made_up_before import cloud_of, state_of
from probing_world import Stage
from provider.mirror import install

from runner.ports.keeping import Sealing

OFFERING = Path(__file__).with_name("offering_provider.py")


@contextmanager
def offering_stage(folder: Path, seal: Sealing | None = None) -> Iterator[Stage]:
    """On the provider that offers more."""
    stage = Stage(folder / "made-up", install(folder / "offering", OFFERING), seal=seal)
    yield stage
    stage.engine.prober.close()
    if stage.engine.replays is not None:
        stage.engine.replays.shared.close()


@dataclass
class MadeUpWorld:
    stage: Stage

    def set_up(self, made: Configuration) -> None:
        shutil.rmtree(self.code)
        for name, text in made.files().items():
            path = self.code / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.state.write_text(json.dumps(state_of(made)))
        self.stage.cloud.write_text(json.dumps({"objects": cloud_of(made)}))

    @property
    def code(self) -> Path:
        """The folder of its root module."""
        return self.stage.tree / self.stage.name

    @property
    def state(self) -> Path:
        """Its file."""
        state = self.stage.execution().workspace.state
        assert state is not None
        return state
