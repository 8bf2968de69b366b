"""Patterns of images that users write: what is accepted in a stack file, and which images they match."""

import re
import time

import pytest

from components.config.image_pattern import EXAMPLE
from components.config.profiles import CustomImages
from tests.support.tenancies import problem

NO_REGISTRY = f"does not begin with the host of a registry; write for example {EXAMPLE}"
NO_PATTERN = (
    "is not a pattern of image names: between slashes, there may be small letters, digits, . _ - and one *; write for "
    f"example {EXAMPLE}"
)
PUBLIC = "permits images of everybody who has an account at {0}; write an owner's name, for example {0}/pangeo/*"
DIGEST = f"@sha256:{'0' * 64}"


def expression(pattern: str) -> str:
    return CustomImages.model_validate({"pattern": pattern}).pattern.regular_expression


@pytest.mark.parametrize(
    ("pattern", "image"),
    [
        (EXAMPLE, "registry.example.org/pangeo/notebook:2026.01"),
        (EXAMPLE, f"registry.example.org/pangeo/notebook{DIGEST}"),
        (EXAMPLE, f"registry.example.org/pangeo/note.book_a-b:V1-x{DIGEST}"),
        ("registry.example.org/pangeo/**", "registry.example.org/pangeo/a:1"),
        ("registry.example.org/pangeo/**", "registry.example.org/pangeo/a/b/c:1"),
        ("registry.example.org:5000/*", "registry.example.org:5000/a:1"),
        ("quay.io/pangeo/*-notebook", "quay.io/pangeo/ml-notebook:1"),
        ("quay.io/pangeo/notebook", "quay.io/pangeo/notebook:latest-1"),
        ("localhost:5000/*", "localhost:5000/a:1"),
    ],
)
def test_pattern_matches_the_images_that_it_describes(pattern: str, image: str) -> None:
    assert re.match(expression(pattern), image)


@pytest.mark.parametrize(
    "image",
    [
        "",
        "registry.example.org/pangeo/notebook",
        "registry.example.org/pangeo/notebook:latest",
        "registry.example.org/pangeo/notebook:",
        "registry.example.org/pangeo/notebook@sha256:0",
        f"registry.example.org/pangeo/notebook@sha512:{'0' * 64}",
        "registry.example.org/pangeo/notebook:1\n",
        "registry.example.org/pangeo/notebook:1 ",
        " registry.example.org/pangeo/notebook:1",
        "registry.example.org/pangeo/note book:1",
        "registry.example.org/pangeo/Notebook:1",
        "REGISTRY.example.org/pangeo/notebook:1",
        "registry.example.org.evil.com/pangeo/notebook:1",
        "evil.com/registry.example.org/pangeo/notebook:1",
        "registryXexample.org/pangeo/notebook:1",
        "registry.example.org:5000/pangeo/notebook:1",
        "registry.example.org/pangeology/notebook:1",
        "registry.example.org/pangeo/a/b:1",
        "registry.example.org/pangeo/../evil/a:1",
        "registry.example.org/pangeo/..:1",
        "registry.example.org/pangeo/-a:1",
        "registry.example.org/pangeo/a--:1",
        "registry.example.org/pangeo//a:1",
        "https://registry.example.org/pangeo/a:1",
        "registry.example.org/pangeo/a:1@evil.com/b",
        "registry.example.org/pangeo/a:1\nevil.com/b:1",
        "registry.example.org/pangeo/\u0430:1",
        "registry.example.org/pangeo/a:1\u0661",
    ],
)
def test_pattern_matches_no_other_images(image: str) -> None:
    assert not re.match(expression(EXAMPLE), image)


@pytest.mark.parametrize("text", ["a" * 500, "a-" * 250, "a/" * 250, "a_" * 250, "-" * 500, "a:" * 250])
def test_time_of_a_match_grows_with_the_length_only(text: str) -> None:
    pattern = expression("registry.example.org/a*a/b*b/**")
    start = time.perf_counter()
    for _ in range(20):
        assert not re.match(pattern, f"registry.example.org/aa/bb/{text}!")
    # Repetitions in each other would take years.
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (7, f"is not a string; write for example {EXAMPLE}"),
        ("https://quay.io/a/*", f"is a URL; write it without the protocol, for example {EXAMPLE}"),
        ("pangeo/*", NO_REGISTRY),
        ("*/pangeo/a", NO_REGISTRY),
        ("*.example.org/a", NO_REGISTRY),
        ("^quay.io/a/.*$", NO_REGISTRY),
        ("quay.io", NO_REGISTRY),
        ("example.org:99999/a", "has the port 99999 of a registry, which no server can have; write 1 to 65535"),
        ("quay.io/pangeo/a:1", f"has a tag or digest, which users add to the name; write for example {EXAMPLE}"),
        ("example.org/**/a", "has ** before its end; write * for one part of the name"),
        (f"example.org/{'a' * 200}", "has 212 characters; write at most 200"),
        *(
            (f"quay.io/{path}", NO_PATTERN)
            for path in ("", "a//b", "a/*b*", "A/*", "a/[b]", "a/(b+)+", "a/.", "a/***", "a/b*c*")
        ),
        *(
            (f"{registry}/{path}", PUBLIC.format(registry))
            for registry, path in (
                *(("quay.io", "**"), ("ghcr.io", "pangeo*/a"), ("docker.io", "python"), ("quay.io:443", "*/a")),
                *(("registry-1.docker.io", "*/a"), ("index.docker.io", "**"), ("registry.hub.docker.com", "*/*")),
                *(("eu.gcr.io", "*/a"), ("europe-docker.pkg.dev", "**"), ("registry.digitalocean.com", "*/a")),
            )
        ),
    ],
)
def test_invalid_pattern_is_refused_with_a_fix(pattern: object, message: str) -> None:
    found = problem(notebook={"profiles": [{"name": "a", "customImages": {"pattern": pattern}}]})
    assert (found.key, found.message) == ("pangeo:notebook.profiles[0].customImages.pattern", message)


@pytest.mark.parametrize(
    ("mirror", "path", "names_owner"),
    [
        *(
            ("m.example/cache", path, False)
            for path in ("**", "cache/**", "*/*/*/a", "cache/*/pangeo/a", "c*/*.io/a/b")
        ),
        *(
            ("m.example/cache", path, False)
            for path in ("cache/docker.io/*/a", "cache/quay.io/**", "cache/eu.gcr.io/a*/b")
        ),
        *(
            ("m.example/cache", path, True)
            for path in ("cache/quay.io/pangeo/*", "cache/docker.io/pangeo/**", "team/**")
        ),
        *(("m.example/cache", path, True) for path in ("cache/r.example.org/**", "cache", "other/docker.io/**")),
        *(("m.example", path, False) for path in ("**", "*/a/b", "quay.io/*/a")),
        *(("m.example", path, True) for path in ("quay.io/pangeo/*", "team/*")),
    ],
)
def test_pattern_of_a_mirror_names_the_owner_of_public_images(mirror: str, path: str, names_owner: bool) -> None:
    pattern = f"m.example/{path}"
    profiles = [{"name": "a", "customImages": {"pattern": pattern}}]
    assert CustomImages.model_validate({"pattern": pattern}).pattern.names_owner_in_mirror(mirror) is names_owner
    if not names_owner:
        found = problem(notebook={"profiles": profiles}, registries={"mirror": mirror})
        assert found.key == "pangeo:notebook.profiles[0].customImages.pattern"
        assert found.message == (
            "permits images of everybody in the registries that pangeo:registries.mirror mirrors; write a registry and "
            f"an owner's name, for example {mirror}/quay.io/pangeo/*"
        )
