"""The clouds that drift is looked for in: AWS as moto plays it, and that of the test provider, which is one file."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

from moto_process import moto
from provider.mirror import aws_mirror, install

from benchmarks import processes
from benchmarks.size import Size
from runner.host.files import private_folder

CODE = Path(__file__).with_name("stacks")
REGION = "eu-west-1"
SERVICES = ("cloudwatch", "dynamodb", "ec2", "iam", "logs", "s3", "sns", "sqs", "ssm")
ACCOUNT = "123456789012"  # moto's


class Missing(Exception):
    """What the cloud would need."""


@dataclass(frozen=True)
class Cloud:
    """`change` does something by hand to what terraform made for the small stack of this name."""

    title: str
    mirror: Path  # of its provider
    environment: Mapping[str, str]  # how terraform finds it and logs in
    head: str
    pointed: (
        str | None
    )  # the same with the services' addresses in the code, as people write it for clouds like this one
    small: str
    large: str
    modular: Mapping[str, str]  # stacks that are calls of modules, by the number of their resources
    in_modules: str  # after the name of such a stack: where `change` finds something of it
    shared: str  # a module for many stacks, with WORD for what a commit changes
    modules: Mapping[str, str]  # those modules, by the paths of their files in a stack's folder
    change: Callable[[str], None]
    visible: tuple[Path, ...] = ()  # to runs, which find the rest of the machine read-only or empty
    played_by: frozenset[int] = frozenset()  # processes that are no part of any check


@contextmanager
def cloud(size: Size, folder: Path) -> Iterator[Cloud]:
    """For as long as the block lasts; Missing where this machine has not what it takes."""
    folder.mkdir(parents=True)
    with _aws(folder) if size.aws else _file(folder) as made:
        yield made


@contextmanager
def _aws(folder: Path) -> Iterator[Cloud]:
    if aws_mirror() is None:
        raise Missing("there is no unpacked hashicorp/aws provider")
    if find_spec("moto") is None:
        raise Missing("there is no moto, which plays AWS")
    before = processes.children()
    with moto() as there, mock.patch.dict(os.environ, there.environment):

        def change(name: str) -> None:
            sns = there.client("sns", REGION)
            sns.set_topic_attributes(
                TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}",
                AttributeName="DisplayName",
                AttributeValue="By hand",
            )

        yield Cloud(
            "AWS",
            install(folder / "mirror", with_aws=True),
            there.environment,
            _code("aws"),
            _pointed(_code("aws"), there.environment["AWS_ENDPOINT_URL"]),
            _code("aws-small"),
            _code("aws-large"),
            _modular("aws"),
            "-0",
            _code("aws-shared"),
            _modules("aws"),
            change,
            played_by=frozenset(processes.children() - before),
        )


@contextmanager
def _file(folder: Path) -> Iterator[Cloud]:
    from provider.cloudfile import edit

    path = private_folder(folder.resolve() / "cloud") / "cloud.json"

    def change(name: str) -> None:
        with edit(path) as objects:
            objects[f"{name}-0"]["value"] = "by hand"

    yield Cloud(
        "cloudfile",
        install(folder / "mirror"),
        {},
        _code("cloudfile").replace("CLOUD", str(path)),
        None,
        _code("cloudfile-small"),
        _code("cloudfile-large"),
        _modular("cloudfile"),
        "-x-counted",
        _code("cloudfile-shared"),
        _modules("cloudfile"),
        change,
        visible=(path.parent,),
    )


def _pointed(head: str, address: str) -> str:
    block = "".join(f'    {service} = "{address}"\n' for service in SERVICES)
    return head.rstrip().removesuffix("}") + f"  endpoints {{\n{block}  }}\n}}\n"


def _code(name: str) -> str:
    return (CODE / f"{name}.tf").read_text()


def _modular(cloud: str) -> dict[str, str]:
    return {count: _code(f"{cloud}-modules-{count}") for count in ("20", "60")}


def _modules(cloud: str) -> dict[str, str]:
    files = sorted((CODE / "modules" / cloud).glob("*/*.tf"))
    return {f"modules/{file.parent.name}/{file.name}": file.read_text() for file in files}
