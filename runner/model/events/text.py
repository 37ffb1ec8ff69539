"""An event of the feed as one sentence for people."""

from runner.model.events.feed import (
    AccountThrottled,
    BackupBegun,
    BackupRestored,
    FeedEvent,
    GlassBroken,
    Payload,
    PlanApproved,
    ProviderDistrusted,
    PullMoved,
    RunMoved,
    StackEnded,
    StackLeft,
    StackPaused,
    StackRenamed,
    StackResumed,
    StagePromoted,
    StateImported,
    StateReplaced,
)

# Sentences by topic, or else by the type of the payload; {0} is the payload.
_BY_TOPIC = {
    "drift.open": "{0.stack} drifted (changes: {0.counted})",
    "drift.confirm": "drift of {0.stack} confirmed (changes: {0.counted})",
    "drift.change": "drift of {0.stack} changed (changes: {0.counted})",
    "drift.acknowledge": "drift of {0.stack} acknowledged by {0.by}",
    "drift.reopen": "drift of {0.stack} is open again",
    "drift.resolve": "drift of {0.stack} resolved",
    "drift.explain": "cause of the drift of {0.stack}",
    "drift.contest": "drift of {0.stack} is contested, and is no longer healed",
    "promotion.straight": "{0.stack} is planned outside promotion {0.promotion} by {0.by}",
    "approval.withdraw": "reviews of a preview of {0.stack} withdrawn by {0.person}",
    "lock.take": "{0.stack} locked by {0.holder}",
    "lock.release": "{0.stack} released by {0.by}",
    "pull.open": "pull request #{0.number} of {0.source} opened",
    "pull.change": "pull request #{0.number} of {0.source} changed",
    "check.fail": "{0.check} of {0.stack} fails",
    "check.pass": "{0.check} of {0.stack} passes again",
}
_BY_PAYLOAD: dict[type[Payload], str] = {
    RunMoved: "{0.kind} run of {0.stack} is {0.state.in_words}, by {0.by}",
    PlanApproved: "plan of {0.stack} approved by {0.person}",
    GlassBroken: "run-{0.run} of {0.stack} is applied outside its windows by {0.by}",
    StagePromoted: "{0.stack} is planned early in promotion {0.promotion} by {0.by}",
    StackLeft: "{0.stack} is no longer declared in Git",
    StackRenamed: "{0.was} renamed to {0.stack} by {0.by}",
    StackEnded: "{0.stack} forgotten by {0.by}",
    StackPaused: "{0.stack} paused by {0.by}",
    StackResumed: "{0.stack} resumed by {0.by}",
    StateReplaced: "the state of {0.stack} was replaced by {0.by} (version {0.version}, serial {0.serial})",
    StateImported: "a state was imported for {0.stack} by {0.by} (resources: {0.resources}, serial {0.serial})",
    BackupBegun: "backup to {0.file} begun by {0.by}",
    BackupRestored: "restored by {0.by} from the backup of {0.made} (stacks locked: {0.locked})",
    ProviderDistrusted: "a probe of {0.provider} disagreed with a full plan; the provider is no longer probed",
    PullMoved: "pull request #{0.number} of {0.source} is {0.state}",
    AccountThrottled: "{0.account} is throttled: at most {0.at_most} runs until {0.until}",
}


def headline(event: FeedEvent) -> str:
    """Without the reason."""
    template = _BY_TOPIC.get(event.topic) or _BY_PAYLOAD[type(event.payload)]
    return template.format(event.payload)


def sentence(event: FeedEvent) -> str:
    text = headline(event)
    more = getattr(event.payload, "reason", "") or getattr(event.payload, "comment", "")
    return f"{text}: {more}" if more else text


def stack_of(event: FeedEvent) -> str | None:
    """None if the event concerns more than one stack."""
    return getattr(event.payload, "stack", None)


def stacks_of(event: FeedEvent) -> tuple[str, ...]:
    """Every name that the event says for its stack: a renamed one has two."""
    names = (getattr(event.payload, key, None) for key in ("stack", "was"))
    return tuple(name for name in names if name is not None)
