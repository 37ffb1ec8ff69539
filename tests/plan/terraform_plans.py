"""Plan documents made by a real Terraform in a folder of their own."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from provider.cloudfile import edit
from provider.mirror import cli_config, install

from runner.model.plan.reading import parse_document

needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on the PATH")


class Module:
    """A root module with local state; `cloud` is what the test provider keeps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "module"
        self.folder.mkdir()
        self.cloud = self.folder / "cloud.json"
        self._cli_config = cli_config(install(folder / "mirror"))

    def plan(self, code: str, *options: str, fails: bool = False) -> dict[str, Any]:
        (self.folder / "main.tf").write_text(code)
        self._terraform("init", "-input=false")
        self._terraform("plan", "-input=false", "-out=p", *options, fails=fails)
        return parse_document(self._terraform("show", "-json", "p"))

    def apply(self, code: str, *options: str) -> dict[str, Any]:
        document = self.plan(code, *options)
        self._terraform("apply", "-input=false", "p")
        return document

    def by_hand(self, name: str, **attributes: Any) -> None:
        with edit(self.cloud) as objects:
            objects[name].update(attributes)

    def delete_by_hand(self, name: str) -> None:
        with edit(self.cloud) as objects:
            del objects[name]

    def _terraform(self, *words: str, fails: bool = False) -> bytes:
        done = subprocess.run(
            ["terraform", *words],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "TMPDIR": tempfile.gettempdir(),
                "TF_CLI_CONFIG_FILE": str(self._cli_config),
                "CHECKPOINT_DISABLE": "1",
            },
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert (done.returncode != 0) is fails, done.stderr.decode()
        return done.stdout
