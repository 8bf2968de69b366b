"""Names that two stacks share, by what their files say about the cluster and the directory."""

from dataclasses import replace
from typing import Any

import pytest

from components.config.collisions import Claims, ClusterName, Comparison, claims_of, compare_all, compare_names
from components.config.problems import InvalidTenancy, Problem
from tests.support.tenancies import DOMAIN, tenancy

OTHER = "stacks/Pulumi.other.yaml"
ENCRYPTED = {"kubeconfig": '{"apiVersion": "v1"}'}


def claims(**changes: Any) -> Claims:
    return claims_of(tenancy(**{"externalIp": "192.0.2.1", **changes}))


def compare(own: Claims, other: Claims) -> Comparison:
    """Compare two stacks; the result must not depend on which one is checked."""
    found, mirrored = compare_names(own, {OTHER: other}), compare_names(other, {OTHER: own})
    assert [each.value for each in found.problems] == [each.value for each in mirrored.problems]
    assert len(found.warnings) == len(mirrored.warnings)
    return found


def shares_namespace(own: Claims, other: Claims) -> str:
    """Return whether two stacks with one clusterName and different directories share the namespace."""
    apart = replace(other, directory=claims(identity__realm="OTHER.ORG").directory)
    problems, warnings = compare(own, apart)
    return "yes" if problems else "possibly" if warnings else "no"


def shares_group(own: Claims, other: Claims) -> str:
    """Return whether two stacks with one clusterName and different clusters share the group."""
    problems, warnings = compare(replace(own, cluster=ClusterName("a")), replace(other, cluster=ClusterName("b")))
    return "yes" if problems else "possibly" if warnings else "no"


def with_domain(claims: Claims) -> Claims:
    return replace(claims, domain="other.example.org")


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        (None, None, "yes"),
        ({"context": "vis"}, {"context": "vis"}, "yes"),
        ({"context": "vis"}, {"context": "vos"}, "no"),
        ({"context": "vis"}, None, "possibly"),
        (ENCRYPTED, None, "possibly"),
        ({**ENCRYPTED, "context": "vis"}, {"context": "vis"}, "possibly"),
        ({**ENCRYPTED, "context": "vis"}, {"context": "vos"}, "possibly"),
        (ENCRYPTED, ENCRYPTED, "possibly"),
    ],
)
def test_a_namespace_is_shared_in_one_cluster(own: Any, other: Any, expected: str) -> None:
    one, another = (claims(**({} if each is None else {"kubernetes": each})) for each in (own, other))
    assert shares_namespace(one, with_domain(another)) == expected


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ({}, {}, "yes"),
        ({}, {"identity__server": ["ipa2.example.org", "IPA.example.org:636"]}, "yes"),
        ({}, {"identity__server": "ipa2.example.org"}, "possibly"),
        ({}, {"identity__realm": "OTHER.ORG"}, "no"),
        ({}, {"identity__realm": "OTHER.ORG", "identity__server": "ipa2.example.org"}, "no"),
    ],
)
def test_a_group_is_shared_in_one_directory(own: Any, other: Any, expected: str) -> None:
    assert shares_group(claims(**own), with_domain(claims(**other))) == expected


def test_a_group_is_possibly_shared_with_an_unreadable_directory() -> None:
    assert shares_group(claims(), with_domain(replace(claims(), directory=None))) == "possibly"


def test_one_name_in_other_clusters_and_directories_is_allowed() -> None:
    own = claims(kubernetes={"context": "vis"})
    other = claims(kubernetes={"context": "vos"}, identity__realm="OTHER.ORG", externalIp="192.0.2.2")
    assert compare(own, other) == Comparison((), ())


def test_a_shared_domain_names_the_key_that_sets_it() -> None:
    others = {OTHER: claims(clusterName="other", externalIp="192.171.139.83")}
    derived = compare_names(claims(externalIp="192.171.139.83"), others)
    assert derived.problems == (
        Problem(
            "pangeo:externalIp",
            DOMAIN,
            f"is also the domain of {OTHER}; choose another address, or set pangeoDomain",
        ),
    )
    given = compare_names(claims(pangeoDomain=f"{DOMAIN.upper()}."), others)
    assert given.problems == (Problem("pangeo:pangeoDomain", DOMAIN, f"is also the domain of {OTHER}; choose another"),)


@pytest.mark.parametrize(
    ("own", "other", "message"),
    [
        (
            ClusterName(),
            ClusterName(),
            "in the same cluster; choose another name, or set kubernetes.context in both files if they have different "
            "clusters",
        ),
        (ClusterName("vis"), ClusterName("vis"), "in the same cluster; choose another name"),
        (ClusterName("vis"), ClusterName(), "only one of the two files names its cluster"),
        (ClusterName(is_known=False), ClusterName("vis"), "a kubeconfig is encrypted"),
    ],
)
def test_the_message_says_how_the_clusters_are_known(own: ClusterName, other: ClusterName, message: str) -> None:
    found = compare(replace(claims(), cluster=own, directory=None), replace(with_domain(claims()), cluster=other))
    assert message in " ".join([*(each.message for each in found.problems), *found.warnings])


@pytest.mark.parametrize(
    ("own", "other", "ending"),
    [("vis", "vis", "does; write"), ("vis", None, "does, if the clusters are the same; write"), ("vis", "vos", None)],
)
def test_volumes_of_two_folders_may_have_one_name(own: str | None, other: str | None, ending: str | None) -> None:
    def with_folders(context: str | None, **changes: Any) -> Claims:
        return claims(**changes, **({} if context is None else {"kubernetes": {"context": context}}))

    source = {"nfs": {"server": "nfs.example.org", "path": "/a"}, "readers": "all"}
    one = with_folders(own, clusterName="vis", sharedFolders=[{"name": "a-folder-b", **source}])
    folders = [{"name": "c", **source}, {"name": "b", **source}]
    two = with_folders(other, clusterName="vis-folder-a", externalIp="192.0.2.2", sharedFolders=folders)
    problems, warnings = compare_names(two, {OTHER: one})
    message = f"gives the volume vis-folder-a-folder-b, as pangeo:sharedFolders[0].name a-folder-b of {OTHER} "
    found = [*(f"{each.key} {each.value} {each.message}" for each in problems), *warnings]
    expected = f"pangeo:sharedFolders[1].name b {message}{ending} another name"
    assert found == ([] if ending is None else [expected])
    assert bool(problems) == (own == other)


@pytest.mark.parametrize(("domain", "expected"), [("ann.hub.example.org", 1), ("a.b.hub.example.org", 0)])
def test_a_domain_may_be_the_host_name_of_a_user_of_another_stack(domain: str, expected: int) -> None:
    own = claims(clusterName="own", pangeoDomain="hub.example.org", ingress__userSubdomains=True)
    other = claims(clusterName="other", externalIp="192.0.2.2", pangeoDomain=domain)
    found = compare_all({"own": own, "other": other, "third": claims(clusterName="third", externalIp="192.0.2.3")})
    assert [len(found[source].warnings) for source in ("own", "other", "third")] == [expected, expected, 0]
    assert [found[source].problems for source in ("own", "other")] == [(), ()]
    if expected:
        [warning] = found["other"].warnings
        assert warning == (
            "pangeo:pangeoDomain ann.hub.example.org is below hub.example.org, where own gives each user a host name; "
            "choose another"
        )


def test_every_stack_with_the_same_volume_is_reported() -> None:
    source = {"nfs": {"server": "nfs.example.org", "path": "/a"}, "readers": "all"}
    found = compare_all(
        {
            "a": claims(clusterName="vis", sharedFolders=[{"name": "a-folder-b", **source}]),
            "b": claims(clusterName="vis-folder-a", externalIp="192.0.2.2", sharedFolders=[{"name": "b", **source}]),
            "c": claims(clusterName="other", externalIp="192.0.2.3", sharedFolders=[{"name": "b", **source}]),
        }
    )
    assert [len(found[source].problems) for source in ("a", "b", "c")] == [1, 1, 0]


def test_an_unreadable_stack_is_a_warning() -> None:
    broken = InvalidTenancy(OTHER, [Problem("pangeo:clusterName", "A", "must consist of lower-case letters")])
    assert compare_names(claims(), {OTHER: broken}) == Comparison(
        (),
        (
            f"{OTHER} cannot be read, so its names cannot be compared: "
            "pangeo:clusterName must consist of lower-case letters",
        ),
    )


def test_every_stack_that_shares_a_name_is_reported() -> None:
    found = compare_all({"a": claims(), "b": claims(), "c": claims(clusterName="other", externalIp="192.0.2.2")})
    assert [len(found[source].problems) for source in ("a", "b", "c")] == [3, 3, 0]
    assert [problem.message.split(" of ")[1][:1] for problem in found["a"].problems] == ["b", "b", "b"]


def test_two_tenancies_cannot_have_one_folder_of_backups() -> None:
    backup = {"endpoint": "https://s3.example.org", "bucket": "backups", "credentials": {"secret": "pangeo-backup"}}
    other = {"clusterName": "vos", "externalIp": "192.0.2.2", "kubernetes": {"context": "vos"}}
    own = claims(kubernetes={"context": "vis"}, backup={**backup, "prefix": "all"})
    found = compare(own, claims(**other, backup={**backup, "prefix": "all"}))
    assert found.problems == (
        Problem(
            "pangeo:backup.prefix",
            "https://s3.example.org/backups/all",
            "is also where stacks/Pulumi.other.yaml keeps its backups; write another folder",
        ),
    )
    assert compare(own, claims(**other, backup=backup)).problems == ()
