from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from components.chart.values import Values
from components.config.tenancy import Tenancy
from tests.engine.hub.hub_namespace import HubNamespace, create_chart_namespace, hub_environment
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub, running_hub
from tests.support.hub_users import CLUSTER, People, create_users
from tests.support.notebooks import with_admin
from tests.support.rendered_values import values_with_secrets
from tests.support.virtual_environment import virtual_environment

SLOW_GRAMMAR = "rfc3987-syntax"
"""Optional dependency of jsonschema: its import takes more than half of a hub's start. It checks IRIs in schemas."""

ValuesFor = Callable[..., Values]
ValuesWithCheck = Callable[..., Values]
StartHub = Callable[..., AbstractContextManager[Hub]]
CreateNamespace = Callable[..., tuple[HubNamespace, dict[str, str]]]


@pytest.fixture(scope="session")
def hub_python() -> Path:
    """The Python interpreter of the hub's virtual environment, which is created once per set of requirements."""
    requirements = Path(__file__).with_name("requirements.txt")
    folder = virtual_environment("hub", requirements, ["base", "hub"], without=[SLOW_GRAMMAR])
    return folder / "bin" / "python"


@pytest.fixture(scope="session")
def people(directory: ThrowAwayDirectory) -> People:
    return create_users(directory)


@pytest.fixture(scope="session")
def values_for(directory: ThrowAwayDirectory) -> ValuesFor:
    """Return a function that returns the chart values of a tenancy with the throw-away directory."""

    def values(*, servers: tuple[str, ...] = (), **changes: Any) -> Values:
        identity = {
            "server": "ipa.tenancy.test",
            "realm": directory.realm,
            "bindDn": directory.operator_dn,
            "caCertificate": directory.ca_pem,
            **changes.pop("identity", {}),
        }
        settings = {
            "clusterName": CLUSTER,
            "externalIp": "192.0.2.1",
            "notebookCpus": 1,
            "notebookRamGb": 1,
            "notebookStorageGb": 10,
            "identity": identity,
            "dask": {"enabled": False},
        }
        tenancy = Tenancy.model_validate(settings | changes)
        # Stack files refuse the name localhost, but the throw-away directory has no other name.
        there = servers or (f"{directory.host}:{directory.ldaps_port}",)
        reached = tenancy.identity.model_copy(update={"servers": there})
        return values_with_secrets(tenancy.model_copy(update={"identity": reached}))

    return values


@pytest.fixture(scope="session")
def values_with_check(
    values_for: ValuesFor, directory: ThrowAwayDirectory, tmp_path_factory: pytest.TempPathFactory
) -> ValuesWithCheck:
    """Return a function: the values of a tenancy with comparisons, and with every log-in old enough to compare."""
    password = tmp_path_factory.mktemp("identity") / "password"
    password.write_text(directory.password("reader"))

    def values(password_file: Path = password, compare_seconds: int = 1, **identity: object) -> Values:
        check = {"membershipCheck": {"bindDn": directory.reader_dn}, "nestedGroups": True}
        made = values_for(identity={**check, **identity})
        settings = made["jupyterhub"]["hub"]["config"]["FreeIpaAuthenticator"]
        settings["compare_seconds"] = compare_seconds
        settings["read_password_file"] = str(password_file)
        code = made["jupyterhub"]["hub"]["extraConfig"]
        code["tests"] = "import components.in_hub.revocation\ncomponents.in_hub.revocation.RECENT_SECONDS = 0\n"
        return with_admin(made)

    return values


@pytest.fixture(scope="session")
def start_hub(hub_python: Path, tmp_path_factory: pytest.TempPathFactory) -> StartHub:
    """Return a context manager: ``with start_hub(values, environment, arguments) as hub``."""
    return lambda values, environment=None, arguments=(): running_hub(
        hub_python, tmp_path_factory.mktemp("hub"), values, environment, arguments
    )


@pytest.fixture(scope="session")
def create_namespace(
    api_server: ApiServer, tools: Path, people: People, tmp_path_factory: pytest.TempPathFactory
) -> CreateNamespace:
    """Return a function: the namespace of a hub with all its permissions, and the hub's variables for it."""
    del people  # their servers are in the namespace

    def create(name: str, *, dask: bool = False) -> tuple[HubNamespace, dict[str, str]]:
        folder = tmp_path_factory.mktemp(name)
        namespace = create_chart_namespace(api_server, tools, folder, name, dask=dask)
        return namespace, hub_environment(namespace, folder)

    return create


@pytest.fixture(scope="session")
def hub(start_hub: StartHub, values_for: ValuesFor, people: People) -> Iterator[Hub]:
    """The hub of a tenancy with a minimal configuration."""
    with start_hub(values_for()) as running:
        yield running
