"""The section ``sharedFolders``: one source, groups, and a path that hides nothing."""

import json
import re
from typing import Any

import pytest
import yaml

from components.config.named_groups import named_groups
from components.config.problems import InvalidTenancy
from components.config.shared_folders import SharedFolder
from components.config.stack_file import read_config
from local.paths import PROJECT
from tests.support.tenancies import ABSENT, problems, settings, tenancy

OCEAN: dict[str, Any] = {
    "name": "ocean",
    "create": {"sizeGb": 500, "className": "cephfs"},
    "writers": ["Ocean_Modellers"],
}


def folder(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**OCEAN, **changes}.items() if value is not ABSENT}


def read(*folders: dict[str, Any]) -> tuple[SharedFolder, ...]:
    return tenancy(sharedFolders=list(folders)).shared_folders


def messages(*folders: object) -> list[tuple[str, str]]:
    found = problems(sharedFolders=list(folders))
    return [(each.key.removeprefix("pangeo:sharedFolders"), each.message) for each in found]


def test_a_folder_has_a_path_a_claim_and_groups() -> None:
    (ocean,) = read(folder())
    assert (ocean.mount_path, ocean.claim_name, ocean.volume_name) == ("/shared/ocean", "folder-ocean", "folder-ocean")
    assert (ocean.writers, ocean.readers, ocean.required) == (("ocean_modellers",), (), True)


def test_all_stands_for_everybody_and_a_group_need_not_be_a_list() -> None:
    given = tenancy(sharedFolders=[folder(writers="modellers", readers="all")])
    (ocean,) = given.shared_folders
    assert (ocean.writers, ocean.readers) == (("modellers",), ("all",))
    assert [group for _, group in named_groups(given)] == ["modellers"]


def test_the_port_of_an_nfs_server_is_that_of_its_options() -> None:
    export = {"server": "192.0.2.1", "path": "/exports/a"}
    plain, other = read(
        folder(create=ABSENT, nfs=export),
        folder(name="b", create=ABSENT, nfs={**export, "options": ["nfsvers=4.1", "port=12049"]}),
    )
    assert plain.nfs
    assert other.nfs
    assert (plain.nfs.port, other.nfs.port) == (2049, 12049)


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        ({"name": "Ocean"}, ".name", "is not a folder's name; write at most 40"),
        ({"name": "o" * 41}, ".name", "is not a folder's name; write at most 40"),
        ({"create": ABSENT}, ".claim", "is required; set claim, create or nfs"),
        ({"claim": "data"}, ".create", "must not be set together with claim; remove one of them"),
        ({"create": ABSENT, "claim": "claim-alice"}, ".claim", "is the claim of a user's home"),
        ({"create": ABSENT, "claim": "hub-db-dir"}, ".claim", "is the claim of the hub's database"),
        ({"create": {"sizeGb": 0, "className": "a"}}, ".create.sizeGb", "must be at least 1 gigabyte"),
        ({"create": {"sizeGb": 1}}, ".create.className", "is required; write for example cephfs"),
        ({"writers": ABSENT}, ".writers", "is required; set writers or readers, to FreeIPA groups or to all"),
        ({"writers": []}, ".writers", "is required; set writers or readers, to FreeIPA groups or to all"),
        ({"writers": ["two words"]}, ".writers[0]", "is not a FreeIPA name"),
        ({"writers": None}, ".writers", "is not a list; write for example"),
        ({"writers": ""}, ".writers[0]", "is not a FreeIPA name"),
        ({"writers": {}}, ".writers", "is not a list; write for example"),
        (
            {"create": {"sizeGb": 1, "className": "Block_1"}},
            ".create.className",
            "is not a name of a Kubernetes object",
        ),
        ({"path": "/home/jovyan/x"}, ".path", "is inside, or would hide, the users' home"),
        ({"path": "/etc"}, ".path", "would hide files of the system in /etc"),
        ({"gid": 0}, ".gid", "must be at least 100"),
    ],
)
def test_an_invalid_folder_is_one_problem(changes: dict[str, Any], key: str, message: str) -> None:
    ((found_key, found),) = messages(folder(**changes))
    assert found_key == f"[0]{key}"
    assert found.startswith(message)


def test_a_data_set_has_readers_only() -> None:
    data = {"create": ABSENT, "claim": "era5", "readOnly": True}
    assert read(folder(**data, writers=ABSENT, readers="all"))[0].read_only
    ((key, message),) = messages(folder(**data))
    assert (key, message) == (
        "[0].writers",
        "must not be set together with readOnly: true; write the groups in readers",
    )
    ((key, message),) = messages(folder(readOnly=True, writers=ABSENT, readers="all"))
    assert key == "[0].create"


def test_the_address_of_an_nfs_server_may_be_in_brackets() -> None:
    (one,) = read(folder(create=ABSENT, nfs={"server": "[fd00:0::1]", "path": "/a"}))
    assert one.nfs
    assert one.nfs.server == "fd00::1"


@pytest.mark.parametrize(
    ("export", "key"),
    [
        ({"server": "nfs:1", "path": "/a"}, "server"),
        ({"server": "192.0.2.1", "path": "exports"}, "path"),
        ({"server": "192.0.2.1", "path": "/exports/../etc"}, "path"),
        ({"server": "192.0.2.1", "path": "/a", "options": ["hard,nosuid"]}, "options[0]"),
        ({"server": "192.0.2.1", "path": "/a", "options": ["$(id)"]}, "options[0]"),
        ({"server": "192.0.2.1", "path": "/a", "options": ["port=65536"]}, "options[0]"),
        ({"server": "192.0.2.1", "path": "/a", "options": ["port=123456"]}, "options[0]"),
        ({"server": "192.0.2.1", "path": "/a", "options": ["port=abc"]}, "options[0]"),
        ({"server": "192.0.2.1", "path": "/a", "options": ["port"]}, "options[0]"),
        ({"server": "192.0.2.1", "path": "/a", "options": ["hard", "ro"]}, "options[1]"),
        ({"server": "192.0.2.1", "path": "/a", "options": ["port=1", " port=2"]}, "options[1]"),
        ({"server": "192.0.2.1", "path": "/a", "options": ["vers=3", "nfsvers=4.1"]}, "options[1]"),
        *(
            ({"server": server, "path": "/a"}, "server")
            for server in (
                "127.0.0.1",
                "0.0.0.0",  # noqa: S104 - nothing listens
                "::",
                "224.0.0.1",
                "169.254.169.254",
                "::ffff:10.0.0.1",
                "fe80::1%eth0",
                "localhost",
            )
        ),
    ],
)
def test_an_invalid_export_is_one_problem(export: dict[str, Any], key: str) -> None:
    ((found, message),) = messages(folder(create=ABSENT, nfs=export))
    assert found == f"[0].nfs.{key}"
    assert "; " in message, "it has a fix"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (
            folder(name=" ocean ", path="/data"),
            ("name", '" ocean "', "is also the name of pangeo:sharedFolders[1]; write another name"),
        ),
        (
            folder(name="deep", path=" /shared/ocean/deep "),
            (
                "path",
                '" /shared/ocean/deep "',
                "has the path /shared/ocean/deep, and pangeo:sharedFolders[1] (ocean) has /shared/ocean; write paths "
                "that are not inside each other",
            ),
        ),
        (
            folder(name="a", create=ABSENT, claim=" folder-ocean "),
            (
                "claim",
                '" folder-ocean "',
                "has the claim folder-ocean, as pangeo:sharedFolders[1] (ocean) does; use each claim once",
            ),
        ),
    ],
)
def test_folders_with_something_in_common_are_refused(other: dict[str, Any], expected: tuple[str, str, str]) -> None:
    plain = folder(name="plain", path="/plain")
    (found,) = problems(sharedFolders=[plain, folder(), other])
    key, value, message = expected
    assert (found.key, found.value, found.message) == (f"pangeo:sharedFolders[2].{key}", value, message)


def test_a_conflict_of_what_follows_from_a_name_is_reported_at_the_name() -> None:
    taken = folder(name="a", create=ABSENT, claim="folder-ocean", path="/shared/ocean/x")
    claim, path = messages(taken, folder())
    assert (claim[0], path[0]) == ("[1].name", "[1].name")
    assert claim[1].startswith("has the claim folder-ocean, as pangeo:sharedFolders[0] (a) does")
    assert path[1].startswith("has the path /shared/ocean, and pangeo:sharedFolders[0] (a) has /shared/ocean/x")


def test_all_problems_are_reported_at_once() -> None:
    found = messages(folder(name="A", path="b"), folder(path="/a"), folder(path="/data", readers=["x y"]), 3)
    assert [key for key, _ in found] == ["[0].name", "[0].path", "[2].readers[0]", "[3]", "[2].name"]


def test_the_engine_passes_the_folders_as_json() -> None:
    given = {**settings(), "sharedFolders": json.dumps([folder()])}
    assert read_config(given, source="test").shared_folders == read(folder())
    with pytest.raises(InvalidTenancy, match="is not a list of sections; set their keys with --path"):
        read_config({**given, "sharedFolders": json.dumps(folder())}, source="test")


def test_a_tenancy_without_folders_has_the_inputs_of_older_versions() -> None:
    assert "sharedFolders" not in tenancy().as_inputs()
    assert tenancy(sharedFolders=[folder()]).as_inputs()["sharedFolders"][0]["name"] == "ocean"


def test_the_example_of_the_guide_is_accepted() -> None:
    guide = (PROJECT / "docs" / "operator-guide.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```\n(  pangeo:sharedFolders:\n.*?)^```", guide, re.DOTALL | re.MULTILINE)
    (folders,) = yaml.safe_load(block).values()
    assert [each.name for each in read(*folders)] == ["ocean", "era5", "archive"]


def test_all_is_no_group_of_variables_and_access_keys() -> None:
    store = {"endpoint": "https://s3.example.org", "groupCredentials": [{"group": "ALL", "secret": "s3"}]}
    found = problems(notebook={"groupEnvironment": {"all": {"A": "1"}}}, objectStore=store)
    assert [(each.key, each.message) for each in found] == [
        (
            "pangeo:notebook.groupEnvironment.all",
            "is no group here; write variables of all users in notebook.environment",
        ),
        (
            "pangeo:objectStore.groupCredentials[0].group",
            "is no group here; write the access keys of all users in objectStore.credentials",
        ),
    ]
