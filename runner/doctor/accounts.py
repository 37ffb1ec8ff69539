"""The AWS accounts that Driftline reads: whether it gets in, and which permission is missing."""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from runner.doctor.finding import Scene, failed, ok, warn
from runner.errors import AwsDenied, AwsGone, AwsRefused, DriftlineError
from runner.model.aws.place import Place
from runner.model.cloud_events.queue import QueueAddress
from runner.model.settings.aws import AwsAccount
from runner.view.finding import Finding
from runner.view.words import counted

if TYPE_CHECKING:
    from runner.aws.cloud import Cloud


def accounts(scene: Scene) -> Iterator[Finding]:
    """The calls of the table of permissions, in the first region of each account; with --deep in all of them."""
    if not scene.settings.aws:
        return
    from runner.aws.cloud import Cloud

    with closing(Cloud(scene.settings.aws)) as cloud:
        for account in scene.settings.aws:
            yield from _account(cloud, account, account.regions if scene.deep else account.regions[:1])


def _account(cloud: "Cloud", account: AwsAccount, regions: tuple[str, ...]) -> Iterator[Finding]:
    from runner.aws.permissions import needed

    check, tried, denied = f"account {account.account}", 0, False
    for row, _ in needed(account):
        if row.probe is None:
            continue
        for region in regions if row.probe.everywhere else account.regions[:1]:
            tried += 1
            try:
                parameters = row.probe.parameters(account)
                cloud.call(
                    Place(account.account, region), row.probe.service, row.probe.operation, **parameters
                )
            except (AwsDenied, AwsGone, AwsRefused) as error:
                denied = True
                yield warn(check, f"{error.message}; needed for: {row.why}", error.hint)
            except DriftlineError as error:
                # Without credentials or a network every other call fails alike.
                yield failed(check, error)
                return
    for url in account.events:
        queue = QueueAddress.parse(url)
        tried += 1
        try:
            found = cloud.call(
                queue.place, "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"]
            )
        except DriftlineError as error:
            denied = True
            yield failed(check, error)
            continue
        if "RedrivePolicy" not in found.get("Attributes", {}):
            denied = True
            message = f"the queue {queue} has no dead-letter queue: what cannot be read is deleted"
            yield warn(check, message, "driftline aws events setup --print")
    if not denied:
        yield ok(check, f"all {counted(tried, 'call')} that were tried are allowed")
