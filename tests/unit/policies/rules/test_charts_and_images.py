"""The checkout's chart, its exact dependencies, and images from approved registries in fixed versions."""

from pathlib import Path
from typing import Any

import pytest

from components.chart.values import chart_values
from policies.rule import CHECKOUT, Context, Resource
from tests.support.tenancies import tenancy
from tests.unit.policies import declared

RELEASE = {"chart": "./chart", "values": {"digests": {"chart": "0" * 64}}}
LOCK = """\
dependencies:
- name: jupyterhub
  repository: {repository}
  version: {version}
"""


def check_release(rule: str, organisation: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    return declared.check(rule, declared.release(**changes), organisation=organisation).messages


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"chart": "jupyterhub"}, 'chart is "jupyterhub", not this checkout\'s chart ./chart'),
        ({"version": "9.9.9"}, 'version is "9.9.9"; the version of this checkout\'s chart is'),
        ({"values__digests__chart": ""}, 'values.digests.chart is "", no digest'),
        ({"repositoryOpts": {"repo": "https://charts.example.com"}}, 'repositoryOpts.repo is "https://charts.exam'),
    ],
)
def test_the_release_is_this_checkouts_chart(changes: dict[str, Any], message: str) -> None:
    (found,) = declared.check("exact-chart", declared.release_with(**changes)).messages
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("repository", "version", "message"),
    [
        ("https://jupyterhub.github.io/helm-chart/", "4.4.0", ""),
        ("https://jupyterhub.github.io/helm-chart/", "4.4.0-beta.1", ""),
        ("https://jupyterhub.github.io/helm-chart/", "~4.4", "which is not one exact version"),
        ("https://jupyterhub.github.io/helm-chart/", "'4'", "which is not one exact version"),
        ("https://charts.example.com", "4.4.0", "from https://charts.example.com, which is not an approved repository"),
    ],
)
def test_dependencies_are_exact_and_from_approved_sources(
    tmp_path: Path, repository: str, version: str, message: str
) -> None:
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart" / "Chart.yaml").write_text("version: 0.1.0\n")
    (tmp_path / "chart" / "Chart.lock").write_text(LOCK.format(repository=repository, version=version))
    rule = declared.rule("exact-chart")
    assert rule.check
    context = Context("vis", tenancy(), rule.defaults, checkout=tmp_path)
    found = list(rule.check(Resource("", "", RELEASE), context))
    assert len(found) == bool(message)
    assert all(message in each for each in found)


def test_this_checkouts_chart_is_accepted() -> None:
    rule = declared.rule("exact-chart")
    assert rule.check
    assert list(rule.check(Resource("", "", RELEASE), Context("vis", tenancy(), rule.defaults))) == []
    assert (CHECKOUT / "chart" / "Chart.lock").is_file()


@pytest.mark.parametrize(
    ("image", "approved"),
    [
        ({"name": "docker.io/pangeo/base-notebook", "tag": "2026.01.30"}, True),
        ({"name": "pangeo/base-notebook", "tag": "2026.01.30"}, True),
        ({"name": "docker.io/pangeology/notebook", "tag": "1"}, False),
        ({"name": "quay.io/pangeology/notebook", "tag": "1"}, False),
        ({"name": "quay.io/pangeo/ml-notebook", "tag": "2026.06.04"}, True),
        ({"name": "registry.example.org:5000/pangeo/notebook", "tag": "1"}, False),
        ({"name": "python", "tag": "3.12"}, False),
    ],
)
def test_images_come_from_approved_registries(image: dict[str, str], approved: bool) -> None:
    assert (check_release("approved-images", singleuser__image=image) == []) is approved
    assert check_release("approved-images", {"registries": ["docker.io", "quay.io", "registry.example.org:5000"]}, singleuser__image=image) == []  # fmt: skip # noqa: E501


def test_images_are_found_everywhere_in_the_values() -> None:
    image = {"name": "example.com/a/b", "tag": "1"}
    override = [{"display_name": "Other", "kubespawner_override": {"image": "example.com/a/b:1"}}]
    for changes, where in (
        ({"hub__image": image}, "jupyterhub.hub.image"),
        ({"singleuser__extraContainers": [{"image": "example.com/a/b:1"}]}, "singleuser.extraContainers[0].image"),
        ({"singleuser__profileList": override}, "singleuser.profileList[0].kubespawner_override.image"),
        ({"hub__config__KubeSpawner__image": "example.com/a/b:1"}, "hub.config.KubeSpawner.image"),
    ):
        (message,) = check_release("approved-images", **changes)
        assert f"{where} is example.com/a/b:1, which is not from an approved registry" in message
    backend = declared.gateway(gateway__backend__image=image)
    (message,) = declared.check("approved-images", backend).messages
    assert message.startswith("dask-gateway.gateway.backend.image is example.com/a/b:1")


def check_profile(rule: str, profile: dict[str, Any], organisation: dict[str, Any] | None = None) -> list[str]:
    """Check the release of a stack with one profile."""
    notebook = {"profiles": [{"name": "Free", **profile}]}
    release = declared.release_with(values=chart_values(tenancy(storage=declared.STORAGE, notebook=notebook)))
    return declared.check(rule, release, stack=declared.config(notebook=notebook), organisation=organisation).messages


def test_images_that_users_choose_are_from_approved_registries() -> None:
    images = [{"name": "A", "image": "docker.io/pangeo/a:1"}, {"name": "B", "image": "example.com/b:1"}]
    (message,) = check_profile("approved-images", {"images": images})
    assert "profile_options.image.choices.B.kubespawner_override.image is example.com/b:1" in message


@pytest.mark.parametrize(
    ("pattern", "approved"),
    [
        ("docker.io/pangeo/*", True),
        ("docker.io/pangeo/**", True),
        ("docker.io/pangeology/*", False),
        ("registry.example.org/pangeo/*", False),
        ("registry.example.org/**", False),
    ],
)
def test_images_that_users_write_are_from_approved_registries(pattern: str, approved: bool) -> None:
    custom = {"customImages": {"pattern": pattern}}
    found = check_profile("approved-images", custom)
    place = "pangeo:notebook.profiles[0].customImages.pattern"
    registries = "quay.io/pangeo, docker.io/pangeo, quay.io/jupyterhub, ghcr.io/dask, docker.io/restic"
    refusal = f"{place} is {pattern}, which is not from an approved registry ({registries})"
    assert [each for each in found if each.startswith(place)] == ([] if approved else [refusal])
    assert not any("{value}" in each for each in (*found, *check_profile("no-latest-image", custom)))


@pytest.mark.parametrize("more", [{}, {"validation_regex": ".*"}])
def test_expression_for_images_that_users_write_is_that_of_a_pattern(more: dict[str, str]) -> None:
    written = {"enabled": True, "kubespawner_override": {"image": "{value}"}, **more}
    profile = {"display_name": "A", "profile_options": {"image": {"unlisted_choice": written}}}
    assert check_release("approved-images", singleuser__profileList=[profile]) == [
        "singleuser.profileList[0].profile_options.image.unlisted_choice.validation_regex is not that of a "
        "customImages.pattern in pangeo:notebook.profiles"
    ]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ({"name": "docker.io/pangeo/a", "tag": "latest"}, "the tag latest is not fixed"),
        ({"name": "docker.io/pangeo/a", "tag": ""}, "without a tag or digest"),
        ({"name": "registry.example.org:5000/a"}, "without a tag or digest"),
        ({"name": "docker.io/pangeo/a", "tag": "2026.01.30"}, ""),
        ({"name": "docker.io/pangeo/a@sha256", "tag": "0" * 64}, ""),
    ],
)
def test_images_have_a_fixed_version(image: dict[str, str], message: str) -> None:
    found = check_release("no-latest-image", singleuser__image=image)
    assert len(found) == bool(message)
    assert all(message in each for each in found)


@pytest.mark.parametrize("name", ["approved-images", "no-latest-image"])
def test_an_unknown_digest_of_the_secrets_is_no_image(name: str) -> None:
    annotations = {"values__dask-gateway__gateway__annotations": {"tenancy.pangeo/secrets": declared.UNKNOWN}}
    release = declared.release_with(values__digests__secrets=declared.UNKNOWN, **annotations)
    assert declared.check(name, release).messages == []


MIRROR = "registry.example.org/cache"
REGISTRIES = {"mirror": MIRROR, "pullSecrets": ["registry-login"]}
APPROVED = {"mirrors": [MIRROR]}


def mirrored(rule: str, organisation: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    """Check the release of a stack with a mirror, with changed values of both charts."""
    values = declared.change(chart_values(tenancy(storage=declared.STORAGE, registries=REGISTRIES)), changes)
    release = declared.release_with(values=values)
    stack = declared.config(registries=REGISTRIES)
    return declared.check(rule, release, stack=stack, organisation=organisation).messages


def test_images_in_an_approved_mirror_are_approved_like_their_originals() -> None:
    image = "jupyterhub__singleuser__image"
    assert mirrored("approved-images", APPROVED) == []
    (message,) = mirrored("approved-images", APPROVED, **{image: {"name": f"{MIRROR}/docker.io/other/a", "tag": "1"}})
    assert "which is not from an approved registry" in message
    (message,) = mirrored("approved-images", APPROVED, **{image: {"name": "quay.io.example.com/a/b", "tag": "1"}})
    assert "which is not from an approved registry" in message


def test_a_mirror_that_the_organisation_did_not_approve_is_refused() -> None:
    first, *others = mirrored("approved-images")
    assert first == f"pangeo:registries.mirror is {MIRROR}, which is not an approved mirror (none)"
    assert all(each.endswith("which is not from an approved registry (quay.io/pangeo, docker.io/pangeo, quay.io/jupyterhub, ghcr.io/dask, docker.io/restic)") for each in others)  # fmt: skip # noqa: E501
    assert mirrored("approved-images", {"registries": ["registry.example.org"]}) == []
    assert mirrored("approved-images", {"mirrors": ["registry.example.org"]}) != []


def test_mirrored_images_of_the_charts_have_the_charts_version() -> None:
    assert mirrored("no-latest-image") == []
    hub = {"jupyterhub__hub__image": {"name": f"{MIRROR}/quay.io/jupyterhub/k8s-hub", "tag": "latest"}}
    (message,) = mirrored("no-latest-image", **hub)
    assert "the tag latest is not fixed" in message
    (message,) = mirrored("no-latest-image", **{"jupyterhub__hub__image": {"name": f"{MIRROR}/quay.io/a/b"}})
    assert "without a tag or digest" in message
