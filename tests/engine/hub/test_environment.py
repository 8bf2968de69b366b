"""Environment variables in the pods of the real KubeSpawner."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from components.chart.values import chart_values
from tests.support.hub_process import NO_CLUSTER
from tests.support.tenancies import tenancy
from tests.support.waiting import LIMIT_SECONDS

pytestmark = pytest.mark.engine

PROGRAM = Path(__file__).with_name("pod_environment.py")
LITERAL = "{username} {{x}} {"
NOTEBOOK = {
    "environment": {"TEXT": "all", "LITERAL": LITERAL, "KEY": {"secret": "all", "key": "k"}, "EMPTY": ""},
    "groupEnvironment": {
        "air": {"TEXT": "air", "KEY": {"secret": "air", "key": "a"}, "AIR": "1"},
        "ocean": {"TEXT": "ocean", "KEY": {"secret": "ocean", "key": "o"}, "LITERAL": f"ocean {LITERAL}"},
    },
    "profiles": [
        {"name": "Small"},
        {"name": "Large", "environment": {"TEXT": f"large {LITERAL}", "KEY": {"secret": "large", "key": "l"}}},
    ],
}


CASES: dict[str, tuple[list[str], str]] = {
    "no group": ([], "small"),
    "another group": (["others"], "small"),
    "air": (["air"], "small"),
    "two groups": (["ocean", "air"], "small"),
    "air, large": (["air"], "large"),
}
"""A user's groups and choice of a profile."""


@pytest.fixture(scope="module")
def variables(hub_python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The value, or the Secret and its key, of each declared variable in each case."""
    kubeconfig = tmp_path_factory.mktemp("pods") / "config"
    kubeconfig.write_text(json.dumps(NO_CLUSTER))
    values = chart_values(tenancy(notebook=NOTEBOOK))["jupyterhub"]
    done = subprocess.run(
        [hub_python, "-P", PROGRAM],
        input=json.dumps({"values": values, "cases": list(CASES.values())}),
        env={"KUBECONFIG": str(kubeconfig)},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pods = [{each["name"]: each.get("value", each.get("valueFrom")) for each in pod} for pod in json.loads(done.stdout)]
    declared = ("TEXT", "LITERAL", "KEY", "EMPTY", "AIR")
    return {case: {name: pod[name] for name in declared if name in pod} for case, pod in zip(CASES, pods, strict=True)}


def reference(secret: str, key: str) -> dict[str, Any]:
    return {"secretKeyRef": {"name": secret, "key": key}}


def test_user_without_groups_has_the_variables_of_all_servers(variables: dict[str, dict[str, Any]]) -> None:
    own = {"TEXT": "all", "LITERAL": LITERAL, "KEY": reference("all", "k"), "EMPTY": ""}
    assert variables["no group"] == variables["another group"] == own


def test_group_overrides_all_and_the_last_name_decides(variables: dict[str, dict[str, Any]]) -> None:
    assert variables["air"]["KEY"] == reference("air", "a")
    assert variables["two groups"] == {
        "TEXT": "ocean",
        "LITERAL": f"ocean {LITERAL}",
        "KEY": reference("ocean", "o"),
        "EMPTY": "",
        "AIR": "1",
    }


def test_profile_overrides_all_and_groups(variables: dict[str, dict[str, Any]]) -> None:
    found = variables["air, large"]
    assert found["TEXT"] == f"large {LITERAL}"
    assert found["KEY"] == reference("large", "l")
    assert found["AIR"] == "1"
