"""Sources that are at no forge any more: at the next one they begin anew, and old comments there do not act."""

from runner.model.settings.server import Settings
from runner.ports.records.store import Store


def retire_forges(store: Store, settings: Settings) -> None:
    named = {source.name for source in settings.sources if source.forge is not None}
    with store.reading() as reader:
        gone = reader.read_at_forges() - named
    if gone:
        with store.writing() as writer:
            for source in gone:
                writer.forget_forge(source)
