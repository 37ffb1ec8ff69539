"""Why a server cannot be reached, in words of the field and with what helps."""

import httpx2
import pytest

from runner.errors import ServerUnreachable
from runner.host.connection import reaching

VERIFY = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {} (_ssl.c:1000)"


def told(said: str) -> ServerUnreachable:
    with pytest.raises(ServerUnreachable) as refused, reaching("https://driftline.example.com"):
        raise httpx2.ConnectError(said)
    return refused.value


@pytest.mark.parametrize("why", ["self-signed certificate", "unable to get local issuer certificate"])
def test_an_authority_that_nobody_knows_can_be_named(why: str) -> None:
    error = told(VERIFY.format(why))
    assert error.message.endswith(f"cannot be reached: its certificate is not accepted: {why}")
    assert "SSL_CERT_FILE" in (error.hint or "")


def test_another_name_in_the_certificate_is_a_matter_of_the_address() -> None:
    error = told(VERIFY.format("Hostname mismatch, certificate is not valid for 'driftline.example.com'."))
    assert error.message.endswith("certificate is not valid for 'driftline.example.com'")
    assert (error.hint or "").startswith("check the address")


@pytest.mark.parametrize("number", ["111", "-2"])
def test_the_number_of_an_error_is_left_out(number: str) -> None:
    assert told(f"[Errno {number}] Connection refused").message.endswith("reached: Connection refused")
