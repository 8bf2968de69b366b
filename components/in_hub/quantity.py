"""Kubernetes' way to write a size. Pure."""

import re
from decimal import Decimal

_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = ("", "k", "M", "G", "T", "P", "E")
_FACTORS = {
    "m": Decimal("0.001"),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(_DECIMAL)},
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(_BINARY)},
}
_QUANTITY = re.compile(r"(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d+)|(m|[kMGTPE]|[KMGTPE]i)?)")


def size_bytes(quantity: str) -> Decimal:
    """``10Gi`` is 10·1024³ bytes, ``10G`` 10·1000³, ``1e9`` 10⁹.

    Source: Kubernetes' ``resource.Quantity``. Sizes of volumes are never negative.

    Raises:
        ValueError: it is not such a quantity.
    """
    parts = _QUANTITY.fullmatch(quantity)
    if not parts:
        raise ValueError(f"{quantity!r} is not a Kubernetes quantity such as 10Gi")
    number, exponent, suffix = parts.groups()
    return Decimal(number + (exponent or "")) * _FACTORS[suffix or ""]
