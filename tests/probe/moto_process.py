"""moto in a process of its own: its cloud is not the one of other tests of this worker, nor is its interpreter lock."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.request import Request, urlopen

LOGIN = {"AWS_ACCESS_KEY_ID": "canary", "AWS_SECRET_ACCESS_KEY": "canary"}


@dataclass(frozen=True)
class Moto:
    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": self.url, **LOGIN}

    def reset(self) -> None:
        urlopen(Request(f"{self.url}/moto-api/reset", method="POST")).close()

    def client(self, service: str, region: str) -> Any:
        """boto3's, for somebody who works by hand."""
        return client(self.url, service, region)


@cache
def client(url: str, service: Any, region: str) -> Any:
    import boto3

    return boto3.client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=LOGIN["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=LOGIN["AWS_SECRET_ACCESS_KEY"],
    )


@contextmanager
def moto() -> Iterator[Moto]:
    """An empty cloud, gone at the end of the block."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url, "moto did not start"
            yield Moto(url)
        finally:
            process.stdin.close()


def serve() -> None:
    """Until the one who started it closes its standard input, or dies."""
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").disabled = True  # it tells of every request
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    serve()
