import pytest

from components.config.types import Image, format_number
from tests.support.tenancies import tenancy

DIGEST = f"sha256:{'0f' * 32}"


@pytest.mark.parametrize(
    ("reference", "image"),
    [
        ("pangeo/base", Image("pangeo/base")),
        ("docker.io/pangeo/base:2026.01.30", Image("docker.io/pangeo/base", "2026.01.30")),
        ("registry:5000/name", Image("registry:5000/name")),
        ("registry:5000/name:1", Image("registry:5000/name", "1")),
        (f"registry:5000/name@{DIGEST}", Image("registry:5000/name", None, DIGEST)),
        (f"name:tag@{DIGEST}", Image("name", "tag", DIGEST)),
    ],
)
def test_an_image_reference_is_split_and_joined(reference: str, image: Image) -> None:
    assert Image.parse(reference) == image
    assert str(image) == reference


@pytest.mark.parametrize(
    ("reference", "name", "tag"),
    [
        ("registry:5000/name:1", "registry:5000/name", "1"),
        (f"registry:5000/name@{DIGEST}", "registry:5000/name@sha256", "0f" * 32),
        (f"name:tag@{DIGEST}", "name:tag@sha256", "0f" * 32),
    ],
)
def test_the_charts_join_an_image_from_name_and_tag(reference: str, name: str, tag: str) -> None:
    assert tenancy(notebook__image=reference).notebook.image.name_and_tag == (name, tag)
    assert f"{name}:{tag}" == reference


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1"),
        (1.0, "1"),
        (0.5, "0.5"),
        (100, "100"),
        (1024.0, "1024"),
        (1_000_000, "1000000"),
        (1.23456789, "1.23456789"),
        (3.7252902984, "3.7252902984"),
        (0.00001, "0.00001"),
        (1e22, "10000000000000000000000"),
    ],
)
def test_a_number_has_every_digit_and_no_exponent(number: float, text: str) -> None:
    assert format_number(number) == text
    assert float(text) == number
