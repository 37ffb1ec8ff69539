"""What a life would import and make once for itself; where it is there already, one is born in 10 ms, not in 500."""

import apscheduler.triggers.cron
import cryptography.hazmat.primitives.ciphers.aead
import git
import hcl2
import pydantic
import scenarios
import sqlite_utils
import structlog
import tzlocal

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
import runner.source.mirrors
import runner.store.check
import runner.view.report

MODULES = (
    apscheduler.triggers.cron, cryptography.hazmat.primitives.ciphers.aead, git, pydantic, runner, scenarios, sqlite_utils,
    structlog, tzlocal,
)  # fmt: skip
PARSER = hcl2.loads('one = "${local.two}"\n')  # its grammar takes 80 ms
