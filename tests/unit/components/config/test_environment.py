"""Environment variables: text or a key of a Secret, reserved names, and secrets that were written as text."""

from pathlib import Path

import pytest
import yaml

from components.chart.dask_access import gateway_name, notebook_environment
from components.chart.environment import server_environment
from components.chart.secrets import SECRET_NAME
from components.config.environment import MAX_VALUE_LENGTH, MAX_VARIABLES, SecretKey
from components.config.notebook import MAX_ENVIRONMENT_SIZE
from components.config.problems import HIDDEN, InvalidTenancy
from components.config.reserved_variables import is_secret_reserved, reason_for_reserving
from components.config.stack_file import read_stack
from components.in_gateway import option_values
from components.in_hub.admission_settings import SERVER_VARIABLES
from components.resources.ingress import hub_ingress
from tests.support.tenancies import problem, problems, settings, tenancy

VALUES = {
    "OMP_NUM_THREADS": "1",
    "_lower": "",
    "TEXT": "  two\n\tlines ${HOME} {braces} é ",
    "AWS_SECRET_ACCESS_KEY": {"secret": "s3", "key": "secret-key"},
}


def test_values_are_text_or_keys_of_secrets() -> None:
    read = tenancy(notebook__environment=VALUES).notebook.environment
    assert read == {**VALUES, "AWS_SECRET_ACCESS_KEY": SecretKey("s3", "secret-key")}
    assert list(read) == sorted(VALUES)


def test_inputs_have_the_form_of_the_stack_file() -> None:
    read = tenancy(notebook__environment=VALUES)
    assert read.as_inputs()["notebook"]["environment"] == VALUES
    assert type(read).model_validate(read.as_inputs()) == read


def test_stacks_without_variables_have_the_same_inputs_as_before() -> None:
    assert "environment" not in str(tenancy(notebook__profiles=[{"name": "x"}]).as_inputs()).lower()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1, "write it in quotes"),
        (1.5, "write it in quotes"),
        (True, "write it in quotes"),
        (None, 'write "" for an empty value'),
        (["a"], "write text in quotes"),
        ("a\x00b", r"the control character '\x00'"),
        ("a\r\n", r"the control character '\r'"),
        ("x" * (MAX_VALUE_LENGTH + 1), f"write at most {MAX_VALUE_LENGTH}"),
    ],
)
def test_a_value_of_another_kind_is_refused(value: object, message: str) -> None:
    found = problem(notebook__environment={"A": value})
    assert found.key == "pangeo:notebook.environment.A"
    assert message in found.message


@pytest.mark.parametrize("name", ["1A", "A-B", "A.B", "A B", "", "Ä", "A=B", "A" * 129])
def test_a_name_that_shells_cannot_use_is_refused(name: str) -> None:
    assert "name" in problem(notebook__environment={name: "x"}).message


@pytest.mark.parametrize(
    "name",
    [
        *("JUPYTERHUB_ALLOW_TOKEN_IN_URL", "jupyterhub_api_token", "JPY_API_TOKEN", "JUPYTER_TOKEN"),
        *("KUBERNETES_SERVICE_HOST", "DASK_GATEWAY__ADDRESS", "dask_gateway__auth__type", "MEM_LIMIT"),
        *("HOME", "PATH", "USER", "NB_UID", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "BASH_ENV"),
        *("DASK_DISTRIBUTED__COMM__TLS__CA_FILE", "dask_distributed__comm__tls__ciphers"),
    ],
)
def test_a_reserved_name_is_refused_with_its_reason(name: str) -> None:
    assert problem(notebook__environment={name: "x"}).message.startswith("is reserved: it ")
    reference = {"secret": "own", "key": "k"}
    assert problem(notebook__environment={name: reference}).message.startswith("is reserved: it ")


def test_names_that_the_hub_refuses_or_sets_are_reserved() -> None:
    own = [*SERVER_VARIABLES, *(f"{each}X" for each in SERVER_VARIABLES), *notebook_environment(tenancy())]
    assert [name for name in own if reason_for_reserving(name) is None] == []


def test_variables_that_dask_clusters_do_not_get_are_reserved() -> None:
    dropped = [*option_values.RESERVED_NAMES, *(f"{each}X" for each in option_values.RESERVED_PREFIXES)]
    assert all(map(option_values.is_reserved, dropped))
    assert [name for name in dropped if reason_for_reserving(name) is None] == []


@pytest.mark.parametrize(
    "name", ["OMP_NUM_THREADS", "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "JUPYTERLAB_X", "LDAP"]
)
def test_other_names_are_not_reserved(name: str) -> None:
    assert tenancy(notebook__environment={name: "x"}).notebook.environment == {name: "x"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"), ("PGPASSWORD", "hunter22"), ("db_password", "hunter22")),
        *(("GITHUB_TOKEN", "ghp_x"), ("OPENAI_API_KEY", "sk-x"), ("AZURE_STORAGE_KEY", "a=="), ("APIKEY", "abc")),
        *(("HTTP_ENDPOINT", "https://anna:hunter22@example.org/"), ("CERT", "-----BEGIN PRIVATE KEY-----\nx")),
    ],
)
def test_a_secret_in_plain_text_is_refused_and_not_shown(name: str, value: str) -> None:
    found = problem(notebook__environment={name: value})
    assert found.value == HIDDEN
    assert "write {secret: <name>, key: <key>}" in found.message
    assert value not in str(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("DB_PASSWORD_FILE", "x"), ("TOKEN_PATH", "x"), ("TOKEN_URL", "https://example.org/token")),
        *(("GOOGLE_APPLICATION_CREDENTIALS", "/shared/key.json"), ("AWS_ACCESS_KEY_ID", "AKIA"), ("KEYS", "a")),
        *(("TOKENIZERS_PARALLELISM", "false"), ("USE_TOKEN", "true"), ("MAX_TOKEN", "512"), ("AWS_TOKEN", "")),
        ("PASSENGERS", "many"),
    ],
)
def test_text_that_describes_a_secret_is_accepted(name: str, value: str) -> None:
    assert tenancy(notebook__environment={name: value}).notebook.environment == {name: value}


@pytest.mark.parametrize(
    ("reference", "keys"),
    [
        ({"secret": "s3"}, [""]),
        ({}, ["", ""]),
        ({"secret": "s3", "key": "k", "optional": True}, [".optional"]),
        ({"secret": "S3!", "key": "a/b"}, [".secret", ".key"]),
        ({"secret": 1, "key": 2}, [".secret", ".key"]),
        ({"secret": "s3", "key": ".."}, [".key"]),
    ],
)
def test_a_reference_is_a_name_and_a_key(reference: object, keys: list[str]) -> None:
    found = problems(notebook__environment={"A": reference})
    assert [each.key.removeprefix("pangeo:notebook.environment.A") for each in found] == keys


def test_a_password_in_place_of_a_secrets_name_is_not_shown() -> None:
    assert "hunter22!" not in str(problems(notebook__environment={"A": {"secret": "hunter22!", "key": "hunter22!"}}))


@pytest.mark.parametrize("name", ["hub", "pangeo-secrets", "sh.helm.release.v1.vis-pangeo.v1", "pangeo-tls"])
def test_secrets_of_the_hub_are_refused(name: str) -> None:
    found = problem(notebook__environment={"A": {"secret": name, "key": "k"}})
    assert (found.key, found.value) == ("pangeo:notebook.environment.A.secret", name)
    assert "is a Secret of the hub itself" in found.message


@pytest.mark.parametrize("place", ["environment", "groupEnvironment", "profiles"])
def test_secrets_that_the_configuration_names_are_refused(place: str) -> None:
    environment = {
        "A": {"secret": "hub-tls", "key": "k"},
        "B": {"secret": f"api-{gateway_name(tenancy())}", "key": "k"},
    }
    where, value = {
        "environment": ("environment", environment),
        "groupEnvironment": ("groupEnvironment.ocean", {"ocean": environment}),
        "profiles": ("profiles[0].environment", [{"name": "x", "environment": environment}]),
    }[place]
    found = problems(ingress__tls={"secretName": "hub-tls"}, **{f"notebook__{place}": value})
    assert [each.key for each in found] == [f"pangeo:notebook.{where}.{name}.secret" for name in ("A", "B")]


def test_own_secrets_are_reserved() -> None:
    certificate = hub_ingress(tenancy())["spec"]["tls"][0]["secretName"]
    assert is_secret_reserved(SECRET_NAME)
    assert is_secret_reserved(certificate)


def test_groups_are_names_of_freeipa_in_one_spelling() -> None:
    read = tenancy(notebook__groupEnvironment={" Ocean ": {"A": "1"}, "air": {}}).notebook.group_environment
    assert list(read.items()) == [("air", {}), ("ocean", {"A": "1"})]


@pytest.mark.parametrize(
    ("groups", "key", "message"),
    [
        ({"a b": {"A": "1"}}, ".a b", "is not a FreeIPA name"),
        ({"ocean": {"A": "1"}, "OCEAN": {"A": "2"}}, ".OCEAN", "is there twice"),
        ({"ocean": {"HOME": "/"}}, ".ocean.HOME", "is reserved"),
        ({"ocean": "A=1"}, ".ocean", "is not a section"),
        (["ocean"], "", "is not a section"),
    ],
)
def test_mistakes_in_groups_are_reported_at_their_place(groups: object, key: str, message: str) -> None:
    found = problem(notebook__groupEnvironment=groups)
    assert found.key == f"pangeo:notebook.groupEnvironment{key}"
    assert message in found.message


def test_a_variable_is_text_or_a_secret_everywhere() -> None:
    reference = {"secret": "s3", "key": "k"}
    found = problems(
        notebook__environment={"A": "1", "B": reference},
        notebook__groupEnvironment={"ocean": {"A": reference, "B": reference}},
        notebook__profiles=[{"name": "x", "environment": {"A": "2", "B": "text"}}],
    )
    assert [(each.key, each.message) for each in found] == [
        (
            "pangeo:notebook.groupEnvironment.ocean.A",
            "is from a Secret here, but text in pangeo:notebook.environment; write the same kind in both",
        ),
        (
            "pangeo:notebook.profiles[0].environment.B",
            "is text here, but from a Secret in pangeo:notebook.environment; write the same kind in both",
        ),
    ]


def test_a_groups_proxy_is_text_if_that_of_all_servers_is() -> None:
    reference = {"ocean": {"http_proxy": {"secret": "proxy", "key": "k"}}}
    proxy = {"http": "http://proxy.example.org:3128"}
    found = problem(notebook__groupEnvironment=reference, network__proxy=proxy)
    assert found.key == "pangeo:notebook.groupEnvironment.ocean.http_proxy"
    assert found.message == "must be text, as pangeo:network.proxy sets it"
    assert problems(notebook__groupEnvironment=reference, network__proxy={}) == []
    text = {"ocean": {"http_proxy": "http://192.0.2.9:1"}}
    assert problems(notebook__groupEnvironment=text, network__proxy=proxy) == []


def test_a_proxys_variable_in_capitals_is_set_in_small_letters_too() -> None:
    reference = {"secret": "proxy", "key": "url"}
    given = tenancy(
        network__proxy={},
        notebook__environment={"HTTP_PROXY": reference, "HTTPS_PROXY": reference},
        notebook__groupEnvironment={
            "ocean": {"HTTP_PROXY": reference, "https_proxy": {"secret": "ocean", "key": "url"}}
        },
        notebook__profiles=[{"name": "a", "environment": {"HTTPS_PROXY": reference}}],
    )
    assert [sorted(environment) for _, environment in given.notebook.environments()] == [
        ["HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "https_proxy"],
        ["HTTP_PROXY", "http_proxy", "https_proxy"],
        ["HTTPS_PROXY", "https_proxy"],
    ]
    assert given.notebook.group_environment["ocean"]["https_proxy"] == SecretKey("ocean", "url")
    assert {name for name, value in server_environment(given).items() if isinstance(value, dict)} == {
        *("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    }
    # Problems are reported for what is in the file.
    places = [place for place, _ in given.notebook.secret_keys()]
    assert ("environment", "HTTP_PROXY") in places
    assert ("environment", "http_proxy") not in places
    assert ("groupEnvironment", "ocean", "https_proxy") in places
    text = {"ocean": {"HTTP_PROXY": "http://192.0.2.9:1"}}
    found = problem(network__proxy={}, notebook__environment={"HTTP_PROXY": reference}, notebook__groupEnvironment=text)
    assert found.key == "pangeo:notebook.groupEnvironment.ocean.HTTP_PROXY"
    of_group = {"ocean": {"HTTP_PROXY": reference}}
    small = {"http_proxy": "http://192.0.2.9:1"}
    found = problem(network__proxy={}, notebook__environment=small, notebook__groupEnvironment=of_group)
    assert found.key == "pangeo:notebook.groupEnvironment.ocean.HTTP_PROXY"


def test_credentials_of_the_store_are_no_secret_of_the_hub() -> None:
    group = {"group": "ocean", "secret": "hub-tls"}
    store = {"endpoint": "https://s3.example.org", "credentials": {"secret": "hub-tls"}, "groupCredentials": [group]}
    found = problems(objectStore=store, ingress__tls={"secretName": "hub-tls"})
    assert [each.key.removeprefix("pangeo:objectStore.") for each in found] == [
        "credentials.secret",
        "groupCredentials[0].secret",
    ]


def test_all_variables_together_fit_into_the_hubs_secret() -> None:
    large = {f"A{number}": "x" * MAX_VALUE_LENGTH for number in range(20)}
    found = problem(notebook__environment=large, notebook__groupEnvironment={"ocean": large})
    assert f"write at most {MAX_ENVIRONMENT_SIZE}" in found.message


def test_an_encrypted_variable_is_refused(tmp_path: Path) -> None:
    changed = settings(notebook__groupEnvironment={"ocean": {"A": {"secure": "v1:abc"}}})
    file = tmp_path / "Pulumi.vis.yaml"
    file.write_text(yaml.safe_dump({"config": {f"pangeo:{key}": value for key, value in changed.items()}}))
    with pytest.raises(InvalidTenancy) as invalid:
        read_stack(file)
    (found,) = invalid.value.problems
    assert (found.key, found.value) == ("pangeo:notebook.groupEnvironment.ocean.A", HIDDEN)
    assert "put it in a Secret of the namespace" in found.message


def test_all_problems_are_reported_at_once() -> None:
    found = problems(notebook__environment={"HOME": "/", "A": 1, "1B": {"secret": "hub", "key": "k"}}, notebookCpus=0)
    assert len(found) == 4


@pytest.mark.parametrize("value", ["text", ["A=1"], {f"A{number}": "" for number in range(MAX_VARIABLES + 1)}])
def test_another_form_than_a_mapping_of_some_size_is_refused(value: object) -> None:
    assert problem(notebook__environment=value).key == "pangeo:notebook.environment"
