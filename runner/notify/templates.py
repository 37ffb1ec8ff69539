"""Texts of messages, from Jinja templates that an operator can replace one by one."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from runner.model.events.feed import TOPICS
from runner.model.notify.form import Form, Own, plain, written
from runner.model.notify.message import Message, folded, message_of
from runner.model.notify.sample import sample
from runner.model.values.frozen import dataclass

OURS = Path(__file__).with_name("templates")
ENDINGS: Mapping[Form, str] = {"text": "txt", "markdown": "md", "html": "html"}
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
        name = f"{'events' if message.folded else 'event'}.{ENDINGS[form]}"
        if self.folder is None or not (self.folder / name).exists():
            return self._drawn(OURS, name, message, form)
        try:
            return self._drawn(self.folder, name, message, form)
        except Exception as error:  # noqa: BLE001 - whatever a template does
            broken = f"The template {name} is broken ({_said(error)}); this is the default text."
            return f"{self._drawn(OURS, name, message, form)}\n\n{written(broken, form)}"

    def flaws(self) -> Iterator[str]:
        """Which templates of the operator are broken, and why."""
        if self.folder is not None and not self.folder.is_dir():
            yield f"there is no directory {self.folder} with templates"
        now = datetime.now(UTC)
        events = [sample(topic, now) for topic in TOPICS]
        samples = {"event": [message_of(event, None) for event in events], "events": [folded(events, None)]}
        for name, form in ((name, form) for name in samples for form in ENDINGS):
            file = f"{name}.{ENDINGS[form]}"
            if self.folder is not None and (self.folder / file).exists():
                yield from self._flaw(file, form, samples[name])

    def _flaw(self, file: str, form: Form, samples: Iterable[Message]) -> Iterator[str]:
        try:
            for one in samples:
                self._drawn(self.folder or OURS, file, one, form)
        except Exception as error:  # noqa: BLE001 - whatever a template does
            yield f"template {file} is broken: {_said(error)}"

    def _drawn(self, folder: Path, name: str, message: Message, form: Form) -> str:
        source = (folder / name).read_text()
        text: str = self._environments[form].from_string(source).render(_values(message))
        return text.strip()[:LARGEST]

    @cached_property
    def _environments(self) -> Mapping[Form, Any]:
        return {form: _environment(form) for form in ENDINGS}


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
    values["topics"] = {Own(topic): count for topic, count in (message.topics or {}).items()}
    values["events"] = message.told
    values["event"] = message.told[0]
    return values


_SHOWN = ("title", "conversation", "count", "names", "more_names", "digest", "test", "folded")


def _said(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    return f"{f'line {line}: ' if line else ''}{type(error).__name__}: {error}"
