"""Sources: what the last poll of each found, polling now, and trying one out."""

from dataclasses import replace
from difflib import get_close_matches

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.datadir.daemon_lock import running_daemon
from runner.errors import SourceNotFound
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.model.settings.source import SourceSettings
from runner.view.poll import PollRow, PollRows, SourceToPoll, poll_row
from runner.view.source import SourceRows, polling, source_rows
from runner.view.source_check import FoundStack, SignatureRow, SourceCheck, SourceHead


@operation("GET", "/sources", Role.VIEWER)
def list_sources(caller: Caller) -> SourceRows:
    """Sources with the result of their last poll."""
    app = caller.app
    daemon = running_daemon(app.settings.data_dir) is not None
    with caller.reading() as reader:
        polls = polling(
            reader,
            app.settings,
            app.answers(),
            app.poll_measures(),
            daemon=daemon,
            now=app.clock.now(),
        )
        return source_rows(reader, app.settings, polls, reader.stacks())


@operation("POST", "/syncs", Role.ADMIN, at_daemon=AfterCrash.REPEAT)
def sync_sources(caller: Caller, *, source: str | None = None) -> PollRows:
    """Poll one source or all now, and re-read every stack file."""
    from runner.service.cycle.sync import sync

    sources = (_named(caller, source),) if source else caller.app.settings.sources
    results = sync(caller.app.poller, sources, by=caller.person.name)
    for one in sources:
        if not results[one.name].problem:
            caller.app.previewer.look(one, results[one.name].pulls)
    return tuple(poll_row(results[one.name], one) for one in sources)


@operation("GET", "/polls", Role.VIEWER)
def sources_to_poll(
    caller: Caller, *, stacks: tuple[str, ...] = (), unknown_only: bool = False
) -> tuple[SourceToPoll, ...]:
    """The sources to poll so that a plan of these stacks is one of the newest commits.

    All sources if a stack is not known yet, or none is named. `unknown_only` if the revision is chosen already.
    """
    with caller.reading() as reader:
        known = {stack.name: stack.source for stack in reader.stacks()}
        sources = [one for one in caller.app.settings.sources if reader.sees_source(one.name)]
    unknown = any(stack not in known for stack in stacks)
    if unknown_only and not unknown:
        return ()
    wanted = {known[stack] for stack in stacks if stack in known}
    return tuple(
        SourceToPoll(one.name, one.branch) for one in sources if unknown or not stacks or one.name in wanted
    )


@operation("POST", "/sources/{source}/poll", Role.OPERATOR, at_daemon=AfterCrash.REPEAT, anywhere=True)
def poll_source(caller: Caller, source: str, *, stacks: tuple[str, ...] = ()) -> PollRow:
    """Poll a source now. Without the problems for which a plan of these stacks is about to be refused."""
    of = _named(caller, source)
    row = poll_row(caller.app.poller.poll(of, by=caller.person.name), of)
    with caller.reading() as reader:
        known = reader.stacks()
        newcomers = [one for status in reader.sources() for one in status.newcomers]
    # Those that the caller may see, also where nothing moved and so nothing was read.
    row = replace(row, stacks=sum(one.source == source and one.missing_since is None for one in known))
    if not caller.access.unlimited:  # problems and notes name files of any stack
        return replace(row, problems=(), notes=())
    told = {stack.problem for stack in known if stack.name in stacks}
    told |= {problem for name, problem in newcomers if name in stacks}
    return replace(row, problems=tuple(one for one in row.problems if one not in told))


@operation("GET", "/sources/{source}/head", Role.ADMIN, at_daemon=AfterCrash.REPEAT)
def show_head(caller: Caller, source: str) -> SourceHead:
    """The newest revision of the source's branch, as its remote says now."""
    of = _named(caller, source)
    return SourceHead(of.name, of.branch, caller.app.git.head(of))


@operation("GET", "/sources/{source}/check", Role.ADMIN, at_daemon=AfterCrash.REPEAT)
def check_source(caller: Caller, source: str, *, revision: str) -> SourceCheck:
    """Read the stack files at a revision, and verify signatures, without recording anything."""
    of, discoverer = _named(caller, source), caller.app.discoverer
    discoverer.git.fetch(of, revision)
    with caller.reading() as reader:
        known, taken = reader.stacks(left=True), reader.source(of.name).head
        answers = reader.successions()
    signatures = discoverer.git.verify(of, taken, revision)
    found = discoverer.discover(of, revision, others=known, answers=answers)
    return SourceCheck(
        tuple(SignatureRow(one.revision, one.signer, one.key) for one in signatures),
        tuple(FoundStack(one.definition.name, one.file, one.module_path) for one in found.stacks),
        tuple(map(str, found.problems)),
        tuple(map(str, found.notes)),
    )


def _named(caller: Caller, name: str) -> SourceSettings:
    source = caller.app.settings.source(name)
    with caller.reading() as reader:
        sources = [one for one in caller.app.settings.sources if reader.sees_source(one.name)]
    if source not in sources:
        near = get_close_matches(name, [one.name for one in sources], 1)
        raise SourceNotFound(source=name, hint=f'did you mean "{near[0]}"?' if near else None)
    return source
