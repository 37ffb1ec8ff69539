from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache

import pytest
from moto_process import Moto, moto
from probe_lab import Lab
from provider.mirror import cli_config, install

from runner.probe.prober import Prober


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """For all cases of this worker: one mirror, and one moto that is started when the first case on AWS comes."""
    mirror = install(tmp_path_factory.mktemp("mirror"), with_aws=True)
    with ExitStack() as stack:

        @cache
        def started() -> Moto:
            return stack.enter_context(moto())

        yield Lab(tmp_path_factory.mktemp("probe"), cli_config(mirror), started)


@pytest.fixture(scope="session")
def prober(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prober]:
    """With one cache for all cases of this worker, as an installation has."""
    folder = tmp_path_factory.mktemp("prober")
    made = Prober(folder)
    yield made
    made.close()
