"""The faulty provider with a data source that looks at the machine: at files, variables and its own folder."""

from __future__ import annotations

import os

import faulty_provider
from provider import cloudfile
from provider.plugin import Attribute, DataSource, Said, String

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Glance(DataSource):
    name = "glance"
    attributes = (
        Attribute("file", String(), optional=True),
        Attribute("variable", String(), optional=True),
        Attribute("value", String(), computed=True),
    )

    def read(self, said: Said, config: dict[str, Any]) -> dict[str, Any]:
        """Nothing that is not there is an error: that is how a change goes unseen."""
        value = os.environ.get(config.get("variable") or "", "")
        if config.get("file"):
            path = os.path.expanduser(config["file"])
            value = text_of(path) if os.path.isfile(path) else "nothing"
        return {"file": config.get("file"), "variable": config.get("variable"), "value": value}


def text_of(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


class Worldly(faulty_provider.Faulty):
    data_sources = (cloudfile.CloudLookup, Glance)


def main() -> None:
    faulty_provider.main(Worldly)
