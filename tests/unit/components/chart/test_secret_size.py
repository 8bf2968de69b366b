"""A tenancy whose settings do not fit into the hub's Secret is refused with the section to shorten."""

import pytest

from components.chart.secret_size import MAX_BYTES, check_secret_size, secret_bytes
from components.config.problems import InvalidTenancy
from components.config.tenancy import Tenancy
from tests.support.tenancies import tenancy


def with_folders(count: int) -> Tenancy:
    return tenancy(
        sharedFolders=[
            {
                "name": f"workspace-{number}",
                "nfs": {"server": "nfs.example.org", "path": f"/workspaces/{number}"},
                "writers": [f"workspace_{number}"],
                "readers": "all",
            }
            for number in range(count)
        ]
    )


def test_a_tenancy_with_many_folders_fits() -> None:
    check_secret_size(with_folders(60), "Pulumi.vis.yaml")


def test_too_many_folders_are_refused_by_their_key() -> None:
    many = with_folders(300)
    assert secret_bytes(many) > MAX_BYTES
    with pytest.raises(InvalidTenancy) as refused:
        check_secret_size(many, "Pulumi.vis.yaml")
    [problem] = refused.value.problems
    assert problem.key == "pangeo:sharedFolders"
    assert "write fewer or shorter entries, so that it has at most 1,000,000" in problem.message


def test_too_many_profiles_are_refused_by_their_key() -> None:
    profile = {"description": "d" * 300, "groups": ["g" * 50]}
    many = tenancy(notebook__profiles=[{"name": f"p{number}", **profile} for number in range(1500)])
    with pytest.raises(InvalidTenancy, match="pangeo:notebook"):
        check_secret_size(many, "Pulumi.vis.yaml")
