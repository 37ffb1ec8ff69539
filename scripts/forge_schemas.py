"""Makes tests/forge/schema/: what forges publish about the requests that Driftline sends, and nothing else of it.

Needs npm. Each file says the package and the version that it comes from.
"""

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    is_input_object_type,
    is_specified_scalar_type,
    parse,
    print_type,
    strip_ignored_characters,
    visit,
)

from runner.forge.github import REVIEWS

SCHEMA = Path(__file__).parent.parent / "tests/forge/schema"
GITHUB = "@octokit/openapi@23.0.2"
REPO = "/repos/{owner}/{repo}"
GITHUB_USES = {
    "/user": ["get"],
    "/app": ["get"],
    "/users/{username}": ["get"],
    "/app/installations/{installation_id}/access_tokens": ["post"],
    REPO: ["get"],
    f"{REPO}/pulls": ["get"],
    f"{REPO}/commits/{{ref}}/statuses": ["get"],
    f"{REPO}/statuses/{{sha}}": ["post"],
    f"{REPO}/issues/comments": ["get"],
    f"{REPO}/issues/comments/{{comment_id}}": ["patch"],
    f"{REPO}/issues/{{issue_number}}/comments": ["get", "post"],
    f"{REPO}/commits/{{commit_sha}}/comments": ["get", "post"],
    f"{REPO}/comments/{{comment_id}}": ["patch"],
    f"{REPO}/issues": ["get", "post"],
    f"{REPO}/issues/{{issue_number}}": ["get", "patch"],
    f"{REPO}/assignees/{{assignee}}": ["get"],
}
# Of TypeScript, made from the OpenAPI description of each forge.
GENERATOR = "ts-json-schema-generator@2.4.0"
GITEA, GITEA_TYPES = "gitea-js@1.23.0", "dist/index.d.ts"
GITEA_USES = (
    *("User", "Repository", "PullRequest", "PullReview", "CommitStatus", "Comment", "Issue", "Label"),
    *("CreateStatusOption", "CreateIssueCommentOption", "EditIssueCommentOption"),
    *("CreateIssueOption", "EditIssueOption", "CreateLabelOption"),
)
BITBUCKET, BITBUCKET_TYPES = "bitbucket@2.12.0", "lib/bitbucket.d.ts"
BITBUCKET_USES = tuple(
    f"Schema.{name}"
    for name in (
        "Account",
        "Repository",
        "Pullrequest",
        "PullrequestComment",
        "CommitComment",
        "Commit",
        "Commitstatus",
    )
)
DATA_CENTER = "@coderabbitai/bitbucket@1.1.4"
DATA_CENTER_TYPES = "dist/server/openapi/openapi-typescript.d.ts"
DATA_CENTER_USES = tuple(
    f"Rest{name}" for name in ("Repository", "PullRequest", "Comment", "BuildStatus", "BuildStatusSetRequest")
)
GRAPHQL = "@octokit/graphql-schema@15.26.1"
_MEMBER = re.compile(r"^ {8}(?:readonly )?(\w+): (.*?);$(?=\n {8}\S|\Z)", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r'components\["schemas"\]\["(\w+)"\]')
# Prose, and what describes other forms of the same thing.
DROPPED = {
    "description",
    "title",
    "example",
    "examples",
    "x-github-breaking-changes",
    "externalDocs",
    "deprecated",
}


def main() -> None:
    package = next((name for name in sys.argv[1:] if name.startswith("@octokit/openapi")), GITHUB)
    with tempfile.TemporaryDirectory() as folder:
        whole = json.loads(unpacked(package, Path(folder), "generated/api.github.com.json").read_text())
    write("github.json", package, operations(whole, GITHUB_USES), whole)
    with tempfile.TemporaryDirectory() as folder:
        sdl = unpacked(GRAPHQL, Path(folder), "schema.graphql").read_text()
    (SCHEMA / "github.graphql").write_text(f"# {GRAPHQL}\n{used_types(sdl)}")
    with tempfile.TemporaryDirectory() as folder:
        write_types("gitea.json", GITEA, GITEA_TYPES, GITEA_USES, Path(folder))
        write_types("bitbucket.json", BITBUCKET, BITBUCKET_TYPES, BITBUCKET_USES, Path(folder))
        write_types("bitbucket-server.json", DATA_CENTER, DATA_CENTER_TYPES, DATA_CENTER_USES, Path(folder))


def unpacked(package: str, folder: Path, name: str) -> Path:
    subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package" / name


def operations(whole: dict[str, Any], uses: dict[str, list[str]]) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation(whole, whole["paths"][path][method])
        for path, methods in uses.items()
        for method in methods
    }


def operation(whole: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
    """Names of the query, schema of the body, and schema and example of each answer."""
    parameters = [followed(whole, one) for one in of.get("parameters", [])]
    body = of.get("requestBody", {}).get("content", {}).get("application/json", {})
    return {
        "query": sorted(one["name"] for one in parameters if one["in"] == "query"),
        "body": pruned(body.get("schema")),
        "needs_body": of.get("requestBody", {}).get("required", False),
        "answers": {
            status: answer(whole, followed(whole, given))
            for status, given in of["responses"].items()
            if status.startswith("2")
        },
    }


def answer(whole: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    content = given.get("content", {}).get("application/json")
    if content is None:
        return {"schema": None, "example": None}
    example = followed(whole, next(iter(content.get("examples", {}).values()), {})).get("value")
    return {
        "schema": pruned(content["schema"]),
        "example": example[:1] if isinstance(example, list) else example,
    }


def followed(whole: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in one:
        return one
    found = whole
    for name in one["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def pruned(schema: Any) -> Any:
    """As JSON Schema: OpenAPI 3.0 spells null in its own way."""
    if isinstance(schema, list):
        return [pruned(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace("#/components/schemas/", "#/$defs/")}
    kept = {
        name: pruned(value) for name, value in schema.items() if name not in DROPPED or is_property(value)
    }
    if "properties" in schema:
        kept["properties"] = {name: pruned(value) for name, value in schema["properties"].items()}
    return {"anyOf": [kept, {"type": "null"}]} if kept.pop("nullable", False) else kept


def is_property(value: Any) -> bool:
    """Some things have a property `title`."""
    return isinstance(value, dict) and "type" in value


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def used_types(sdl: str) -> str:
    """The part of GitHub's GraphQL schema that the query for reviews needs."""
    schema = build_schema(sdl, assume_valid_sdl=True)
    info = TypeInfo(schema)
    used: dict[str, dict[str, GraphQLField]] = {}

    class Uses(Visitor):
        def enter_field(self, *_: Any) -> None:
            parent, field = info.get_parent_type(), info.get_field_def()
            if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) and field is not None:
                name = next(name for name, one in parent.fields.items() if one is field)
                used.setdefault(parent.name, {})[name] = field

    visit(parse(REVIEWS), TypeInfoVisitor(info, Uses()))
    return print_used(schema, used)


def print_used(schema: GraphQLSchema, used: dict[str, dict[str, GraphQLField]]) -> str:
    lines, named = [], set()
    for name, fields in sorted(used.items()):
        kind = schema.type_map[name]
        keyword = "interface" if isinstance(kind, GraphQLInterfaceType) else "type"
        faces = [one.name for one in getattr(kind, "interfaces", ()) if one.name in used]
        lines.append(f"{keyword} {name}{' implements ' + ' & '.join(faces) if faces else ''} {{")
        inherited = {field: one for face in faces for field, one in used[face].items()}
        for field, one in {**inherited, **fields}.items():
            arguments = ", ".join(f"{given}: {taken.type}" for given, taken in one.args.items())
            lines.append(f"  {field}{'(' + arguments + ')' if arguments else ''}: {one.type}")
            named |= {get_named_type(one.type), *(get_named_type(taken.type) for taken in one.args.values())}
        lines.append("}")
    named |= {
        get_named_type(part.type)
        for one in named
        for part in getattr(one, "fields", {}).values()
        if is_input_object_type(one)
    }
    lines += [
        print_type(one)
        for one in sorted(named, key=str)
        if one.name not in used and not is_specified_scalar_type(one)
    ]
    return strip_ignored_characters("\n".join(lines)).replace("}", "}\n")


def write_types(name: str, package: str, source: str, types: tuple[str, ...], folder: Path) -> None:
    subprocess.run(["npm", "install", "--silent", GENERATOR, package], cwd=folder, check=True)
    path = folder / "node_modules" / package.rpartition("@")[0] / source
    more: tuple[str, ...] = ()
    if package == DATA_CENTER:
        # What it publishes of answers is not all of them: requests, for one, lack their author.
        path, more = each_by_itself(path), ("--additional-properties",)
    definitions: dict[str, Any] = {}
    for one in types:
        command = (
            "npx",
            "ts-json-schema-generator",
            "--path",
            str(path),
            "--no-type-check",
            "--expose",
            "all",
            "--type",
            one,
            *more,
        )
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        definitions |= json.loads(done.stdout.replace("#/definitions/", "#/$defs/"))["definitions"]
    parts = {"package": package, "$defs": {key: pruned(definitions[key]) for key in sorted(definitions)}}
    (SCHEMA / name).write_text(f"{in_lines(parts)}\n")


def each_by_itself(path: Path) -> Path:
    """The types that are members of one large type, which the generator cannot read."""
    text = path.read_text()
    begin = text.index("    schemas: {\n")
    members = text[begin : text.index("\n    };\n", begin)]
    made = path.with_name("types.ts")
    with made.open("w") as file:
        for name, of in _MEMBER.findall(members):
            file.write(f"export type {name} = {_NAMED.sub(lambda found: found[1], of)};\n")
    return made


def write(name: str, package: str, uses: dict[str, Any], whole: dict[str, Any]) -> None:
    definitions: dict[str, Any] = {}
    wanted = set(references(uses))
    while wanted:
        for one in wanted:
            definitions[one] = pruned(whole["components"]["schemas"][one])
        wanted = set(references(definitions)) - definitions.keys()
    SCHEMA.mkdir(exist_ok=True)
    parts = {"package": package, "operations": uses, "$defs": dict(sorted(definitions.items()))}
    (SCHEMA / name).write_text(f"{in_lines(parts)}\n")


def in_lines(parts: dict[str, Any]) -> str:
    """A line for each operation and definition, so that a new version can be compared."""
    lines = ",\n".join(
        f"{json.dumps(name)}: {in_lines(part) if name in {'operations', '$defs'} else json.dumps(part)}"
        for name, part in parts.items()
    )
    return f"{{\n{lines}\n}}"


if __name__ == "__main__":
    main()
