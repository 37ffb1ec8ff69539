"""By which names a provider that is not probed any more may be called."""

import pytest

from runner.model.warm.provider import Provider

OF_TERRAFORM = "registry.terraform.io/hashicorp/aws 5.100.0"
OF_TOFU = "registry.opentofu.org/hashicorp/aws 5.100.0"
SHORT = "hashicorp/aws 5.100.0"


@pytest.mark.parametrize(
    ("recorded", "called", "is_meant"),
    [
        (OF_TERRAFORM, OF_TERRAFORM, True),
        (OF_TOFU, OF_TOFU, True),
        (OF_TERRAFORM, OF_TOFU, False),
        (OF_TERRAFORM, SHORT, True),
        (OF_TOFU, SHORT, True),
        (SHORT, SHORT, True),
        (SHORT, OF_TOFU, True),
        ("registry.example.com/hashicorp/aws 5.100.0", SHORT, False),
        (OF_TERRAFORM, "hashicorp/aws 5.99.0", False),
    ],
)
def test_a_short_name_means_the_registries_of_the_engines(
    recorded: str, called: str, *, is_meant: bool
) -> None:
    assert Provider(recorded, "h1:x").is_called(called) is is_meant
