"""An installation without policies pays nothing for them."""

import subprocess
import sys
from pathlib import Path

LOOK = """
import sys
from pathlib import Path
from runner.app import App
app = App.from_config(Path(sys.argv[1]), creates=True)
app.parts
print(*(name for name in sys.modules if "regopy" in name or "rego." in name or "policy.evaluation" in name))
"""


def test_a_daemon_without_policies_imports_no_engine(tmp_path: Path) -> None:
    config = tmp_path / "driftline.yaml"
    config.write_text(f"data_dir: {tmp_path}/data\nsources: []\n")
    looked = subprocess.run(
        [sys.executable, "-c", LOOK, str(config)], capture_output=True, text=True, check=True
    )
    assert looked.stdout.strip() == ""
