"""What a person may do about a promotion: plan a stage early, with a reason that is recorded."""

from collections.abc import Callable

from runner.errors import Blocked, NotFound, PromotionNotFound, PromotionWaits
from runner.model.approval.approval import Person
from runner.model.events.feed import StagePromoted
from runner.model.promotion.advance import Advance
from runner.model.promotion.rules import Held, held
from runner.model.promotion.stage import Wanted
from runner.model.schedule.decide import decide
from runner.model.schedule.view import View
from runner.model.settings.promotion import Promotion, promotion_of
from runner.model.settings.server import Settings
from runner.ports.control import ControlPorts
from runner.ports.git import Git
from runner.ports.records.store import Reader, Writer
from runner.service.queue.promotions import stage_of, stages_before
from runner.service.queue.views import views


def named_promotion(settings: Settings, name: str) -> Promotion:
    found = next((one for one in settings.promotion if one.name == name), None)
    if found is None:
        raise PromotionNotFound(promotion=name)
    return found


def next_stage(
    control: ControlPorts, promotion: Promotion, to: str | None, sees: Callable[[str], bool]
) -> str:
    """The stage that a person means: by name, or the first one that they see which waits for another."""
    name = promotion.name
    if to is None:
        with control.store.reading() as reader:
            found = views(reader, control.clock, promotions=control.settings.promotion)
        waiting = {view.stack.name for view in found if decide(view).code == "promotion"}
        to = next((stage for stage in promotion.order if stage in waiting and sees(stage)), None)
        if to is None:
            raise Blocked(f"no stage of promotion {name} waits for another", hint=f"driftline promote {name}")
    if to not in promotion.order:
        raise NotFound(f"promotion {name} has no stage {to}", hint=f"driftline promote {name}")
    if to == promotion.order[0]:
        raise Blocked(f"{to} is the first stage of promotion {name}", hint=f"driftline plan {to}")
    return to


def promoted_at(control: ControlPorts, git: Git, stack: str, revision: str) -> Wanted | None:
    """That a stage is to get this revision of its branch, with the revisions of the stages before that contain it."""
    promotion = promotion_of(control.settings.promotion, stack)
    if promotion is None:
        return None
    with control.store.reading() as reader:
        known = {one.name: one for one in reader.stacks()}
    source = control.settings.required_source(known[stack].source)
    applied = {
        known[name].applied_revision
        for name in promotion.before(stack)
        if name in known and known[name].source == source.name
    }
    within = {one for one in applied if one is not None and git.is_ancestor(source, revision, one)}
    return Wanted(revision, None, frozenset(within))


def promote(
    writer: Writer,
    control: ControlPorts,
    facts: View,
    asked: Wanted | None,
    advance: Advance | None,
    person: Person,
) -> str:
    """The reason of a plan that a person advances, recorded; PromotionWaits if it waits and may not be advanced so."""
    found = facts.promotion if asked is None else _held_at(writer, control, facts, asked)
    if found is None:
        return ""
    if advance is None or not advance.passes(found):
        raise PromotionWaits(stack=facts.stack.name, sentence=found.sentence, hint=_hint(found, facts, asked))
    _record(writer, found, facts, asked, advance, person)
    return f"promoted {'straight' if advance.straight else 'early'}: {advance.reason}"


def _record(
    writer: Writer, found: Held, facts: View, asked: Wanted | None, advance: Advance, person: Person
) -> None:
    stack, revision = facts.stack.name, asked.revision if asked else facts.stack.revision
    detail = {"promotion": found.promotion, "revision": revision, "code": found.code, "skipped": found.reason}
    writer.audit_note(person.name, advance.action, stack, {**detail, "reason": advance.reason})
    event = StagePromoted(stack, found.promotion, person.name, revision, found.reason, advance.reason)
    writer.emit(advance.action, stack, event)


def _held_at(reader: Reader, control: ControlPorts, facts: View, wanted: Wanted) -> Held | None:
    promotion = promotion_of(control.settings.promotion, facts.stack.name)
    if promotion is None:
        return None
    known = views(reader, control.clock, left=True, promotions=control.settings.promotion)
    before = stages_before(reader, known, promotion, facts.stack.name)
    return held(promotion, stage_of(facts.stack.name, facts, None), before, wanted, facts.now)


def _hint(found: Held, facts: View, asked: Wanted | None) -> str:
    stack = facts.stack.name
    if asked is not None:
        return f"driftline plan {stack} --ref {asked.revision[:12]} --straight -m REASON"
    if found.early:
        return f"driftline promote {found.promotion} --to {stack} -m REASON"
    return f"driftline promote {found.promotion}   or, without waiting:   driftline plan {stack} --straight -m REASON"
