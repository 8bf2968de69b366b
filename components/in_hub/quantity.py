"""Kubernetes quantities, such as ``10Gi``. Pure."""

import re
from decimal import Decimal

_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = ("", "k", "M", "G", "T", "P", "E")
_FACTORS = {
    **{suffix: Decimal(1000) ** -power for power, suffix in enumerate("mun", 1)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(_DECIMAL)},
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(_BINARY)},
}
_QUANTITY = re.compile(r"(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)")


def size_bytes(quantity: str) -> Decimal:
    """Return a quantity in bytes: ``10Gi`` is 10·1024³, ``10G`` is 10·1000³, ``1e9`` is 10⁹.

    CPUs and numbers of objects have the same notation: ``500m`` is 0.5.
    Source: Kubernetes' ``resource.Quantity``. Negative quantities are not accepted: sizes of volumes are positive.

    Raises:
        ValueError: ``quantity`` is not a Kubernetes quantity.
    """
    parts = _QUANTITY.fullmatch(quantity)
    if not parts:
        raise ValueError(f"{quantity!r} is not a Kubernetes quantity such as 10Gi")
    number, exponent, suffix = parts.groups()
    return Decimal(number + (exponent or "")) * _FACTORS[suffix or ""]
