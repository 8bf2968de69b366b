"""The hub does not start with a setting that admits other users than configured, wherever the setting comes from."""

import subprocess
from pathlib import Path
from secrets import token_hex

import pytest

from components.chart.values import Values
from local.paths import PROJECT
from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.engine.hub.opening_settings import BY_ARGUMENTS, BY_VALUES, code, config
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub, HubEnded, hub_endings
from tests.support.hub_users import ADMINS, MEMBERS, PASSWORD, People

pytestmark = pytest.mark.engine

CLASSIFIED = """
from jupyterhub.app import JupyterHub
from jupyterhub.proxy import ConfigurableHTTPProxy
from kubespawner import KubeSpawner
from components.in_hub.admission_settings import AUTHENTICATOR, HUB, NEUTRAL, PROXY, REASONS, SPAWNER
from components.in_hub.authenticator import FreeIpaAuthenticator
kinds = {HUB: JupyterHub, AUTHENTICATOR: FreeIpaAuthenticator, SPAWNER: KubeSpawner, PROXY: ConfigurableHTTPProxy}
for kind, found in kinds.items():
    names, classified = set(found.class_trait_names(config=True)), NEUTRAL[kind] | set(REASONS[kind])
    for name in sorted(names ^ classified):
        print(kind, name, "is not classified" if name in names else "does not exist")
    for name in sorted(NEUTRAL[kind] & set(REASONS[kind])):
        print(kind, name, "is classified twice")
"""


@pytest.fixture(scope="module")
def endings(
    hub_python: Path, values_for: ValuesFor, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[int | None, str]]:
    """Exit code and log of a hub for each case."""
    cases: list[tuple[Values, list[str]]] = []
    for change, _ in BY_VALUES.values():
        values = values_for()
        change(values)
        cases.append((values, []))
    cases += [(values_for(), [argument]) for argument in BY_ARGUMENTS]
    found = hub_endings(hub_python, tmp_path_factory.mktemp("endings"), cases)
    return dict(zip([*BY_VALUES, *BY_ARGUMENTS], found, strict=True))


@pytest.mark.parametrize("case", [*BY_VALUES, *BY_ARGUMENTS])
def test_opening_setting_ends_the_hub(endings: dict[str, tuple[int | None, str]], case: str) -> None:
    message = BY_VALUES[case][1] if case in BY_VALUES else BY_ARGUMENTS[case]

    exit_code, log = endings[case]

    assert exit_code == 1, log
    assert "the hub does not start, because its settings admit other users than configured" in log
    assert message in log
    assert "pangeo:identity.adminUsers" in log, "the fix"
    assert "topsecret" not in log
    assert "Traceback" not in log


def test_hub_ends_before_it_serves_a_page(start_hub: StartHub, values_for: ValuesFor) -> None:
    with (
        pytest.raises(HubEnded) as ended,
        start_hub(values_for(), arguments=["--Authenticator.allow_all=True"]),
    ):
        pass

    assert ended.value.exit_code == 1
    assert "Authenticator.allow_all is True" in ended.value.log


def test_missing_statement_ends_the_hub(start_hub: StartHub, values_for: ValuesFor) -> None:
    values = values_for()
    del values["jupyterhub"]["hub"]["extraFiles"]["components-in_hub-admission.json"]

    with pytest.raises(HubEnded) as ended, start_hub(values):
        pass

    assert "the statement of the admitted users cannot be read" in ended.value.log


def test_all_options_of_a_stack_file_start_the_hub(
    start_hub: StartHub, values_for: ValuesFor, people: People, directory: ThrowAwayDirectory
) -> None:
    profiles = [{"name": "small", "ramGb": 1, "default": True}, {"name": "large", "cpus": 2, "groups": [ADMINS]}]
    values = values_for(
        identity={"adminGroup": ADMINS, "adminUsers": ["admin", "boss"], "nestedGroups": True},
        notebook={"profiles": profiles},
        dask={"enabled": True},
    )

    with start_hub(values) as hub:
        assert hub.log_in("nested", PASSWORD).is_in
        assert hub.log_in("boss", PASSWORD).is_in
        assert not hub.log_in("carl", PASSWORD).is_in


@pytest.mark.usefixtures("people")
def test_settings_that_admit_nobody_start_the_hub(start_hub: StartHub, values_for: ValuesFor) -> None:
    values = values_for()
    for change in (
        config("JupyterHub", concurrent_spawn_limit=3, tornado_settings={"slow_spawn_timeout": 0}),
        config("Authenticator", blocked_users=["carl"]),
        config("KubeSpawner", image_pull_policy="Always", cmd="jupyterhub-singleuser"),
    ):
        change(values)

    with start_hub(values) as hub:
        assert hub.log_in("anna", PASSWORD).is_in


def test_user_added_in_the_admin_panel_is_not_admitted(hub: Hub, directory: ThrowAwayDirectory, people: People) -> None:
    # The hub may know any other user from an earlier test, and adds only users that it does not know.
    user = f"user-{token_hex(4)}"
    people.add(user)
    admin = hub.log_in("admin", directory.password("admin"))
    assert admin.post_json("/hub/api/users", {"usernames": [user], "admin": False}).status_code == 201

    visitor = hub.log_in(user, PASSWORD)

    assert not visitor.is_in
    assert MEMBERS in visitor.message


@pytest.mark.usefixtures("people")
def test_settings_changed_after_the_start_close_the_log_in(start_hub: StartHub, values_for: ValuesFor) -> None:
    values = values_for()
    later = (
        "from jupyterhub.app import JupyterHub\n"
        "start = JupyterHub.start\n"
        "async def open_up(app):\n"
        "    await start(app)\n"
        "    app.authenticator.allow_all = True\n"
        "JupyterHub.start = open_up\n"
    )
    code("zz", later)(values)

    with start_hub(values) as hub:
        for user in ("carl", "anna"):
            assert not hub.log_in(user, PASSWORD).is_in
        assert "log-in refused, because settings were changed: Authenticator.allow_all is True" in hub.log()


def test_every_setting_of_the_installed_classes_is_classified(hub_python: Path) -> None:
    found = subprocess.run(
        [hub_python, "-c", CLASSIFIED], cwd=PROJECT, capture_output=True, text=True, timeout=120, check=True
    )

    assert found.stdout == "", "classify it in components/in_hub/admission_settings.py"


def test_reason_is_left_for_the_kubelet(hub_python: Path, tmp_path: Path) -> None:
    """``pulumi up`` reports this text as the reason for the crash of the hub's container."""
    file = tmp_path / "termination-log"
    file.touch()
    text = (
        "import logging, pathlib, types\n"
        "from components.in_hub import guard\n"
        f"guard.refuse(types.SimpleNamespace(log=logging), ['allow_all is True'], pathlib.Path({str(file)!r}))\n"
    )

    ended = subprocess.run([hub_python, "-c", text], cwd=PROJECT, capture_output=True, timeout=120, check=False)

    assert ended.returncode == 1
    assert "the hub does not start, because its settings admit other users" in file.read_text()
    assert "allow_all is True" in file.read_text()
