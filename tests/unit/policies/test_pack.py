"""The pack: the context of a check, and the checks that cannot run."""

import subprocess
import sys
from contextvars import ContextVar

import pulumi
import pytest

from policies.pack import engine_context
from tests.unit.policies import declared
from tests.unit.policies.declared import RESOURCE_RULES, STACK_RULES

PASSWORD = "correct horse battery staple"


def test_the_pack_starts_without_pydantic() -> None:
    """Every preview waits for the pack; the model loads at the same time as the program."""
    code = "import policies.pack, sys; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_the_password_comes_from_environment_and_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {**declared.config(), "pangeo:identityBindPassword": "from the configuration"}
    monkeypatch.setattr(pulumi, "get_stack", lambda: "vis")
    monkeypatch.setattr(pulumi.runtime.config, "CONFIG", ContextVar("config", default=config))
    monkeypatch.setenv("FREEIPA_BIND_PASSWORD", PASSWORD)
    context = engine_context()
    assert context.bind_passwords == (PASSWORD, "from the configuration")
    assert (context.stack, context.tenancy.cluster_name) == ("vis", "vis-pangeo")
    assert PASSWORD not in repr(context)


def test_an_unknown_setting_is_refused_by_name() -> None:
    (message,) = declared.check("guaranteed-resources", declared.release(), organisation={"mostCpu": 4}).messages
    assert message == (
        "in the file for --policy-pack-config, mostCpu is not a setting of this rule; "
        "its settings: mostCpus, mostRamGb, mostGpus, mostStorageGb, mostFurtherServers"
    )


@pytest.mark.parametrize("name", RESOURCE_RULES)
def test_an_invalid_configuration_is_one_violation(name: str) -> None:
    stack = {**declared.config(), "pangeo:externalIp": "secret value"}
    found = [declared.check(name, each, stack=stack).messages for each in declared.good_stack()]
    (message,) = {message for messages in found for message in messages}
    assert message.startswith(
        "could not be checked: the configuration of the stack vis is not valid: pangeo:externalIp "
    )
    assert "secret value" not in message
    assert all(len(messages) <= 1 for messages in found)


@pytest.mark.parametrize("name", STACK_RULES)
def test_an_invalid_configuration_is_one_violation_of_the_stack(name: str) -> None:
    (message,) = declared.check_stack(name, declared.good_stack(), stack={"pangeo:identity": "no JSON"})
    assert message.startswith("could not be checked: the configuration of the stack vis is not valid: ")
    assert message.count("is required") == 5
