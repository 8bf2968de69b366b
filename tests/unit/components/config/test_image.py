import pytest

from components.config.image import Image
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
