"""What the head of a source declares, though nothing of it is recorded."""

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class SourceHead:
    source: str
    branch: str
    revision: str


@dataclass(frozen=True)
class SignatureRow:
    revision: str
    signer: str
    key: str


@dataclass(frozen=True)
class FoundStack:
    name: str
    file: str
    module_path: str


@dataclass(frozen=True)
class SourceCheck:
    """`signatures` are those that `verify` of the source asks for; problems come with their places."""

    signatures: tuple[SignatureRow, ...]
    stacks: tuple[FoundStack, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
