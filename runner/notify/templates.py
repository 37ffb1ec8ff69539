"""Texts of messages, from Jinja templates that an operator can replace one by one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from runner.model.notify.form import Form, Own, plain, written
from runner.model.notify.message import Message

OURS = Path(__file__).with_name("templates")
_ENDINGS: Mapping[Form, str] = {"text": "txt", "markdown": "md", "html": "html"}
_MARKUP = re.compile(r"[`*~<>|\\\[\]]")
LARGEST = 20_000  # characters of one message: what it is about comes first


@dataclass(frozen=True)
class Templates:
    """`folder` is the operator's. A broken template of theirs never keeps a message: ours is used, and says so."""

    folder: Path | None = None

    def title(self, message: Message) -> str:
        """In no form of its own: it becomes the subject of a mail, or the first line of any text."""
        return ("(test) " if message.test else "") + _MARKUP.sub("", plain(message.title))

    def body(self, message: Message, form: Form) -> str:
        name = f"{'events' if message.folded else 'event'}.{_ENDINGS[form]}"
        if self.folder is None or not (self.folder / name).exists():
            return self._drawn(OURS, name, message, form)
        try:
            return self._drawn(self.folder, name, message, form)
        except Exception as error:  # noqa: BLE001 - whatever a template does
            broken = f"The template {name} is broken ({_said(error)}); this is the default text."
            return f"{self._drawn(OURS, name, message, form)}\n\n{written(broken, form)}"

    def flaws(self, samples: tuple[Message, ...]) -> Iterator[tuple[str, str]]:
        """Each broken template of the operator's, and why."""
        for sample in samples:
            for form, ending in _ENDINGS.items():
                name = f"{'events' if sample.folded else 'event'}.{ending}"
                if self.folder is not None and (self.folder / name).exists():
                    try:
                        self._drawn(self.folder, name, sample, form)
                    except Exception as error:  # noqa: BLE001 - whatever a template does
                        yield name, _said(error)

    def _drawn(self, folder: Path, name: str, message: Message, form: Form) -> str:
        source = (folder / name).read_text()
        text: str = self._environments[form].from_string(source).render(_values(message))
        return text.strip()[:LARGEST]

    @cached_property
    def _environments(self) -> Mapping[Form, Any]:
        return {form: _environment(form) for form in _ENDINGS}


def _environment(form: Form) -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Every value is written for its form, whatever the template says.
        finalize=lambda value: written(value, form),
    )


def _values(message: Message) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(message, name) for name in _SHOWN}
    values["level"], values["at"] = Own(message.level), Own(f"{message.at:%Y-%m-%d %H:%M} UTC")
    values["events"] = message.told
    values["event"] = message.told[0]
    return values


_SHOWN = ("title", "conversation", "count", "topics", "names", "more_names", "digest", "test", "folded")


def _said(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    return f"{f'line {line}: ' if line else ''}{type(error).__name__}: {error}"
