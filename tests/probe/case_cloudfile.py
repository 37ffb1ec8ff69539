"""A stack on the Python provider, which speaks protocol 6, and what is done to it."""

from probe_case import Case, Found, Hands, Situation


def own_what_no_attribute_shows(hands: Hands) -> None:
    with hands.objects() as objects:
        objects["bare-0"]["owner"] = "ana"


def change_what_is_ignored(hands: Hands) -> None:
    with hands.objects() as objects:
        objects["left-alone"]["value"] = "by hand"


def change_values(hands: Hands) -> None:
    with hands.objects() as objects:
        objects["web"].update(value="by hand", secret="guessed")
        objects["web"]["tags"]["added"] = "by hand"
        objects["web"]["list"].append("c")
        objects["sized-small"]["size"] = 0.3
        objects["pair-left"]["value"] = "by hand"


def delete_objects(hands: Hands) -> None:
    with hands.objects() as objects:
        for name in ("sized-large", "bare-1", "pair-right"):
            del objects[name]


CLOUDFILE = Case(
    "cloudfile",
    "",
    (
        Situation("clean"),
        Situation(
            "code",
            code="code",
            finds=Found(
                planned={
                    "data.cloudfile_lookup.web": "read",
                    'cloudfile_object.sized["large"]': "delete",
                    'cloudfile_object.sized["medium"]': "create",
                    'cloudfile_object.sized["small"]': "update",
                    "cloudfile_object.web": "update",
                },
                outputs=frozenset({"looked_up", "secret"}),
            ),
        ),
        Situation(
            "tainted",
            commands=(("taint", "cloudfile_object.bare[0]"),),
            finds=Found(
                planned={"cloudfile_object.bare[0]": "delete+create"},
            ),
        ),
        Situation(
            "only computed",
            by_hand=(own_what_no_attribute_shows, change_what_is_ignored),
            finds=Found(
                drifted=frozenset({"cloudfile_object.bare[0]", "cloudfile_object.left_alone"}),
            ),
        ),
        Situation(
            "changed",
            by_hand=(change_values,),
            finds=Found(
                planned={
                    "data.cloudfile_lookup.web": "read",
                    'cloudfile_object.sized["small"]': "update",
                    "cloudfile_object.web": "update",
                    "module.pair.cloudfile_object.left": "update",
                    "module.pair.cloudfile_object.right": "update",
                },
                drifted=frozenset(
                    {
                        'cloudfile_object.sized["small"]',
                        "cloudfile_object.web",
                        "module.pair.cloudfile_object.left",
                    }
                ),
                outputs=frozenset({"looked_up", "pair_etag"}),
            ),
        ),
        Situation(
            "deleted",
            by_hand=(delete_objects,),
            finds=Found(
                planned={
                    "cloudfile_object.bare[1]": "create",
                    'cloudfile_object.sized["large"]': "create",
                    "module.pair.cloudfile_object.right": "create",
                },
                drifted=frozenset(
                    {
                        "cloudfile_object.bare[1]",
                        'cloudfile_object.sized["large"]',
                        "module.pair.cloudfile_object.right",
                    }
                ),
            ),
        ),
    ),
    aws=False,
)
