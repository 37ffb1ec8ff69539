"""How much memory Go may take in a run, and who decides over that."""

from pathlib import Path

import pytest

from runner.app import App
from runner.config.environment import denial
from runner.datadir.workspace import LocalWorkspaces
from runner.engine.environment import child_environment, inherited
from runner.errors import NotAllowed
from runner.host.memory import MachineMemory
from runner.model.code.engines import ENGINES
from runner.model.schedule.load import memory_limit
from runner.model.stack.definition import StackDefinition


def app(tmp_path: Path, executor: str) -> App:
    config = tmp_path / "driftline.yaml"
    config.write_text(
        f"version: 1\ndata_dir: {tmp_path}/data\nexecutor: {executor}\nengines: {{env: [GOGC]}}\n"
    )
    return App.from_config(config)


def environment(tmp_path: Path, app: App, **env: str) -> dict[str, str]:
    workspace = LocalWorkspaces(tmp_path / "data").prepare(1, "a", tmp_path, ".", managed_state=True)
    daemon = app.engine.sessions.daemon  # type: ignore[attr-defined]
    base = inherited(daemon, app.settings.engines.env)
    stack = StackDefinition(name="a", env=env)
    return child_environment(
        ENGINES["terraform"],
        stack,
        workspace,
        cli_config=tmp_path / "rc",
        base=base,
        contexts={},
        credentials={},
    )


def test_a_run_gets_the_slots_part_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMEMLIMIT", raising=False)
    total = MachineMemory().total()
    made = environment(tmp_path, app(tmp_path, "{slots: 3}"))
    assert made["GOMEMLIMIT"] == str(memory_limit(total, 3, 850 * 10**6))
    large = environment(tmp_path, app(tmp_path, "{slots: 3, memory_per_run: 9TB}"))
    assert large["GOMEMLIMIT"] == str(9 * 10**12)


def test_what_the_operator_has_set_for_the_daemon_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOMEMLIMIT", "500MiB")
    monkeypatch.setenv("GOGC", "50")
    made = environment(tmp_path, app(tmp_path, "{slots: 3}"))
    assert (made["GOMEMLIMIT"], made["GOGC"]) == ("500MiB", "50")


def test_a_stack_cannot_take_more_than_its_part(tmp_path: Path) -> None:
    place = app(tmp_path, "{slots: 3}")
    assert environment(tmp_path, place)["GOGC"] == "400"
    with pytest.raises(NotAllowed, match="GOMEMLIMIT"):
        environment(tmp_path, place, GOMEMLIMIT="900GiB")
    assert denial("GOMEMLIMIT") is not None
    assert denial("GOGC") is not None
