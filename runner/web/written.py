"""What an operation returns, as the JSON that is sent."""

import json
from typing import Any

from runner.view.document import document

JSON = "application/json"
BYTES = "application/octet-stream"


def written(value: Any) -> bytes:
    return json.dumps(document(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
