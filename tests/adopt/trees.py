"""Repositories in the shapes that people have, as mappings of paths to texts."""

from collections.abc import Mapping
from pathlib import Path

Tree = Mapping[str, str]


def backend(key: str, bucket: str = "states") -> str:
    return f'terraform {{\n  backend "s3" {{\n    bucket = "{bucket}"\n    key    = "{key}"\n  }}\n}}\n'


def reads_state(key: str, name: str = "network", bucket: str = "states") -> str:
    return (
        f'data "terraform_remote_state" "{name}" {{\n  backend = "s3"\n'
        f'  config = {{\n    bucket = "{bucket}"\n    key    = "{key}"\n  }}\n}}\n'
    )


def calls(source: str, name: str = "it") -> str:
    return f'module "{name}" {{\n  source = "{source}"\n}}\n'


PROVIDER = 'provider "aws" {\n  region = "eu-west-1"\n}\n'
MODULE = 'variable "name" {}\nresource "terraform_data" "it" {\n  input = var.name\n}\n'
BY_WORKSPACE = 'locals {\n  name = "app-${terraform.workspace}"\n}\n'


def plant(top: Path, tree: Tree) -> Path:
    (top / ".git").mkdir(parents=True, exist_ok=True)
    (top / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    for name, text in tree.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return top
