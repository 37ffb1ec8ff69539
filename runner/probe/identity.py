"""The proxy's identity towards providers: go-plugin's AutoMTLS, with which a provider serves nobody else.

Every process of our user can find its socket, and after `Configure` it acts with a stack's credentials.
Source: https://github.com/hashicorp/go-plugin/blob/main/mtls.go
"""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from runner.model.values.frozen import dataclass

HOST = "localhost"  # the name in go-plugin's certificates
LIFETIME = timedelta(days=3650)  # long enough for a proxy that never ends, whatever its clock does


@dataclass(frozen=True)
class Identity:
    """`certificate` is PEM, for PLUGIN_CLIENT_CERT. `context` identifies the other side by its announced certificate."""

    certificate: str
    context: ssl.SSLContext


def new_identity(folder: Path) -> Identity:
    """Its key never leaves this process, except while OpenSSL reads it from a file in the folder."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Each provider signs its own certificate; the exact one announced on its stdout is required instead.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with NamedTemporaryFile(dir=folder) as file:
        file.write(certificate + secret)
        file.flush()
        context.load_cert_chain(file.name)
    return Identity(certificate.decode(), context)
