"""Credentials in plain text: those of known forms are recognised, ordinary values are not."""

import base64
import hashlib
import time

import pytest

from components.config.credentials import assigns_secret, contains_credential, is_secret_text
from components.config.problems import HIDDEN
from tests.support.tenancies import problem, problems, tenancy

LETTERS = "aB3dE5gH7jK9mN1pQ4sT6vW8yZ2bC5dF0hJ3lM6o"
"""40 characters, as random ones. The tests join them to prefixes, so that no file contains the form of a token."""

TOKENS = [
    *(f"{prefix}_{LETTERS[:36]}" for prefix in ("ghp", "gho", "ghs")),
    f"github_pat_{LETTERS[:22]}_{LETTERS}",
    *(f"{prefix}-{LETTERS[:20]}" for prefix in ("glpat", "gldt", "glrt")),
    *(f"sk-{LETTERS}", f"sk-proj-{LETTERS[:24]}_{LETTERS}", f"sk-ant-api03-{LETTERS}-{LETTERS}AA"),
    f"sk-or-v1-{hashlib.sha256(b'x').hexdigest()}",
    *(f"xoxb-{'1' * 12}-{'2' * 12}-{LETTERS[:24]}", f"xoxp-{'1' * 12}-{LETTERS[:24]}"),
    f"https://hooks.slack.com/services/T{'0' * 8}/B{'0' * 8}/{LETTERS[:24]}",
    f"hf_{LETTERS[:34]}",
    f"pypi-AgEIcHlwaS5vcmc{LETTERS}",
    f"dckr_pat_{LETTERS[:27]}",
    f"sk_live_{LETTERS[:24]}",
    f"AIza{LETTERS[:35]}",
    f"eyJ{LETTERS[:20]}.eyJ{LETTERS}.{LETTERS}",
    f"Bearer eyJ{LETTERS[:20]}..{LETTERS}.{LETTERS}.{LETTERS[:20]}",
    f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={LETTERS}==",
    f"https://a.blob.core.windows.net/c?sv=2026&sig={LETTERS}",
    f"AKIA{'ABCD1234' * 2}:{LETTERS}",
    f'{{"id": "ASIA{"ABCD1234" * 2}", "secret": "{LETTERS[:38]}/+"}}',
    *(f"-----BEGIN {kind}PRIVATE KEY-----\n{LETTERS}" for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ")),
    f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n{LETTERS}",
    *("https://anna:hunter22@pypi.example.org/simple", "https://__token__:hunter22@pypi.example.org/simple"),
    *("postgresql://anna:hunter22@db.example.org/x", "https://anna:p@ss@example.org/", "http://:hunter22@[fd00::1]:80"),
    *(f"https://{LETTERS[:20]}@pypi.example.org/simple", f"https://{LETTERS[:20]}:@example.org/"),
    "--index-url https://anna:hunter22@pypi.example.org/simple --retries 2",
    f"git+https://{LETTERS[:20]}@github.com/a/b.git",
]

ASSIGNMENTS = [
    *("postgresql://h/db?user=u&password=hunter2", "https://h/?access_token=abc", "https://h/?api_key=abc"),
    *("https://a.blob.example.org/c?sv=2020&sig=abcd%2F", "host=h user=u password=hunter2", "AccountKey=abc=="),
    *("Server=h;User Id=u;Password=hunter2;", "Endpoint=sb://h/;SharedAccessKey=abc", "DB_PASSWORD = hunter2"),
    *("Bearer abc.def.ghi", "Authorization: bearer 0a1b2c3d4e", "Basic dXNlcjpwYXNz", "authorization: basic dXNlcjpw"),
    *('{"password": "hunter2"}', "{'user': 'u', 'db_password':'hunter2'}", '{"accessKey": "abc", "x": 1}'),
    *("machine h login u password hunter2", "--password hunter2", "--password=hunter2", "x --token hunter2 --y"),
    *("https://h/data?key=0123456789abcdef0123", "https://h/?x=1&pass=hunter2", "-Dtrust.password='hunter2'"),
    *("u=1,pwd=hunter2", "client_secret=hunter2", "//npm.example.org/:_authToken=hunter2"),
]

INNOCENT = [
    *("https://h/?token=", "password=$PASSWORD", "--password={password}", "password=<password>", "token=None"),
    *("sort_key=name", "key=era5", "--key=time", "max_token=512", "eos_token=</s>", "next_token=null", "passwords=3"),
    *(
        "password == x",
        "secret=/run/secrets/x",
        "token=~/token",
        "--token-file x",
        "a password is required",
        "sig=0.05",
    ),
    *("https://h/?sig=5", "basic settings", "Basic Authentication", "bearer authentication", "Bearer of tidings"),
    *('{"token": 5, "secret": true, "key": "name"}', '{"passwords": ["a"]}', "keys=a,b", "monkey=abc", "pass=1"),
    *("password: see the wiki", "secret santa = december", "design=modern-2026", "tokenizer=bert-base-2026"),
    *("", "1", "true", "vi", "/home/jovyan/.local", "~/scratch", "a:b:c", "user@example.org", "2026-11-30T15:50:55Z"),
    *(
        "en_GB.UTF-8",
        "sk-SK",
        "sk_SK.UTF-8",
        "sk-learn-pipelines-version-2026-of-everybody",
        "disk-0a1b2c3d4e5f6a7b8c9d0e",
    ),
    *("scikit-learn==1.8.0", "task-1234567890abcdef1234567890", "gh_actions", "ghp_", "hf_hub_download", "hf_transfer"),
    *("/shared/hf_cache_of_everybody_in_the_group", "glacier-2026-0a1b2c3d4e5f6a7b8c9d", "glft-regional", "xoxo-hugs"),
    hashlib.sha256(b"commit").hexdigest()[:40],
    hashlib.sha256(b"image").hexdigest(),
    f"docker.io/pangeo/base@sha256:{hashlib.sha256(b'image').hexdigest()}",
    *(
        "0b8e1a52-6c1f-4d7e-9c55-5f8b0d1d2a3b",
        "urn:uuid:0b8e1a52-6c1f-4d7e-9c55-5f8b0d1d2a3b",
        "doi:10.5281/zenodo.1234567",
    ),
    base64.b64encode(b'{"dataset": "era5", "version": 7}').decode(),
    base64.urlsafe_b64encode(hashlib.sha256(b"dataset").digest()).decode(),
    *(
        LETTERS,
        "CMIP6.ScenarioMIP.EC-Earth.EC-Earth3.ssp585.r1i1p1f1.day.tas.gr.v20200310",
        "AKIA",
        f"AKIA{'ABCD1234' * 2}",
    ),
    *("https://example.org/", "https://example.org:8443/a?b=c#d", "http://[fd00::1]:3128", "s3://bucket/a/b@v2"),
    *("https://example.org/@anna/notes", "https://cdn.example.org/npm/vega@5.3.0/x.js", "https://example.org/a:b@c"),
    *("https://example.org/a?mail=anna@example.org", "https://example.org:8080?mail=anna@example.org"),
    *("https://example.org#anna@x", "git@github.com:pangeo-data/pangeo.git", "ssh://git@github.com/a/b.git"),
    *("https://git@github.com/a/b.git", "https://anna@bitbucket.org/a/b", "https://anna.smith2026@bitbucket.org/a"),
    *("sftp://anna2026x@data.example.org/"),
    *("abfs://container2026@account1.dfs.core.windows.net/x", "wasbs://era5data01@x.blob.core.windows.net/"),
    *("postgresql://anna@db.example.org:5432/x", "tls://10.0.0.1:8786", "tcp://scheduler:8786", "a://b:c"),
    *("https://example.org/?page=1&sort=name", "https://example.org/search?key=era5", '{"a": {"b": [1, 2]}}'),
    *("-----BEGIN CERTIFICATE-----\nMIIB", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI anna@laptop", "See PRIVATE KEY"),
    "numpy>=2,<3; python_version >= '3.12' @ https://example.org/numpy.whl",
]


@pytest.mark.parametrize("text", TOKENS + ASSIGNMENTS, ids=range(len(TOKENS + ASSIGNMENTS)))
def test_a_credential_is_refused_in_every_variable_and_not_shown(text: str) -> None:
    for place in (
        {"notebook__environment": {"SETTING": text}},
        {"notebook__groupEnvironment": {"ocean": {"SETTING": text}}},
        {"notebook__profiles": [{"name": "A", "environment": {"SETTING": f"a {text} b"}}]},
    ):
        found = problem(**place)
        assert found.key.endswith(".SETTING")
        assert found.value == HIDDEN
        assert "put it in a Secret of the namespace and write {secret: <name>, key: <key>}" in found.message
        assert text not in found.message


@pytest.mark.parametrize("text", INNOCENT)
def test_an_ordinary_value_is_accepted(text: str) -> None:
    assert not contains_credential(text)
    assert tenancy(notebook__environment={"SETTING": text}).notebook.environment == {"SETTING": text}


@pytest.mark.parametrize(
    "text", [f"{'x' * 200}{each}{'y' * 200}" for each in TOKENS if each[:3] in ("sk-", "hf_", "xox")]
)
def test_a_form_in_the_middle_of_a_word_is_none(text: str) -> None:
    assert not contains_credential(text)


def test_a_secret_access_key_is_recognised_beside_its_identifier() -> None:
    keys = {"STORE_ID": f"AKIA{'ABCD1234' * 2}", "STORE_CODE": LETTERS, "COMMIT": hashlib.sha256(b"c").hexdigest()[:40]}
    found = problem(notebook__environment=keys)
    assert (found.key, found.value) == ("pangeo:notebook.environment.STORE_CODE", HIDDEN)
    del keys["STORE_ID"]
    assert problems(notebook__environment=keys) == []


@pytest.mark.parametrize("name", ["CDSAPI_KEY", "OPENAI_API_KEY", "WANDB_APIKEY", "WANDB_KEY", "CDS_KEY", "KEY"])
def test_a_key_of_a_service_is_recognised_by_its_name(name: str) -> None:
    assert is_secret_text(name, "0b8e1a52-6c1f-4d7e-9c55-5f8b0d1d2a3b")
    assert not is_secret_text(f"{name}_FILE", "key.txt")


@pytest.mark.parametrize(
    "name", ["SORT_KEY", "PRIMARY_KEY", "CACHE_KEY", "XARRAY_GROUP_KEY", "KEYS", "MONKEY", "PUBLIC_KEY"]
)
def test_a_key_of_data_is_none_of_a_service(name: str) -> None:
    assert not is_secret_text(name, "time2")


@pytest.mark.parametrize(
    "place",
    [
        *("network__proxy__http", "network__proxy__https", "objectStore__endpoint", "registries__mirror"),
        *("notebook__image", "notebook__defaultUrl", "domainSuffix", "identity__server", "objectStore__scratchBucket"),
    ],
)
def test_no_message_about_another_setting_shows_a_credential(place: str) -> None:
    for text in TOKENS:
        for value in (text, f"https://{text}@example.org", f"http://anna:{text}@example.org/", f"{text}.example.org"):
            shown = str(problems(**{place: value})).lower()
            assert LETTERS[:12].lower() not in shown
            assert "hunter22" not in shown


def test_long_texts_are_searched_in_linear_time() -> None:
    started = time.process_time()
    for part in ("sk-a-", "https://", "eyJaaaaaaaaa", "eyJa.", "gl-", "glpat-", "://a:", "&sig=a", "hf_a", "x" * 40):
        assert not contains_credential(part * 20_000)
    for part in (
        "password",
        "password =",
        "bearer ",
        "basic ",
        "login ",
        "key=",
        "token' ",
        "--token ",
        "Aa1-",
        "sig=",
    ):
        assigns_secret(part * 20_000)
    assert time.process_time() - started < 60, "4 s in 2026; patterns of quadratic time would need hours"
