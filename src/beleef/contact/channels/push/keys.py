"""The key pair by which push services know who sends (VAPID, RFC 8292): made here once, its private half kept as a secret."""

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from beleef.kernel.errors import InvalidInput


def new_private_key() -> str:
    """Return a new private key on P-256, as base64url of its 32 bytes."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _encode(number.to_bytes(32, "big"))


def public_key(private: str) -> str:
    """Return the public key as browsers take it for ``applicationServerKey``: base64url of 65 bytes.

    Raises:
        InvalidInput: the private key is none.
    """
    return _encode(
        _private(private)
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )


def pem(private: str) -> bytes:
    """Return the private key as PEM.

    Raises:
        InvalidInput: it is none.
    """
    return _private(private).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def is_public_point(text: str) -> bool:
    """Return whether a text is the public key of a browser: base64url of a point on P-256."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(text))
    except ValueError:
        return False
    return True


def decode(text: str) -> bytes:
    """Return the bytes of base64url, with or without padding.

    Raises:
        ValueError: it is none.
    """
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    try:
        return ec.derive_private_key(int.from_bytes(decode(text), "big"), ec.SECP256R1())
    except ValueError as error:
        raise InvalidInput(
            "The key of web push is none.", hint="Let Beleef make a new one.", code="invalid_channel"
        ) from error


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
