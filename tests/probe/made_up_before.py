"""The state and the cloud in which a made-up configuration is planned: an apply for each would cost more than the plans."""

from collections.abc import Iterator
from typing import Any

from made_up import BEACON, UNKNOWN_TO_THE_STATE, Configuration, Fate, Object, Values
from provider.cloudfile import STORED
from provider.cloudfile import state as attributes_of

ADDRESS = 'provider["registry.terraform.io/driftline/cloudfile"]'
DEPOSED = "0badcafe"
STORED_AS: Values = dict.fromkeys(STORED)
NOT_IN_THE_CLOUD = {Fate.CREATE, Fate.GONE}


def cloud_of(made: Configuration) -> dict[str, Values]:
    objects: dict[str, Values] = {BEACON: {"value": "lit"}}
    for one in made.objects:
        if one.fate in NOT_IN_THE_CLOUD:
            continue
        by_hand = {"value": "by hand", "owner": "ana"} if one.fate is Fate.CHANGED else {}
        imported = one.fate is Fate.IMPORT
        for _, prefix in made.places(one, before=not imported):
            for key in one.shape.keys if imported else one.shape.before:
                name = _name(one, prefix, key)
                objects[name] = STORED_AS | one.before | by_hand
                if one.fate is Fate.DEPOSED:
                    objects[f"{name}-deposed"] = STORED_AS | one.before
    return objects


def _name(one: Object, prefix: str, key: Any) -> str:
    name = one.cloud_name(prefix, key)
    return f"{name}-before" if one.fate is Fate.REPLACE else name


def state_of(made: Configuration) -> dict[str, Any]:
    resources = [
        resource
        for one in made.objects
        if one.fate not in UNKNOWN_TO_THE_STATE
        for resource in _resources(made, one)
    ]
    outputs = {"version": {"value": made.version_before, "type": "string"}} if made.version_before else {}
    return {
        "version": 4,
        "terraform_version": "1.8.0",  # an older one than any that the tests run with
        "serial": 7,
        "lineage": "8f1f1a1c-0000-4000-8000-000000000000",
        "outputs": outputs,
        "resources": resources,
        "check_results": None,
    }


def _resources(made: Configuration, one: Object) -> Iterator[dict[str, Any]]:
    aliased = made.module_aliased if one.inside else one.aliased
    for module, prefix in made.places(one, before=True):
        yield {
            **({"module": module.removesuffix(".")} if module else {}),
            "mode": "managed",
            "type": f"cloudfile_{one.type}",
            "name": one.label_before,
            "provider": f"{ADDRESS}.other" if aliased else ADDRESS,
            "instances": [instance for key in one.shape.before for instance in _instances(one, prefix, key)],
        }


def _instances(one: Object, prefix: str, key: Any) -> Iterator[dict[str, Any]]:
    name = _name(one, prefix, key)
    instance = {
        **({} if key is None else {"index_key": key}),
        **({"status": "tainted"} if one.fate is Fate.TAINTED else {}),
        "schema_version": 1,
        "attributes": attributes_of(one.before, {"name": name}) | {"key": None},
        "sensitive_attributes": [],
    }
    yield instance
    if one.fate is Fate.DEPOSED:
        left = attributes_of(one.before, {"name": f"{name}-deposed"}) | {"key": None}
        yield {**instance, "deposed": DEPOSED, "attributes": left}
