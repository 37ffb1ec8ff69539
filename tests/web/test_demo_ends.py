"""The demo ends with its dashboard, where somebody looks."""

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx2
from cli_world import until
from web_process import answers, over_socket

from runner.cli.look_around import somebody_looks

PATIENCE = 30.0
LOOK_AROUND = """\
import sys
from pathlib import Path
from runner.cli.commands.demo import Cloud, Tour
cloud = Cloud(Path(sys.argv[1]))
tour = Tour(Path(sys.argv[1]), cloud, None)
with cloud.running():
    tour.prepare()
    tour.run("daemon", "--once")
    tour.look_around()
print("the end")
"""


class Demo:
    """A process of its own, whose output is read while it comes."""

    def __init__(self, root: Path) -> None:
        argv = [sys.executable, "-c", LOOK_AROUND, str(root)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    @property
    def out(self) -> str:
        return "".join(self.lines)

    def ends(self) -> str:
        """By Ctrl-C; what it has printed."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(PATIENCE) == 0
        self.reader.join()
        return self.out

    def end(self) -> None:
        with self.process:
            self.process.kill()


def approved(answer: httpx2.Response) -> bool:
    return answer.status_code == 200 and answer.json()["daemon"] is True


def test_what_is_approved_in_its_browser_is_applied_until_ctrl_c(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    try:
        until(lambda: "/login#code=" in demo.out)
        address = re.findall(r"(http://\S+)/login#code=", demo.out)[0]
        assert answers(address)
        with over_socket(tmp_path / "data" / "web.sock") as browser:
            run = browser.get("/api/v1/runs/1").json()
            assert run["state"] == "awaiting_approval"
            assert approved(browser.post("/api/v1/runs/1/approve", json={"digest": run["plan_digest"]}))
            until(lambda: browser.get("/api/v1/runs/1").json()["state"] == "applied")
        assert demo.ends().endswith("the end\n")
        assert not answers(address)
    finally:
        demo.end()


def test_without_a_terminal_nobody_looks() -> None:
    assert not somebody_looks()
