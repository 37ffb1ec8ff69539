"""Artifacts and backups, and the keys that seal them."""

from runner.errors.base import Conflict, DriftlineError


class PlanLost(DriftlineError):
    """the plan file of {run} is missing or does not match its recorded digest ({digest})"""

    hint_template = "driftline plan {stack}"


class ArtifactDamaged(DriftlineError):
    """artifact {name} of {run} does not match its recorded digest ({digest})"""

    hint_template = "driftline run show {run}"


class ArtifactKeyMissing(DriftlineError):
    """artifact {name} of {run} is encrypted with key {wanted}, which is missing; available keys: {known}"""

    hint_template = "add the old key to artifacts.old_keys, or restore data_dir/keys/artifacts from a backup; then   driftline doctor"


class ArtifactStoreFailed(DriftlineError):
    """artifact store {store} failed: {problem}"""

    hint_template = "driftline doctor"


class KeyDamaged(DriftlineError):
    """key {path} has {length} bytes instead of 32; data sealed with the old key can no longer be read or verified"""

    hint_template = (
        "restore {path} from a backup; if there is none, remove it and re-plan the runs that await approval"
    )


class NotEmpty(Conflict):
    """{data_dir} is not empty ({found}); a backup can only be restored into an empty directory"""

    hint_template = (
        "set data_dir to an empty directory, or move the old one away:   mv {data_dir} {data_dir}.old"
    )


class BackupDamaged(DriftlineError):
    """{file} is damaged or is not a Driftline backup; nothing was restored"""

    hint_template = "use another backup; a file written by   driftline db backup   holds only the database, so copy it into data_dir instead"


class BackupTooNew(DriftlineError):
    """{file} was made by Driftline {version}, which is newer than this version"""

    exit_code = 78
    hint_template = "pip install --upgrade driftline"


class BackupKeyMissing(DriftlineError):
    """the backup is sealed with key {wanted}; the given keys belong to another installation ({known})"""

    hint_template = "use the key file that   driftline backup --keys FILE   wrote for that installation"


class KeysDamaged(DriftlineError):
    """{file} is not a key file"""

    hint_template = "use the key file that   driftline backup --keys FILE   wrote"
