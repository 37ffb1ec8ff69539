"""`driftline demo`: the whole tour on this machine, with the real commands, in a folder of its own."""

import contextlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

import runner
from runner.app import App
from runner.cli.look_around import free_port, look_around, somebody_looks
from runner.errors import DriftlineError
from runner.model.drift.report import DriftReport
from runner.model.run.life import Run, State
from runner.ports.records.runs import RunFilter

CONFIG = """\
version: 1
data_dir: {root}/data
sources:
  - name: demo
    url: {root}/repository
    stacks: ["stacks/{variant}/**/stack.yaml"]
engines:
  plugin_mirror: {mirror}
  env: [{env}]
approvals:
  author_may_approve: true  # you are the only user
  rules:
    - {{match: {{labels: {{env: dev}}}}, mode_at_most: automatic, reason: nobody depends on dev}}
"""

MIRRORS = ("/opt", "/usr/share/terraform", "/usr/local/share/terraform")
AWS = "registry.terraform.io/hashicorp/aws"


class Broken(DriftlineError):
    """the demo went another way than it should: {what}"""

    hint_template = "driftline doctor"


class Cloud:
    """What somebody changes by hand: a file outside the repository."""

    variant = "local"
    env: tuple[str, ...] = ("TF_VAR_cloud_file",)
    sentence = "a file outside the repository stands in for the cloud, because the hashicorp/aws provider or moto is missing"

    def __init__(self, root: Path) -> None:
        self._file = root / "cloud.txt"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        self._file.write_text("hello\n")
        os.environ["TF_VAR_cloud_file"] = str(self._file)  # noqa: SIM112 terraform minds the case of a variable
        yield

    def change_by_hand(self) -> str:
        self._file.write_text("somebody was here\n")
        return f"echo somebody was here > {self._file.name}"


class AwsCloud(Cloud):
    """AWS as moto plays it, on a port of this machine."""

    variant = "aws"
    env = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    sentence = (
        "moto simulates AWS on this machine; terraform talks to it through the real hashicorp/aws provider"
    )

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").disabled = True  # it logs every request
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        try:
            host, port = server.get_host_and_port()
            os.environ.update(dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "demo"))
            os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
            yield
        finally:
            server.stop()

    def change_by_hand(self) -> str:
        import boto3

        # A tag, since terraform calls most other values of these stacks sensitive or cannot change them in place.
        client = boto3.client("dynamodb", region_name="eu-west-1")
        arn = client.describe_table(TableName="demo-catalog")["Table"]["TableArn"]
        client.tag_resource(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "somebody else"}])
        return f'aws dynamodb tag-resource --resource-arn {arn} --tags "Key=owner,Value=somebody else"'


def example_stacks() -> Path:
    """Beside the modules where a wheel was installed, in the checkout otherwise."""
    package = Path(runner.__file__).parent
    installed = package / "example"
    return installed if installed.is_dir() else package.parent / "stacks"


def find_mirror() -> Path | None:
    """A folder with an unpacked hashicorp/aws provider: `DRIFTLINE_DEMO_MIRROR`, or one of the usual places."""
    named = os.environ.get("DRIFTLINE_DEMO_MIRROR")
    roots = [Path(named)] if named else [Path(place) for place in MIRRORS]
    candidates = [path for root in roots if root.is_dir() for path in (root, *sorted(root.iterdir()))]
    return next((path for path in candidates if (path / AWS).is_dir()), None)


def _has_moto() -> bool:
    from importlib.util import find_spec

    return find_spec("moto") is not None and find_spec("flask") is not None


class Tour:
    """Runs Driftline's own commands in this process and shows each before what it prints."""

    def __init__(self, root: Path, cloud: Cloud, mirror: Path | None) -> None:
        self.root, self.cloud, self.mirror = root, cloud, mirror
        self.config = root / "driftline.yaml"

    def say(self, text: str) -> None:
        click.secho(f"\n# {text}", fg="cyan")

    def run(self, *words: str, expect: int = 0) -> None:
        from runner.cli.main import main

        click.secho("$ driftline " + " ".join(words), bold=True)
        try:
            main.main(args=["-c", str(self.config), *words], prog_name="driftline", standalone_mode=True)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        if code != expect:
            raise Broken(what=f"`driftline {' '.join(words)}` ended with {code} instead of {expect}")

    def prepare(self) -> None:
        from git import Git

        self.config.write_text(
            CONFIG.format(
                root=self.root,
                variant=self.cloud.variant,
                mirror=self.mirror or "null",
                env=", ".join(self.cloud.env),
            )
        )
        repository = self.root / "repository"
        shutil.copytree(
            example_stacks(),
            repository / "stacks",
            ignore=shutil.ignore_patterns("__pycache__", ".terraform*"),
        )
        git = Git(repository)
        git.execute(["git", "init", "--quiet", "--initial-branch=main"])
        git.execute(["git", "add", "."])
        who = ["-c", "user.name=Demo", "-c", "user.email=demo@example.com"]
        git.execute(["git", *who, "commit", "--quiet", "--message=The stacks of the demo"])

    def everything(self) -> None:
        self.say(
            f"Create a Git repository with stack files, and a configuration that points at it; {self.cloud.sentence}."
        )
        self.prepare()
        self.say(
            "Make one full pass: poll Git and plan what changed. As a service, `driftline daemon` does this continuously."
        )
        self.run("daemon", "--once")
        self.run("stack", "list")
        self.approve_and_apply(
            "Every plan waits for approval. Approve exactly the plan that was shown, and apply it."
        )
        self.say("Someone changes the cloud by hand:")
        click.secho(f"$ {self.cloud.change_by_hand()}", bold=True)
        self.say(
            "The next drift check finds it and files a report. The daemon runs these checks on a schedule."
        )
        self.run("drift", "check", "--all", expect=2)
        report = self.report()
        self.run("drift", "show", report.name)
        self.say("Heal the drift with a normal change run: plan, approve, apply.")
        self.run("drift", "heal", report.name)
        self.approve_and_apply("")
        self.run("drift", "check", "--all")
        self.run("status")

    def look_around(self) -> None:
        """With a real daemon: what somebody approves in the browser is applied."""
        port = free_port()
        with self.config.open("a") as config:
            config.write(f"web: {{listen: 127.0.0.1:{port}}}\n")

        def show() -> None:
            self.say("The link logs you in once; Ctrl-C ends the demo.")
            self.run("token", "link")

        self.say("The same in a browser, with the daemon at work:")
        look_around(port, lambda: self.run("--quiet", "daemon"), show)

    def approve_and_apply(self, why: str) -> None:
        """Until nothing waits any more: what depends on something is planned after that is applied."""
        if why:
            self.say(why)
        while waiting := self.waiting():
            for run in waiting:
                self.run("approve", run.name, "--digest", (run.plan_digest or "")[:12], "--yes")
            self.run("daemon", "--once")

    def waiting(self) -> list[Run]:
        with App.from_config(self.config).store.reading() as reader:
            return reader.runs(RunFilter(states=frozenset({State.AWAITING_APPROVAL})))

    def report(self) -> DriftReport:
        with App.from_config(self.config).store.reading() as reader:
            reports = reader.reports()
        if not reports:
            raise Broken(what="no drift report was filed")
        return reports[0]


@click.command()
@click.option("--keep", is_flag=True, help="Keep the directory so you can look around in it.")
@click.option("--local", is_flag=True, help="Without AWS: use a file outside the repository as the cloud.")
def command(keep: bool, local: bool) -> None:
    """Run the full tour on this machine, in a temporary directory."""
    started = time.monotonic()
    mirror = None if local else find_mirror()
    root = Path(tempfile.mkdtemp(prefix="driftline-demo-"))
    cloud = AwsCloud(root) if mirror is not None and _has_moto() else Cloud(root)
    tour = Tour(root, cloud, mirror)
    try:
        with cloud.running():
            tour.everything()
            click.secho(f"\nDone in {time.monotonic() - started:.0f} s.", fg="green")
            if somebody_looks():
                tour.look_around()
    finally:
        if not keep:
            shutil.rmtree(root, ignore_errors=True)
    if keep:
        click.echo(
            f"Look around:  driftline -c {tour.config} run list   and the drift report in {root}/data/reports"
        )
    else:
        click.echo(
            "To look around yourself:  driftline demo --keep   To start with your own stacks:  driftline init"
        )
