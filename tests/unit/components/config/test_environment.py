"""Environment variables: text or a key of a Secret, reserved names, and secrets that were written as text."""

import pytest

from components.chart.dask_access import notebook_environment
from components.chart.secrets import SECRET_NAME
from components.config.environment import MAX_VALUE_LENGTH, MAX_VARIABLES, SecretKey
from components.config.problems import HIDDEN
from components.config.reserved_variables import is_secret_reserved, reason_for_reserving
from components.in_hub.admission_settings import SERVER_VARIABLES
from components.resources.ingress import hub_ingress
from tests.support.tenancies import problem, problems, tenancy

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
    ],
)
def test_a_reserved_name_is_refused_with_its_reason(name: str) -> None:
    assert problem(notebook__environment={name: "x"}).message.startswith("is reserved: it ")
    reference = {"secret": "own", "key": "k"}
    assert problem(notebook__environment={name: reference}).message.startswith("is reserved: it ")


def test_names_that_the_hub_refuses_or_sets_are_reserved() -> None:
    own = [*SERVER_VARIABLES, *(f"{each}X" for each in SERVER_VARIABLES), *notebook_environment(tenancy())]
    assert [name for name in own if reason_for_reserving(name) is None] == []


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


def test_own_secrets_are_reserved() -> None:
    certificate = hub_ingress(tenancy())["spec"]["tls"][0]["secretName"]
    assert is_secret_reserved(SECRET_NAME)
    assert is_secret_reserved(certificate)


def test_all_problems_are_reported_at_once() -> None:
    found = problems(notebook__environment={"HOME": "/", "A": 1, "1B": {"secret": "hub", "key": "k"}}, notebookCpus=0)
    assert len(found) == 4


@pytest.mark.parametrize("value", ["text", ["A=1"], {f"A{number}": "" for number in range(MAX_VARIABLES + 1)}])
def test_another_form_than_a_mapping_of_some_size_is_refused(value: object) -> None:
    assert problem(notebook__environment=value).key == "pangeo:notebook.environment"
