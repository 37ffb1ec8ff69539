"""The tables, as steps that sqlite-utils applies once each. A step is never edited after a release: add one."""

from __future__ import annotations

_TABLES = """
CREATE TABLE definitions (
    digest TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE stacks (
    name TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    file TEXT NOT NULL,
    module_path TEXT NOT NULL,
    definition TEXT NOT NULL REFERENCES definitions(digest),
    revision TEXT NOT NULL,
    inputs TEXT NOT NULL,
    identity TEXT NOT NULL,
    identity_backend TEXT NOT NULL,
    identity_address TEXT NOT NULL,
    identity_workspace TEXT NOT NULL,
    managed_state INTEGER NOT NULL,
    applied_revision TEXT,
    applied_inputs TEXT,
    applied_definition TEXT REFERENCES definitions(digest),
    applied_module_path TEXT,
    applied_file TEXT,
    applied_run INTEGER,
    planned_inputs TEXT,
    drift TEXT NOT NULL DEFAULT 'unknown',
    drift_reason TEXT NOT NULL DEFAULT 'not checked yet',
    checked_at TEXT,
    check_failures INTEGER NOT NULL DEFAULT 0,
    next_check_at TEXT,
    check_scheduled_at TEXT,
    pause_by TEXT,
    pause_reason TEXT,
    pause_since TEXT,
    pause_until TEXT,
    missing_since TEXT,
    problem TEXT,
    pinned_identity TEXT
) STRICT;
-- Two stacks with one state would overwrite each other.
CREATE UNIQUE INDEX one_stack_a_state ON stacks(identity) WHERE missing_since IS NULL;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stack TEXT NOT NULL REFERENCES stacks(name),
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    final INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    revision TEXT NOT NULL,
    inputs TEXT NOT NULL,
    definition TEXT NOT NULL REFERENCES definitions(digest),
    identity TEXT NOT NULL,
    trigger TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    targets TEXT NOT NULL,
    module_path TEXT NOT NULL,
    file TEXT NOT NULL,
    managed_state INTEGER NOT NULL,
    summary TEXT NOT NULL,
    plan_digest TEXT,
    fingerprint TEXT,
    binding_digest TEXT,
    executed_digest TEXT,
    planned_at TEXT,
    engine_version TEXT,
    wait_until TEXT,
    waits INTEGER NOT NULL DEFAULT 0,
    account TEXT NOT NULL DEFAULT '',
    claim_token TEXT,
    claim_host TEXT,
    claim_pid INTEGER,
    claim_since TEXT,
    superseded_by INTEGER,
    cancel_requested_by TEXT,
    report INTEGER,
    CHECK (claim_token IS NULL OR final = 0),
    CONSTRAINT drift_never_applies CHECK (
        kind <> 'drift'
        OR state NOT IN ('awaiting_approval', 'approved', 'applying', 'applied', 'apply_failed', 'interrupted')
    )
) STRICT;
CREATE UNIQUE INDEX one_executing_run ON runs(stack) WHERE claim_token IS NOT NULL;
-- A renamed stack is another stack with the same state.
CREATE UNIQUE INDEX one_executing_state ON runs(identity) WHERE claim_token IS NOT NULL;
CREATE INDEX runs_of_stack ON runs(stack, id);
CREATE INDEX changes_of_stack ON runs(stack, id) WHERE kind <> 'drift';
CREATE INDEX runs_in_state ON runs(state);
CREATE INDEX open_runs ON runs(id) WHERE final = 0;
CREATE INDEX checks_by_time ON runs(created_at) WHERE kind = 'drift';

CREATE TABLE run_details (
    run INTEGER PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
    changes TEXT,
    binding TEXT,
    diagnostics TEXT,
    outputs TEXT,
    evidence TEXT
) STRICT;

CREATE TABLE measured (
    run INTEGER PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
    stack TEXT NOT NULL,
    kind TEXT NOT NULL,
    peak_memory INTEGER,
    milliseconds INTEGER NOT NULL
) STRICT;
CREATE INDEX measured_of_stack ON measured(stack, kind, run);

CREATE TABLE throttles (
    account TEXT PRIMARY KEY,
    at_most INTEGER NOT NULL,
    since TEXT NOT NULL,
    until TEXT NOT NULL,
    times INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

CREATE TABLE approvals (
    run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    person TEXT NOT NULL,
    known_by TEXT NOT NULL,
    at TEXT NOT NULL,
    plan_digest TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    comment TEXT NOT NULL,
    binding_digest TEXT NOT NULL,
    accepted TEXT NOT NULL,
    PRIMARY KEY (run, person, plan_digest)
) STRICT;

CREATE TABLE seen_states (
    stack TEXT PRIMARY KEY REFERENCES stacks(name),
    lineage TEXT NOT NULL,
    serial INTEGER,
    resources INTEGER,
    at TEXT NOT NULL,
    seen_by TEXT NOT NULL
) STRICT;

CREATE TABLE probes (
    stack TEXT PRIMARY KEY REFERENCES stacks(name),
    record TEXT NOT NULL
) STRICT;

CREATE TABLE distrusted (
    checksum TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    stack TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;

CREATE TABLE commits (
    source TEXT NOT NULL,
    revision TEXT NOT NULL,
    author TEXT NOT NULL,
    author_email TEXT NOT NULL,
    committer TEXT NOT NULL,
    committer_email TEXT NOT NULL,
    at TEXT NOT NULL,
    subject TEXT NOT NULL,
    co_authors TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    PRIMARY KEY (source, revision)
) STRICT;

CREATE TABLE holds (
    stack TEXT PRIMARY KEY REFERENCES stacks(name),
    holder TEXT NOT NULL,
    reason TEXT NOT NULL,
    since TEXT NOT NULL,
    process TEXT,
    run INTEGER
) STRICT;

CREATE TABLE reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stack TEXT NOT NULL REFERENCES stacks(name),
    status TEXT NOT NULL,
    revision TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    seen INTEGER NOT NULL,
    findings TEXT NOT NULL,
    acknowledged_by TEXT,
    acknowledged_reason TEXT,
    acknowledged_at TEXT,
    acknowledged_until TEXT,
    resolved_at TEXT,
    confirmed INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_current_report ON reports(stack) WHERE status <> 'resolved';
CREATE INDEX reports_of_stack ON reports(stack, id);

CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    head TEXT,
    polled_at TEXT,
    moved_at TEXT,
    problem TEXT,
    failures INTEGER NOT NULL,
    discovered_with TEXT,
    rewritten_from TEXT,
    rewritten_at TEXT,
    problems TEXT NOT NULL,
    refused TEXT,
    newcomers TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_of_subject ON audit(subject, seq);
CREATE INDEX audit_by_time ON audit(at);
CREATE TRIGGER audit_is_not_edited BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- Without it, INSERT OR REPLACE would edit on connections whose recursive_triggers are off.
CREATE TRIGGER audit_is_in_order BEFORE INSERT ON audit
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit) BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    topic TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_by_time ON outbox(at);
"""

_APPROVAL_TERMS = """
-- What a stack was declared as and still counts, oldest first; the newest is what is in Git.
CREATE TABLE declarations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stack TEXT NOT NULL REFERENCES stacks(name),
    source TEXT NOT NULL,
    module_path TEXT NOT NULL,
    identity TEXT NOT NULL,
    file TEXT NOT NULL,
    revision TEXT NOT NULL,
    definition TEXT NOT NULL REFERENCES definitions(digest),
    seen_at TEXT NOT NULL
) STRICT;
CREATE INDEX declarations_of_stack ON declarations(stack, id);
CREATE INDEX declarations_of_state ON declarations(identity);
CREATE INDEX declarations_of_module ON declarations(source, module_path);
CREATE INDEX declarations_of_file ON declarations(source, file);

INSERT INTO declarations (stack, source, module_path, identity, file, revision, definition, seen_at)
    SELECT name, source, applied_module_path, coalesce(pinned_identity, identity), coalesce(applied_file, file),
        applied_revision, applied_definition, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
    FROM stacks
    WHERE applied_definition IS NOT NULL AND applied_module_path IS NOT NULL AND applied_definition <> definition;
INSERT INTO declarations (stack, source, module_path, identity, file, revision, definition, seen_at)
    SELECT name, source, module_path, identity, file, revision, definition, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
    FROM stacks;

-- Nothing is known to be reviewed before an approved run is applied by this version.
CREATE TABLE reviews (
    stack TEXT PRIMARY KEY REFERENCES stacks(name),
    source TEXT NOT NULL,
    revision TEXT NOT NULL,
    definition TEXT NOT NULL REFERENCES definitions(digest),
    module_path TEXT NOT NULL,
    file TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;

CREATE TABLE rewritten (
    source TEXT NOT NULL,
    revision TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (source, revision)
) STRICT;

CREATE TABLE signers (
    source TEXT NOT NULL,
    revision TEXT NOT NULL,
    signer TEXT NOT NULL,
    PRIMARY KEY (source, revision)
) STRICT;

ALTER TABLE approvals ADD COLUMN independent INTEGER;
"""

_SOURCE_NOTES = "ALTER TABLE sources ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';"

_APPLY_ONLY_OF_REPORTS = "ALTER TABLE reports ADD COLUMN apply_only TEXT NOT NULL DEFAULT '{}';"

_UNKNOWN_INPUTS = "ALTER TABLE stacks ADD COLUMN unknown_inputs TEXT NOT NULL DEFAULT '[]';"

# A consumer's cursor is the number of the last event that it has processed or that became a dead letter.
_FEED = """
CREATE TABLE consumers (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    next_try TEXT,
    problem TEXT NOT NULL
) STRICT;
CREATE TABLE dead_letters (
    consumer TEXT NOT NULL,
    id INTEGER NOT NULL,
    at TEXT NOT NULL,
    topic TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    problem TEXT NOT NULL,
    since TEXT NOT NULL,
    PRIMARY KEY (consumer, id)
) STRICT;
-- Payloads name what they are about, so that they can be read without their row.
UPDATE outbox SET payload = json_set(payload, '$.account', subject) WHERE topic = 'account.throttled';
"""

_LIFE_OF_STACKS = """
ALTER TABLE stacks ADD COLUMN home TEXT NOT NULL DEFAULT '';
ALTER TABLE stacks ADD COLUMN content TEXT NOT NULL DEFAULT '';
ALTER TABLE stacks ADD COLUMN left_how TEXT;
ALTER TABLE stacks ADD COLUMN renamed_to TEXT;
-- An operator's word that one stack is another one's successor, until that takes its place.
CREATE TABLE successions (
    new TEXT PRIMARY KEY,
    old TEXT NOT NULL UNIQUE REFERENCES stacks(name),
    said_by TEXT NOT NULL,
    said_at TEXT NOT NULL
) STRICT;
"""

_FAILING_CHECKS = "ALTER TABLE stacks ADD COLUMN failing_checks TEXT NOT NULL DEFAULT '[]';"

_PLAN_STEPS = "ALTER TABLE run_details ADD COLUMN steps TEXT;"

# Kinds and states that may are named, so that one that comes later applies nothing before a step says so.
_WHO_MAY_APPLY = """
CREATE TRIGGER only_known_kinds_apply BEFORE UPDATE OF kind, state ON runs
WHEN NEW.kind NOT IN ('change', 'destroy')
AND NEW.state NOT IN ('queued', 'planning', 'no_changes', 'drifted', 'plan_failed', 'canceled', 'superseded') BEGIN
    SELECT RAISE(ABORT, 'a run of this kind is never approved or applied');
END;
CREATE TRIGGER only_known_kinds_are_added BEFORE INSERT ON runs
WHEN NEW.kind NOT IN ('change', 'destroy')
AND NEW.state NOT IN ('queued', 'planning', 'no_changes', 'drifted', 'plan_failed', 'canceled', 'superseded') BEGIN
    SELECT RAISE(ABORT, 'a run of this kind is never approved or applied');
END;
"""

# Numbered in the order in which they were accepted, so that a later one contains an earlier one. A revision that is
# read again with other settings gets another number: its stacks may have other inputs.
_HEADS = """
CREATE TABLE heads (
    source TEXT NOT NULL,
    number INTEGER NOT NULL,
    revision TEXT NOT NULL,
    PRIMARY KEY (source, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX heads_by_revision ON heads(source, revision, number);
ALTER TABLE stacks ADD COLUMN moved INTEGER;
"""

_BREAK_GLASS = """
ALTER TABLE runs ADD COLUMN glass_by TEXT;
ALTER TABLE runs ADD COLUMN glass_known_by TEXT;
ALTER TABLE runs ADD COLUMN glass_at TEXT;
ALTER TABLE runs ADD COLUMN glass_reason TEXT;
"""

# Stack files are read again, since a definition did not record whether `action: report` was said or assumed.
_HEALING = """
ALTER TABLE runs ADD COLUMN healed_by TEXT NOT NULL DEFAULT '[]';
ALTER TABLE reports ADD COLUMN contest TEXT;
UPDATE sources SET discovered_with = NULL;
"""

_OUTPUTS = """
-- Keyed digests of the outputs in a stack's state; `run` has the values as a sealed artifact.
CREATE TABLE outputs (
    stack TEXT PRIMARY KEY REFERENCES stacks(name),
    run INTEGER NOT NULL,
    digests TEXT NOT NULL,
    sensitive TEXT NOT NULL,
    lineage TEXT NOT NULL,
    serial INTEGER,
    found INTEGER NOT NULL
) STRICT;
ALTER TABLE stacks ADD COLUMN remote_reads TEXT NOT NULL DEFAULT '[]';
ALTER TABLE stacks ADD COLUMN uses_outputs INTEGER NOT NULL DEFAULT 0;
CREATE INDEX stacks_with_outputs ON stacks(name) WHERE uses_outputs = 1;
ALTER TABLE stacks ADD COLUMN applied_outputs TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN outputs TEXT NOT NULL DEFAULT '[]';
"""

_TOKENS = """
CREATE TABLE tokens (
    digest TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    used_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_name ON tokens(name);
"""

# For lines over weeks. Each index has all columns that its query names, so that no row of a run is read.
_TRENDS = """
CREATE INDEX ended_runs_by_day ON runs(substr(changed_at, 1, 10), kind, state, stack, final, changed_at)
    WHERE final = 1;
CREATE INDEX failed_runs_by_day ON runs(substr(changed_at, 1, 10), stack, state, changed_at)
    WHERE state IN ('plan_failed', 'apply_failed', 'interrupted');
CREATE INDEX applied_runs_by_day ON runs(substr(changed_at, 1, 10), stack, state, planned_at, changed_at)
    WHERE state = 'applied';
CREATE INDEX opened_reports_by_day ON reports(substr(first_seen, 1, 10), stack, first_seen);
CREATE INDEX resolved_reports_by_day ON reports(substr(resolved_at, 1, 10), stack, resolved_at)
    WHERE resolved_at IS NOT NULL;
"""

# A page of a stack lists its heals, which are few among all runs.
_HEALED_RUNS = """
CREATE INDEX healed_runs ON runs(id) WHERE healed_by <> '[]';
"""

_DAEMON_REQUESTS = """
CREATE TABLE daemon_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT NOT NULL,
    arguments TEXT NOT NULL,
    person TEXT NOT NULL,
    at TEXT NOT NULL,
    taken_at TEXT,
    answered_at TEXT,
    answer TEXT,
    error TEXT
) STRICT;
CREATE INDEX open_daemon_requests ON daemon_requests(id) WHERE answered_at IS NULL;
"""

_SESSIONS = """
CREATE TABLE sessions (
    digest TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    known_by TEXT NOT NULL,
    subjects TEXT NOT NULL,
    host INTEGER NOT NULL,
    token TEXT REFERENCES tokens(digest),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    ended_at TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE login_codes (
    digest TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    known_by TEXT NOT NULL,
    subjects TEXT NOT NULL,
    host INTEGER NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

_KEYED_REQUESTS = """
-- `changed` is set in the transaction that does what was asked; the answer follows in one of its own.
CREATE TABLE keyed_requests (
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    begun_at TEXT NOT NULL,
    changed INTEGER NOT NULL DEFAULT 0,
    status INTEGER,
    media_type TEXT,
    answer TEXT,
    PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX keyed_requests_by_time ON keyed_requests(begun_at);
"""

_ACCESS_OF_REQUESTS = """
ALTER TABLE daemon_requests ADD COLUMN access TEXT NOT NULL DEFAULT '{"bindings":[]}';
"""

# Counters never go down, and retention removes runs: so they are counted once, in the transaction that ends them.
_TOTALS = """
CREATE TABLE run_totals (
    kind TEXT NOT NULL,
    result TEXT NOT NULL,
    runs INTEGER NOT NULL,
    PRIMARY KEY (kind, result)
) STRICT, WITHOUT ROWID;
INSERT INTO run_totals SELECT kind, state, count(*) FROM runs WHERE final = 1 GROUP BY kind, state;
CREATE TRIGGER runs_are_counted AFTER UPDATE OF final ON runs WHEN OLD.final = 0 AND NEW.final = 1 BEGIN
    INSERT INTO run_totals VALUES (NEW.kind, NEW.state, 1)
    ON CONFLICT (kind, result) DO UPDATE SET runs = runs + 1;
END;

-- By the upper bound in milliseconds of what an execution took; -1 is above all bounds.
CREATE TABLE execution_totals (
    operation TEXT NOT NULL,
    at_most INTEGER NOT NULL,
    executions INTEGER NOT NULL,
    milliseconds INTEGER NOT NULL,
    PRIMARY KEY (operation, at_most)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER plans_and_checks_are_timed AFTER INSERT ON measured BEGIN
    INSERT INTO execution_totals VALUES (
        CASE NEW.kind WHEN 'drift' THEN 'check' ELSE 'plan' END, @bucket@, 1, NEW.milliseconds
    ) ON CONFLICT (operation, at_most) DO UPDATE SET
        executions = executions + 1, milliseconds = milliseconds + excluded.milliseconds;
END;
CREATE TRIGGER applies_are_timed AFTER UPDATE OF milliseconds ON measured BEGIN
    INSERT INTO execution_totals VALUES ('apply', @bucket@, 1, NEW.milliseconds)
    ON CONFLICT (operation, at_most) DO UPDATE SET
        executions = executions + 1, milliseconds = milliseconds + excluded.milliseconds;
END;
""".replace(
    "@bucket@",
    """(SELECT coalesce(min(value), -1)
        FROM json_each('[1000,5000,15000,30000,60000,120000,300000,600000,1800000,3600000]')
        WHERE value >= NEW.milliseconds)""",
)

# A role or token may be gone before a request is performed: who asked is kept, not what they could do at that time.
_SUBJECTS_OF_REQUESTS = """
ALTER TABLE daemon_requests DROP COLUMN access;
ALTER TABLE daemon_requests ADD COLUMN subjects TEXT NOT NULL DEFAULT '[]';
ALTER TABLE daemon_requests ADD COLUMN on_host INTEGER NOT NULL DEFAULT 0;
"""

_SESSIONS_OF_REQUESTS = "ALTER TABLE daemon_requests ADD COLUMN session TEXT;"

_SUBJECTS_OF_APPROVERS = "ALTER TABLE approvals ADD COLUMN also TEXT NOT NULL DEFAULT '[]';"

# Of notifications: the times of messages that count for their rate, and what they have sent so far.
_MESSAGES = """
ALTER TABLE consumers ADD COLUMN sent TEXT NOT NULL DEFAULT '[]';
ALTER TABLE consumers ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;
ALTER TABLE consumers ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE consumers ADD COLUMN last_sent TEXT;
"""

# A preview has an end of its own: `planned`.
_PULL_REQUESTS = """
CREATE TABLE pull_requests (
    source TEXT NOT NULL,
    number INTEGER NOT NULL,
    ref TEXT NOT NULL,
    head TEXT NOT NULL,
    own INTEGER NOT NULL,
    state TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    base TEXT NOT NULL,
    merged TEXT,
    hold TEXT,
    reason TEXT NOT NULL,
    judged_with TEXT NOT NULL,
    problems TEXT NOT NULL,
    allowed_head TEXT NOT NULL,
    allowed_by TEXT NOT NULL,
    PRIMARY KEY (source, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE previewed_stacks (
    source TEXT NOT NULL,
    number INTEGER NOT NULL,
    stack TEXT NOT NULL,
    inputs TEXT NOT NULL,
    definition TEXT NOT NULL,
    run INTEGER REFERENCES runs(id) ON DELETE SET NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (source, number, stack)
) STRICT, WITHOUT ROWID;
CREATE INDEX previews_by_run ON previewed_stacks(run) WHERE run IS NOT NULL;

DROP TRIGGER only_known_kinds_apply;
DROP TRIGGER only_known_kinds_are_added;
CREATE TRIGGER only_known_kinds_apply BEFORE UPDATE OF kind, state ON runs
WHEN NEW.kind NOT IN ('change', 'destroy') AND NEW.state NOT IN (
    'queued', 'planning', 'no_changes', 'drifted', 'planned', 'plan_failed', 'canceled', 'superseded'
) BEGIN
    SELECT RAISE(ABORT, 'a run of this kind is never approved or applied');
END;
CREATE TRIGGER only_known_kinds_are_added BEFORE INSERT ON runs
WHEN NEW.kind NOT IN ('change', 'destroy') AND NEW.state NOT IN (
    'queued', 'planning', 'no_changes', 'drifted', 'planned', 'plan_failed', 'canceled', 'superseded'
) BEGIN
    SELECT RAISE(ABORT, 'a run of this kind is never approved or applied');
END;
-- What a preview is, it stays: as a change it could be approved.
CREATE TRIGGER previews_stay_previews BEFORE UPDATE OF kind ON runs WHEN OLD.kind = 'preview' AND NEW.kind <> 'preview' BEGIN
    SELECT RAISE(ABORT, 'a preview stays a preview');
END;

DROP INDEX changes_of_stack;
CREATE INDEX changes_of_stack ON runs(stack, id) WHERE kind NOT IN ('drift', 'preview');
"""

# Which pull request a preview was of, also after it has moved on; and what became of reviews at the plan of a merge.
_REVIEWS = """
CREATE TABLE previews (
    run INTEGER PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    number INTEGER NOT NULL
) STRICT;
CREATE TABLE carried_reviews (
    run INTEGER PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
    carried TEXT NOT NULL
) STRICT;
"""

# What forges were asked for in comments: each acts at most once.
_FORGE_COMMANDS = """
CREATE TABLE forge_reads (
    source TEXT PRIMARY KEY,
    since TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE forge_commands (
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    comment TEXT NOT NULL,
    number INTEGER NOT NULL,
    login TEXT NOT NULL,
    account TEXT NOT NULL,
    command TEXT NOT NULL,
    outcome TEXT,
    hint TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (source, kind, comment)
) STRICT, WITHOUT ROWID;
CREATE INDEX commands_of_request ON forge_commands(source, number);
"""

# What a request changed in its base, by which a review knows its merge. Reviews from before do not.
# The last column says how often a request could not be merged in a row.
_LANDINGS = """
ALTER TABLE pull_requests ADD COLUMN changes TEXT NOT NULL DEFAULT '';
ALTER TABLE pull_requests ADD COLUMN unplanned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pull_requests ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE previews ADD COLUMN base TEXT NOT NULL DEFAULT '';
ALTER TABLE previews ADD COLUMN changes TEXT NOT NULL DEFAULT '';
CREATE INDEX ended_applies ON runs(stack, changed_at) WHERE executed_digest IS NOT NULL AND final = 1;
"""

# Sources that webhooks announced news of.
_WAKES = """
CREATE TABLE wakes (
    source TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
"""

# Which engine a stack wants, in Git and as it was applied; and why none of the installed ones fits the latter.
_ENGINE_WANTS = """
ALTER TABLE stacks ADD COLUMN engine_wants TEXT NOT NULL DEFAULT '';
ALTER TABLE stacks ADD COLUMN applied_engine_wants TEXT;
ALTER TABLE stacks ADD COLUMN no_engine TEXT;
"""

# What forges say of pull requests, how often one was not among the open ones there, and since when a consumer fails.
_TOLD_BY_FORGES = """
ALTER TABLE pull_requests ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE pull_requests ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE pull_requests ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
ALTER TABLE consumers ADD COLUMN failing_since TEXT;
"""

_COMPARED = """
ALTER TABLE run_details ADD COLUMN how_planned TEXT;
-- Plans with warm providers were equal to full plans with these types; `plans` were made since then.
CREATE TABLE compared (
    engine TEXT NOT NULL,
    checksum TEXT NOT NULL,
    types TEXT NOT NULL,
    plans INTEGER NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (engine, checksum)
) STRICT, WITHOUT ROWID;
"""

_FULL_CHECKS = """
ALTER TABLE run_details ADD COLUMN full INTEGER NOT NULL DEFAULT 0;
"""

# What the states of stacks have, and up to which state that is known; found by each ARN, id or name.
_MANAGED_OBJECTS = """
CREATE TABLE managed_objects (
    stack TEXT NOT NULL,
    address TEXT NOT NULL,
    type TEXT NOT NULL,
    arn TEXT NOT NULL,
    ids TEXT NOT NULL,
    PRIMARY KEY (stack, address)
) STRICT, WITHOUT ROWID;
CREATE TABLE object_names (
    name TEXT NOT NULL,
    stack TEXT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (name, stack, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX names_of_stack ON object_names(stack);
CREATE TABLE indexed_states (
    stack TEXT PRIMARY KEY,
    lineage TEXT NOT NULL,
    serial INTEGER NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

# What accounts have. A list without an end is being made, or its process died; it counts when it has ended.
_LISTINGS = """
-- No number is given twice: what a list that was not finished has seen is older than every later one.
CREATE TABLE listings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE INDEX listings_of_place ON listings(account, region, ended_at);
CREATE TABLE coverage_counts (
    listing INTEGER NOT NULL REFERENCES listings(id) ON DELETE CASCADE,
    region TEXT NOT NULL,
    type TEXT NOT NULL,
    managed INTEGER NOT NULL,
    unmanaged INTEGER NOT NULL,
    left_out INTEGER NOT NULL,
    PRIMARY KEY (listing, region, type)
) STRICT, WITHOUT ROWID;
CREATE TABLE listing_gaps (
    listing INTEGER NOT NULL REFERENCES listings(id) ON DELETE CASCADE,
    what TEXT NOT NULL,
    reason TEXT NOT NULL,
    action TEXT NOT NULL
) STRICT;
CREATE INDEX gaps_of_listing ON listing_gaps(listing);
CREATE TABLE listed_resources (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    listed_in TEXT NOT NULL,
    region TEXT NOT NULL,
    type TEXT NOT NULL,
    import_id TEXT NOT NULL,
    arn TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at TEXT,
    first_seen TEXT NOT NULL,
    reason TEXT NOT NULL,
    of TEXT NOT NULL,
    listing INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX resources_of_place ON listed_resources(account, listed_in, listing);
CREATE INDEX resources_by_arn ON listed_resources(arn);
"""

# Managed states: their versions, the file that local runs use, terraform's locks, and tokens.
_STATES = """
CREATE TABLE state_versions (
    folder TEXT NOT NULL,
    workspace TEXT NOT NULL,
    number INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    lineage TEXT NOT NULL,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    resources INTEGER,
    engine_version TEXT NOT NULL,
    origin TEXT NOT NULL,
    by TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (folder, workspace, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE state_files (
    folder TEXT NOT NULL,
    workspace TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (folder, workspace)
) STRICT, WITHOUT ROWID;
CREATE TABLE served_locks (
    folder TEXT NOT NULL,
    workspace TEXT NOT NULL,
    id TEXT NOT NULL,
    info TEXT NOT NULL,
    run INTEGER NOT NULL,
    since TEXT NOT NULL,
    PRIMARY KEY (folder, workspace)
) STRICT, WITHOUT ROWID;
CREATE TABLE state_tokens (
    run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (run, digest)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ended_run_uses_no_state AFTER UPDATE OF final ON runs WHEN NEW.final = 1 BEGIN
    DELETE FROM state_tokens WHERE run = NEW.id;
    -- That of an apply with an unknown end, or one that failed, is for a person.
    DELETE FROM served_locks WHERE run = NEW.id AND NEW.state NOT IN ('interrupted', 'apply_failed');
END;
"""

# Work for other machines. A lease is one claim of a worker on a run; an offer is what was last announced to its pool.
_LEASES = """
CREATE TABLE leases (
    fence INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    pool TEXT NOT NULL,
    worker TEXT NOT NULL,
    job TEXT NOT NULL,
    since TEXT NOT NULL,
    heard TEXT NOT NULL,
    ended TEXT
) STRICT;
CREATE UNIQUE INDEX one_lease_of_a_run ON leases(run) WHERE ended IS NULL;
CREATE INDEX leases_of_run ON leases(run);
CREATE TABLE offers (
    run INTEGER PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    pool TEXT NOT NULL,
    at TEXT,
    lost INTEGER NOT NULL
) STRICT;
CREATE TABLE workers (
    name TEXT PRIMARY KEY,
    pool TEXT NOT NULL,
    release TEXT NOT NULL,
    slots INTEGER NOT NULL,
    since TEXT NOT NULL,
    seen TEXT NOT NULL,
    stops INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE drained_pools (
    pool TEXT PRIMARY KEY,
    by TEXT NOT NULL,
    at TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

_SUSPICIONS = """
CREATE TABLE suspicions (
    report INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    suspicion TEXT NOT NULL,
    next_look TEXT
) STRICT;
CREATE INDEX due_suspicions ON suspicions(next_look) WHERE next_look IS NOT NULL;
"""

_CLOUD_EVENTS = """
CREATE TABLE cloud_events (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    stacks TEXT NOT NULL,
    own INTEGER NOT NULL,
    event TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cloud_events_by_time ON cloud_events(at);
CREATE TABLE cloud_event_names (
    name TEXT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (name, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX names_of_cloud_event ON cloud_event_names(event);
CREATE TABLE event_queues (
    url TEXT PRIMARY KEY,
    since TEXT NOT NULL,
    problem TEXT NOT NULL,
    hint TEXT NOT NULL,
    received_at TEXT
) STRICT, WITHOUT ROWID;
ALTER TABLE stacks ADD COLUMN check_wanted_at TEXT;
ALTER TABLE stacks ADD COLUMN check_wanted_for TEXT NOT NULL DEFAULT '';
"""

_RESOLVED_REPORTS = """
CREATE INDEX resolved_reports ON reports(resolved_at) WHERE status = 'resolved';
"""

# Those of runs that were planned before are asked of Git when somebody approves.
_COMMITS_BEHIND = "ALTER TABLE run_details ADD COLUMN behind TEXT;"

_INSTANCES_OF_WORKERS = """
ALTER TABLE workers ADD COLUMN instance TEXT NOT NULL DEFAULT '';
ALTER TABLE workers ADD COLUMN namesake TEXT;
"""

STEPS: tuple[tuple[str, str], ...] = (
    ("tables", _TABLES),
    ("approval_terms", _APPROVAL_TERMS),
    ("source_notes", _SOURCE_NOTES),
    ("apply_only_of_reports", _APPLY_ONLY_OF_REPORTS),
    ("feed", _FEED),
    ("life_of_stacks", _LIFE_OF_STACKS),
    ("unknown_inputs", _UNKNOWN_INPUTS),
    ("failing_checks", _FAILING_CHECKS),
    ("plan_steps", _PLAN_STEPS),
    ("who_may_apply", _WHO_MAY_APPLY),
    ("heads", _HEADS),
    ("break_glass", _BREAK_GLASS),
    ("healing", _HEALING),
    ("outputs", _OUTPUTS),
    ("tokens", _TOKENS),
    ("trends", _TRENDS),
    ("healed_runs", _HEALED_RUNS),
    ("daemon_requests", _DAEMON_REQUESTS),
    ("sessions", _SESSIONS),
    ("keyed_requests", _KEYED_REQUESTS),
    ("access_of_requests", _ACCESS_OF_REQUESTS),
    ("totals", _TOTALS),
    ("subjects_of_requests", _SUBJECTS_OF_REQUESTS),
    ("subjects_of_approvers", _SUBJECTS_OF_APPROVERS),
    ("messages", _MESSAGES),
    ("pull_requests", _PULL_REQUESTS),
    ("reviews", _REVIEWS),
    ("sessions_of_requests", _SESSIONS_OF_REQUESTS),
    ("forge_commands", _FORGE_COMMANDS),
    ("landings", _LANDINGS),
    ("wakes", _WAKES),
    ("told_by_forges", _TOLD_BY_FORGES),
    ("engine_wants", _ENGINE_WANTS),
    ("compared", _COMPARED),
    ("full_checks", _FULL_CHECKS),
    ("managed_objects", _MANAGED_OBJECTS),
    ("listings", _LISTINGS),
    ("states", _STATES),
    ("leases", _LEASES),
    ("suspicions", _SUSPICIONS),
    ("cloud_events", _CLOUD_EVENTS),
    ("resolved_reports", _RESOLVED_REPORTS),
    ("commits_behind", _COMMITS_BEHIND),
    ("instances_of_workers", _INSTANCES_OF_WORKERS),
)
