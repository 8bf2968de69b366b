import pytest

from components.in_hub.quantity import size_bytes


@pytest.mark.parametrize(
    ("quantity", "size"),
    [
        ("10Gi", 10 * 1024**3),
        ("10G", 10 * 1000**3),
        ("1.5Ti", 1.5 * 1024**4),
        ("500M", 500_000_000),
        ("1k", 1000),
        ("1e9", 10**9),
        ("12E6", 12 * 10**6),
        ("2E", 2 * 1000**6),
        ("1Ei", 1024**6),
        ("1000m", 1),
        (".5Ki", 512),
        ("0", 0),
        ("21474836480", 20 * 1024**3),
    ],
)
def test_quantity_is_converted_to_bytes(quantity: str, size: float) -> None:
    assert size_bytes(quantity) == size


@pytest.mark.parametrize(
    "quantity", ["", "Gi", "10 Gi", "10gi", "10GB", "-1Gi", "1e9Gi", "1,5Gi", "1.2.3", "NaN", "inf"]
)
def test_invalid_quantity_is_refused(quantity: str) -> None:
    with pytest.raises(ValueError, match="is not a Kubernetes quantity"):
        size_bytes(quantity)
