import pytest

from components.config.image import Image
from tests.support.tenancies import problem, tenancy

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


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
@pytest.mark.parametrize("end", ["name:1", f"name@{DIGEST}"])
def test_a_port_that_no_registry_has_is_refused(port: str, end: str) -> None:
    found = problem(notebook__image=f"registry:{port}/{end}")
    assert found.message == f"has the port {port} of a registry, which no server can have; write 1 to 65535"


@pytest.mark.parametrize("image", ["registry:65535/name:1", "name:99999"])
def test_a_port_of_a_registry_and_a_number_as_a_tag_are_accepted(image: str) -> None:
    assert str(tenancy(notebook__image=image).notebook.image) == image
