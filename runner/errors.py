"""Every error a person meets: the docstring is the message, with its exit code and a hint that can be pasted."""

from enum import StrEnum
from typing import Any

MOST_TOLD = 4000  # characters of one fact in a message


class DriftlineError(Exception):
    """Driftline could not do this"""

    exit_code = 1
    hint_template = ""

    def __init__(self, message: str | None = None, *, hint: str | None = None, **facts: Any) -> None:
        """`facts` fill the placeholders of the docstring and of the hint."""
        self.facts = facts
        told = {name: _in_words(fact) for name, fact in facts.items()}
        self.message = message if message is not None else (type(self).__doc__ or "").format(**told)
        self.hint = hint if hint is not None else self.hint_template.format(**told)
        super().__init__(self.message)


def _in_words(fact: Any) -> Any:
    """The names of states are for machines. What others wrote is bounded, and none of its bytes command a terminal."""
    if isinstance(fact, StrEnum):
        return fact.replace("_", " ")
    if isinstance(fact, bytes):
        return f"{len(fact)} bytes"
    return _told(fact) if isinstance(fact, str) else fact


def _told(text: str) -> str:
    if len(text) > MOST_TOLD:
        text = f"{text[:MOST_TOLD]}... ({len(text)} characters)"
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)


class BadUsage(DriftlineError):
    """bad usage"""

    exit_code = 64
    hint_template = "driftline --help"


# What was asked for is not there


class NotFound(DriftlineError):
    """{what} "{name}" is not known here"""

    exit_code = 5


class StackNotFound(NotFound):
    """stack "{stack}" is not known here"""

    hint_template = "driftline stack list"


class NoDatabase(NotFound):
    """there is no database in {data_dir} yet"""

    hint_template = "driftline daemon   or for one pass   driftline daemon --once"


class StackRefused(StackNotFound):
    """stack "{stack}" is in Git, and can not be taken from there: {problem}"""

    hint_template = "driftline source check {source}"


class NewestRefused(DriftlineError):
    """stack "{stack}" cannot be planned at {revision}, the newest revision of {source}: {problem}"""

    hint_template = "fix it in Git; or plan an older revision:   driftline plan {stack} --ref {older}"


class RunNotFound(NotFound):
    """{run} is not known here"""

    hint_template = "driftline run list"


class ReportNotFound(NotFound):
    """{report} is not known here"""

    hint_template = "driftline drift list --all"


class SourceNotFound(NotFound):
    """source "{source}" is not in the configuration"""

    hint_template = "driftline source list"


class RevisionNotFound(NotFound):
    """source "{source}" has no revision "{revision}" on its tracked branch"""

    hint_template = "driftline source sync {source}"


class ArtifactNotFound(NotFound):
    """{run} has no artifact named {name}"""

    hint_template = "driftline run show {run}"


# Somebody else is there


class Conflict(DriftlineError):
    """somebody else is there"""

    exit_code = 4


class StackLocked(Conflict):
    """stack "{stack}" is locked by {holder}: {reason}"""

    hint_template = 'driftline lock list   then   driftline lock release {stack} --reason "..."'


class StackBusy(Conflict):
    """stack "{stack}" is busy with {run} ({state} since {since})"""

    hint_template = "driftline logs -f {run}   or stop it with   driftline run cancel {run}"


class RunChanged(Conflict):
    """{run} was changed by someone else meanwhile; it is now {state}"""

    hint_template = "driftline run show {run}"


class ReportChanged(Conflict):
    """{report} was changed by someone else meanwhile; it is now {status}"""

    hint_template = "driftline drift show {report}"


class DatabaseBusy(Conflict):
    """the database {path} stayed locked by another process for {seconds} s"""

    hint_template = "try again; if it stays so, see who uses it:   fuser -v {path}"


class SharedState(Conflict):
    """stacks "{stack}" and "{other}" keep the same state ({identity})"""

    hint_template = (
        "give one of them its own backend key or terraform_workspace, then   driftline source sync"
    )


class StateBusy(Conflict):
    """something still executes {run} of stack "{stack}", or what it left running still may change the state"""

    hint_template = "driftline lock list   then   driftline logs {run}"


class StateHeld(Conflict):
    """the state of stack "{stack}" is held by {lock}, and no dead run of Driftline is known to have left that"""

    hint_template = (
        "wait until it is released, or ask whoever holds it; only where that process is surely dead, in a checkout "
        "of the stack:   terraform force-unlock {id}"
    )


class StillApplying(Conflict):
    """terraform goes on with {run}, and this process does not follow it any more"""

    hint_template = "driftline run show {run}"


# Blocked: the answer is no, for now


class Blocked(DriftlineError):
    """blocked"""

    exit_code = 3


class DependencyMissing(Blocked):
    """stack "{stack}" depends on {dependency}, of which nothing is applied yet"""

    hint_template = (
        "driftline plan {dependency}   or, to plan without it: driftline plan {stack} --ignore-dependencies"
    )


class WrongState(Blocked):
    """{run} is {state}, so it can not be {wish}"""

    hint_template = "driftline run show {run}"


class ApprovalMissing(Blocked):
    """{run} has {have} of {need} approvals"""

    hint_template = "driftline approve {run}"


class ApprovalForOtherPlan(Blocked):
    """{run} has the plan {digest}, not {given}"""

    hint_template = "driftline run diff {run}   then   driftline approve {run}"


class ApprovalExpired(Blocked):
    """the approval of {run} has expired"""

    hint_template = "driftline plan {stack}"


class ApprovalVoid(Blocked):
    """the approval of {run} is void: {what}"""

    hint_template = "driftline run show {run}"


class PlanExpired(Blocked):
    """the plan of {run} is too old to be approved or applied since {since}"""

    hint_template = "driftline plan {stack}"


class ClockWentBack(Blocked):
    """it is {now} here, and {newest} was recorded since {run} was planned: the clock went back, so nobody knows how old that plan is"""

    hint_template = "timedatectl status   and where the clock is right now:   driftline plan {stack}"


class GuardrailHit(Blocked):
    """{run} breaks a guard rail: {violation}"""

    hint_template = (
        "driftline run diff {run}   then raise the guard rail in the configuration, or change the code"
    )


class TreeRefused(Blocked):
    """stack "{stack}" is refused at {revision}: {problem}"""

    hint_template = "driftline stack show {stack}"


class NeverApplies(Blocked):
    """stack "{stack}" is never applied, by {origin}"""

    hint_template = "driftline stack show {stack}"


class StateUnsaved(Blocked):
    """terraform could not save the state of {stack}; it is kept in {path}, and without it planning would recreate every resource"""

    hint_template = "{command}   then   driftline run resolve {run} --as failed --state-pushed -m TEXT"


class StateDamaged(Blocked):
    """the state of stack "{stack}" in {path} is empty or cut off; planning would recreate every resource"""

    hint_template = "{command}   then   driftline plan {stack}"


class StateRefused(Blocked):
    """the state in {file} is not taken for stack "{stack}": {problem}"""

    hint_template = "driftline stack show {stack}"


class NotAState(DriftlineError):
    """{file} is no state that can be imported: {problem}"""

    hint_template = "in the folder where terraform keeps it:   terraform state pull > managed.tfstate"


class StateElsewhere(Blocked):
    """stack "{stack}" keeps its state in a backend ({identity}), so there is none of ours to import it into"""

    hint_template = "in a checkout of the stack:   terraform state push {file}"


class RunUnresolved(Blocked):
    """{run} of {stack} is interrupted, and nobody has said yet what became of it"""

    hint_template = (
        "driftline run show {run}   then   driftline run resolve {run} --as applied|failed -m TEXT"
    )


class StackPaused(Blocked):
    """stack "{stack}" is paused by {by}: {reason}"""

    hint_template = "driftline stack resume {stack}"


class PartlyApplied(Blocked):
    """stack "{stack}" holds parts of revision {revision} ({run}: {outcome}); healing would set them back to the older one"""

    hint_template = "driftline plan {stack}"


class NotAllowed(DriftlineError):
    """{who} may not {wish}: {reason}"""

    exit_code = 6
    hint_template = "driftline run show {run}"


class Untrusted(DriftlineError):
    """source "{source}": commit {commit} is not trusted: {reason}"""

    # Beside what is told, `facts` hold the whole `revision` and the `head` that it came with.

    exit_code = 6
    hint_template = (
        "push a commit on top that is signed by a trusted key, or mend the files under verify of the source; "
        "then   driftline source sync {source}"
    )


# The world does not play along


class Timeout(DriftlineError):
    """{what} took longer than {seconds} s"""

    exit_code = 7


class NotDelivered(DriftlineError):
    """an event of the feed could not be delivered"""

    hint_template = "driftline events --dead"


class Interrupted(DriftlineError):
    """interrupted"""

    exit_code = 130


class NotConfirmed(DriftlineError):
    """nothing was {wish}: the answer was not `{word}`"""


class EngineMissing(DriftlineError):
    """{engine} was not found: {binary}"""

    hint_template = "install it, or set engines.{engine}.binary; then   driftline doctor"


class EngineVersion(DriftlineError):
    """stack "{stack}" wants {engine} {wanted}, this is {found}"""

    hint_template = "driftline doctor"


class EngineIsShim(DriftlineError):
    """engines.{engine}.binary: {path} is a shim of {manager}, which picks a version by folder and may download one"""

    hint_template = "name the real one, engines.{engine}.binary: {real}; then   driftline doctor"


class EngineCannotAnswer(DriftlineError):
    """engines.{engine}.binary: {path} cannot tell its version without PATH and HOME (exit code {code})"""

    hint_template = (
        "a script or a shim that looks for the engine: name the program itself; then   driftline doctor"
    )


class EngineIsOther(DriftlineError):
    """engines.{engine}.binary: {path} is {product} {version}"""

    hint_template = "name it in engines.{other}.binary; then   driftline doctor"


class EngineTooOld(DriftlineError):
    """engines.{engine}.binary: {path} is {product} {version}, and {oldest} is the oldest that is supported"""

    hint_template = "install {product} {oldest} or newer; then   driftline doctor"


class EngineAnswered(DriftlineError):
    """stack "{stack}": {started} was started, and {answered} answered"""

    hint_template = "driftline doctor"


class EngineFailed(DriftlineError):
    """stack "{stack}": {engine} {command} failed"""


class PlanTooLarge(DriftlineError):
    """a plan with {count} changes takes {size} MiB even without its values, and {most} MiB is the most that anybody is shown"""

    hint_template = "split the stack into smaller ones"


class OutputNotUnderstood(DriftlineError):
    """{engine} {command} answered with something that is not its documented JSON: {problem}"""

    hint_template = "driftline doctor"


class GitFailed(DriftlineError):
    """git {command} failed for source "{source}": {problem}"""

    hint_template = "driftline source check {source}"


class SourceNotTaken(DriftlineError):
    """source "{source}" could not be taken in: {problem}; the log of the daemon says where"""

    hint_template = "driftline source check {source}"


class SourceTooLarge(GitFailed):
    """source "{source}" is not taken: {what} more than {most}"""

    hint_template = (
        "take large files out of it, or raise max_size of source {source}:   driftline config show"
    )


class BranchMissing(GitFailed):
    """source "{source}" has no branch "{branch}" (any more)"""


class VerifierFailed(DriftlineError):
    """signatures of source "{source}" can not be verified: {problem}"""

    hint_template = "driftline doctor"


class CredentialsFailed(DriftlineError):
    """AWS did not hand out credentials for role {role}: {problem}"""

    hint_template = "check the trust policy of the role and the identity of the daemon:   driftline doctor"


class PlanLost(DriftlineError):
    """the plan file of {run} is gone or is not the one that was made (digest {digest})"""

    hint_template = "driftline plan {stack}"


class ArtifactDamaged(DriftlineError):
    """artifact {name} of {run} is not the one that was stored (digest {digest})"""

    hint_template = "driftline run show {run}"


class ArtifactKeyMissing(DriftlineError):
    """artifact {name} of {run} is encrypted with key {wanted}, and the keys here are: {known}"""

    hint_template = "give the old key in artifacts.old_keys, or restore data_dir/keys/artifacts from a backup; then   driftline doctor"


class ArtifactStoreFailed(DriftlineError):
    """the artifact store {store} failed: {problem}"""

    hint_template = "driftline doctor"


class KeyDamaged(DriftlineError):
    """the key {path} has {length} bytes instead of 32; what was made with the old one can not be checked or read without it"""

    hint_template = (
        "restore {path} from a backup; without one, remove it and plan again what waits for approval"
    )


class DiskFull(DriftlineError):
    """{folder} has {free} bytes free and an apply there wants {wanted}: a full disk destroys a local state"""

    hint_template = "make room in {folder}, then   driftline apply {run}"


class NoRoom(DriftlineError):
    """{problem}"""

    hint_template = "make room there, or lower executor.min_free:   driftline config show"


class ModuleMissing(DriftlineError):
    """stack "{stack}": the tree has no folder "{path}" that is inside it and reached through no symlink"""

    hint_template = "driftline stack show {stack}"


class DaemonUnreachable(DriftlineError):
    """no daemon lives on {data_dir}"""

    exit_code = 69
    hint_template = "driftline daemon"


class DaemonRunning(DriftlineError):
    """another daemon (pid {pid}) runs on {data_dir}"""

    exit_code = 75
    hint_template = "systemctl status driftline"


class BadConfig(DriftlineError):
    """the configuration has problems"""

    exit_code = 78
    hint_template = "driftline config validate"


class BadStackFile(DriftlineError):
    """the stack file has problems"""

    exit_code = 78
    hint_template = "driftline stack validate"


class DatabaseRefused(DriftlineError):
    """the database {path} can not be used: {problem}"""

    exit_code = 78
    hint_template = "driftline db check"


class RowDamaged(DriftlineError):
    """the database {path} is damaged: {problem}"""

    exit_code = 78
    hint_template = "driftline db check"


class DatabaseRolledBack(DriftlineError):
    """the audit log does not have entry {seq} as {place} has seen it: an older database was put in place, or its log was edited"""

    exit_code = 78
    hint_template = "driftline audit verify   then   systemctl restart driftline, which records what is lost"


class NotConfined(DriftlineError):
    """executor.confine is required, and this machine gives runs no namespaces of their own: {problem}"""

    hint_template = "driftline doctor   and where that has to be accepted, executor.confine: auto"


class ClockBehind(DriftlineError):
    """it is {now} here, and the newest audit entry is of {newest}: one of both clocks was wrong"""

    exit_code = 78
    hint_template = "timedatectl status   and where the clock is right now:   driftline daemon --accept-clock"


class CheckpointFailed(DriftlineError):
    """the checkpoints of the audit log in {path} can not be read or written: {problem}"""

    hint_template = "ls -l {path}; df -h {path}   then   driftline doctor"


class NotEmpty(Conflict):
    """{data_dir} is not empty ({found}), and a backup is put into an empty folder only"""

    hint_template = "name an empty data_dir in the configuration, or move the old one away:   mv {data_dir} {data_dir}.old"


class BackupDamaged(DriftlineError):
    """{file} is damaged, or no backup of Driftline; nothing was restored"""

    hint_template = "take another one; what db backup wrote is a database alone, and is copied to its place"


class BackupTooNew(DriftlineError):
    """{file} was made by Driftline {version}, which is newer than this one"""

    exit_code = 78
    hint_template = "pip install --upgrade driftline"


class BackupKeyMissing(DriftlineError):
    """the backup was sealed with key {wanted}, and these are the keys of another installation ({known})"""

    hint_template = "give the file that   driftline backup --keys FILE   wrote there"


class KeysDamaged(DriftlineError):
    """{file} is no file of keys"""

    hint_template = "give the file that   driftline backup --keys FILE   wrote"


class DatabaseUnwritable(DriftlineError):
    """the database {path} can not be written: {problem}; what was recorded before is safe"""

    hint_template = "df -h {path}   then   driftline doctor"


EXIT_CODES: dict[int, str] = {
    0: "fine, or nothing to do",
    1: "failure",
    2: "drift found and not acknowledged (`drift check`, `daemon --once`) or changes (`plan --detailed-exitcode`), as terraform",
    3: "blocked: approval missing, for another plan, or denied by a rule",
    4: "locked, or a conflict with somebody else",
    5: "not found",
    6: "not allowed",
    7: "timed out while waiting",
    64: "bad usage",
    69: "the daemon can not be reached",
    75: "another daemon runs on this data",
    78: "bad configuration, or the database was refused",
    130: "interrupted",
}
