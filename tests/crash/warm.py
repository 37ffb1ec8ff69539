"""What a life would import and make once for itself; where it is there already, one is born in 10 ms, not in 500."""

import encodings.cp437
import encodings.utf_8_sig
from pathlib import Path
from tempfile import TemporaryDirectory

import apscheduler.triggers.cron
import cryptography.hazmat.primitives.ciphers.aead
import git
import hcl2
import pydantic
import scenarios
import sqlite_utils
import structlog
import tzlocal
from crashes import ground

import runner.artifact
import runner.config.stack_file
import runner.daemon.parts
import runner.datadir.checkpoints
import runner.datadir.claims
import runner.datadir.keys
import runner.datadir.receipts
import runner.datadir.reports
import runner.datadir.workspace
import runner.engine.command
import runner.engine.modules.configuration
import runner.model.changes.attribute_text
import runner.model.drift.report_text
import runner.model.evaluated.text
import runner.policy.folder
import runner.policy.host
import runner.policy.judge
import runner.source.mirrors
import runner.store.check
import runner.view.report
from runner.app import App

MODULES = (
    apscheduler.triggers.cron, cryptography.hazmat.primitives.ciphers.aead, encodings.cp437, encodings.utf_8_sig, git,
    pydantic, runner, scenarios, sqlite_utils, structlog, tzlocal,
)  # fmt: skip
PARSER = hcl2.loads('one = "${local.two}"\n')  # its grammar takes 80 ms
# Its expressions and the shape of a configuration: 50 ms.
with TemporaryDirectory() as folder:
    App.from_config(ground.lay(Path(folder) / "ground", slots=1, drift="0 0 1 1 *"))
