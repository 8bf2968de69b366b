import base64
import subprocess
import sys
from pathlib import Path

from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import Unknown

from components.cluster.identity import ClusterId
from components.contract.immutable import immutable_settings
from components.contract.resource import ContractProvider
from components.deployed import contract as old_module
from tests.support.tenancies import tenancy

PROGRAM = Path(__file__).parents[4]
PROPS = {
    "settings": immutable_settings(tenancy()).as_props(),
    "cluster": ClusterId("https://a", "1").as_props(),
    "owner": {"stack": "vis", "deployment": "d1"},
    "namespace": "vis-pangeo",
    "protect": True,
}


def test_state_refers_to_the_provider_by_module_and_name() -> None:
    pickled = base64.b64decode(str(serialize_provider(ContractProvider())))
    assert b"components.contract.resource" in pickled
    assert b"ContractProvider" in pickled
    assert len(pickled) < 100, "a reference, not the code"


def test_old_module_path_has_the_same_provider() -> None:
    assert old_module.ContractProvider is ContractProvider


def test_provider_process_imports_no_heavy_modules() -> None:
    heavy = {"pydantic", "requests", "ldap3", "pulumi_kubernetes"}
    code = f"import sys, components.contract.resource; print({heavy} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", code], cwd=PROGRAM, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_refresh_keeps_the_stored_properties() -> None:
    read = ContractProvider().read("vis-pangeo", {**PROPS, "__provider": "x"})
    assert (read.id, read.outs, read.inputs) == ("vis-pangeo", PROPS, PROPS)


def test_update_returns_every_output() -> None:
    assert ContractProvider().update("vis-pangeo", {}, {**PROPS, "__provider": "x"}).outs == PROPS


def test_unknown_settings_are_accepted() -> None:
    checked = ContractProvider().check(PROPS, {**PROPS, "settings": Unknown()})  # type: ignore[no-untyped-call]
    assert checked.failures == []


def test_refusal_names_the_setting_only_in_its_message() -> None:
    wanted = {**PROPS, "settings": immutable_settings(tenancy(clusterName="vis")).as_props()}
    failure, _ = ContractProvider().check(PROPS, wanted).failures
    assert failure.property == ""
    assert failure.reason.startswith("clusterName: vis-pangeo → vis ")
