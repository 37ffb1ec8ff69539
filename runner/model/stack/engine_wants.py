"""Which version of its engine a stack wants, as its definition, its version files and its code say."""

from runner.model.values.frozen import dataclass

OWN = "engine_version"


@dataclass(frozen=True)
class Wish:
    """A version or a constraint, and where it stands: OWN or the path of a file."""

    text: str
    place: str


@dataclass(frozen=True)
class Requirement:
    """A constraint in the code. `compatible_with` is OpenTofu's, in a `language` block; others are `required_version`.

    `computes` says what in the file only these versions evaluate.
    """

    text: str
    file: str
    compatible_with: bool = False
    computes: str = ""

    def __str__(self) -> str:
        if self.computes:
            return f"{self.file} has {self.computes}, which needs {self.text}"
        return f"{self.file} asks for {self.text}"


@dataclass(frozen=True)
class EngineWants:
    """`flaw` says why its version file, `flawed`, cannot be followed; there is no wish then."""

    wish: Wish | None = None
    requirements: tuple[Requirement, ...] = ()
    flaw: str = ""
    flawed: str = ""


ANY = EngineWants()
