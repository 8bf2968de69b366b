import pytest

from components.config.problems import InvalidTenancy
from components.preflight.cluster import ClusterRefused, verify_cluster
from tests.support.tenancies import tenancy

NOWHERE = {"HOME": "/nowhere", "PATH": ""}
ASKED_IN_VAIN = "the Kubernetes cluster could not be asked which one it is: there is no kubeconfig"


def test_a_cluster_that_cannot_be_asked_fails_a_preview_and_says_how_to_do_without() -> None:
    with pytest.raises(ClusterRefused) as caught:
        verify_cluster(tenancy(), stack="vis", preview=True, environment=NOWHERE)
    assert str(caught.value).startswith(ASKED_IN_VAIN)
    assert str(caught.value).endswith("a preview can do without: PANGEO_CLUSTER_CHECK=warn")


def test_the_switch_lets_a_preview_go_on_with_a_warning() -> None:
    environment = {**NOWHERE, "PANGEO_CLUSTER_CHECK": "warn"}
    checked = verify_cluster(tenancy(), stack="vis", preview=True, environment=environment)
    assert checked.identity is None
    (warning,) = checked.warnings
    assert warning.startswith(ASKED_IN_VAIN)
    assert warning.endswith("going on without (PANGEO_CLUSTER_CHECK=warn)")


def test_the_switch_lets_no_up_go_on() -> None:
    environment = {**NOWHERE, "PANGEO_CLUSTER_CHECK": "warn"}
    with pytest.raises(ClusterRefused, match=ASKED_IN_VAIN):
        verify_cluster(tenancy(), stack="vis", preview=False, environment=environment)


def test_an_unknown_switch_is_refused_rather_than_guessed() -> None:
    with pytest.raises(InvalidTenancy, match="PANGEO_CLUSTER_CHECK  off  is neither refuse nor warn"):
        verify_cluster(tenancy(), stack="vis", preview=True, environment={"PANGEO_CLUSTER_CHECK": "off"})
