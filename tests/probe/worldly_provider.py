"""The faulty provider with a data source that looks at the machine: at files, variables and its own folder."""

import os
from pathlib import Path
from typing import Any

import cloudfile  # type: ignore[import-not-found]
import faulty_provider
from tf import iface, types
from tf.schema import Attribute, Schema


class Glance(iface.DataSource):  # type: ignore[misc]
    def __init__(self, provider: Any) -> None:
        pass

    @classmethod
    def get_name(cls) -> str:
        return "glance"

    @classmethod
    def get_schema(cls) -> Schema:
        text = types.String()
        return Schema(
            version=1,
            attributes=[
                Attribute("file", text, optional=True),
                Attribute("variable", text, optional=True),
                Attribute("value", text, computed=True),
            ],
        )

    def read(self, ctx: Any, config: dict[str, Any]) -> dict[str, Any]:
        """Nothing that is not there is an error: that is how a change goes unseen."""
        value = os.environ.get(config.get("variable") or "", "")
        if config.get("file"):
            path = Path(config["file"]).expanduser()
            value = path.read_text() if path.is_file() else "nothing"
        return {"file": config.get("file"), "variable": config.get("variable"), "value": value}


class Worldly(faulty_provider.Faulty):
    def get_data_sources(self) -> list[Any]:
        return [cloudfile.CloudLookup, Glance]


if __name__ == "__main__":
    faulty_provider.Faulty = Worldly  # type: ignore[misc]
    faulty_provider.main()
