"""Artifacts and backups, and the keys that seal them."""

from runner.errors.base import Conflict, DriftlineError


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
    """the key {path} has {length} bytes instead of 32; what was made with the old one cannot be checked or read without it"""

    hint_template = (
        "restore {path} from a backup; without one, remove it and plan again what waits for approval"
    )


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
