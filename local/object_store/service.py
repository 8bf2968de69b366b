"""Start the S3 server. Each step first checks what exists, so that an interrupted start can be repeated."""

import json
import os
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import requests

from local.failure import Failure
from local.host import supervisor
from local.host.commands import output, tail
from local.object_store.endpoint import ACCOUNTS, BACKUP, BUCKET, REGION, ROOT, SECTION, TENANCY, Endpoint
from local.paths import State
from local.progress import Report
from local.tenancy import credentials, pki

START_SECONDS = 30.0
CALL_SECONDS = 10.0
POLL_SECONDS = 0.1

Action = Callable[[State], None]


def start_supervised(state: State) -> None:
    """Start the server under supervisord, which must run."""
    supervisor.start(state, "object-store")


def prepare(state: State, endpoint: Endpoint = TENANCY) -> None:
    """Make missing folders, passwords and the certificate, and write the server's environment."""
    passwords = credentials.obtain(state, SECTION, ACCOUNTS)
    certificate = pki.issue(state, "tenancy", "object-store", dns_names=[endpoint.name])
    state.object_store.mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in ("objects", "accounts"):
        (state.object_store / folder).mkdir(exist_ok=True)
    variables = {
        "ROOT_ACCESS_KEY_ID": ROOT,
        "ROOT_SECRET_ACCESS_KEY": passwords[ROOT],
        "VGW_PORT": f"{endpoint.address}:{endpoint.port}",
        "VGW_REGION": REGION,
        "VGW_CERT": str(certificate.crt.absolute()),
        "VGW_KEY": str(certificate.key.absolute()),
        "VGW_IAM_DIR": str(state.object_store.absolute() / "accounts"),
        "VGW_QUIET": "true",
    }
    _write_private(
        state.object_store / "environment", "".join(f"{key}='{value}'\n" for key, value in variables.items())
    )
    accounts = state.object_store / "accounts" / "users.json"
    if not accounts.exists():
        # The server's own command would take the secret as an argument, which everybody on the machine can see.
        account = {
            "access": BACKUP,
            "secret": passwords[BACKUP],
            "role": "user",
            "userID": 0,
            "groupID": 0,
            "projectID": 0,
        }
        _write_private(accounts, json.dumps({"accessAccounts": {BACKUP: account}}))


def up(state: State, report: Report, *, endpoint: Endpoint = TENANCY, start: Action = start_supervised) -> None:
    """Start the server, wait until it answers over verified TLS, and add the missing account and bucket.

    Raises:
        Failure: it does not answer within ``START_SECONDS``, or refuses the account or the bucket.
    """
    with report.step("Object store for backups") as step:
        if is_ready(state, endpoint=endpoint) and (state.object_store / "objects" / BUCKET).is_dir():
            step.skip("already running")
            return
        prepare(state, endpoint)
        start(state)
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(state, endpoint=endpoint):
            if time.monotonic() > deadline:
                log = state.logs / "object-store.log"
                last_lines = f":\n{tail(log)}" if log.exists() else ""
                raise Failure(
                    f"the object store at {endpoint.url} does not answer after {START_SECONDS:g} s{last_lines}",
                    fix="fix the cause shown in the log and run make up again",
                    log=log,
                )
            time.sleep(POLL_SECONDS)
        if not (state.object_store / "objects" / BUCKET).is_dir():
            _add_bucket(state, endpoint)


def is_ready(state: State, *, endpoint: Endpoint = TENANCY) -> bool:
    """Return whether the server answers over a verified connection; without an account, it refuses every request."""
    authority = pki.authority(state, "tenancy").crt
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(endpoint.url, verify=str(authority), timeout=CALL_SECONDS)
        except requests.RequestException:
            return False
    return answer.status_code == HTTPStatus.FORBIDDEN


def _add_bucket(state: State, endpoint: Endpoint) -> None:
    output(
        [state.bin / "versitygw", "admin", "create-bucket", f"--bucket={BUCKET}", f"--owner={BACKUP}"],
        env={
            "ADMIN_ACCESS_KEY_ID": ROOT,
            "ADMIN_SECRET_ACCESS_KEY": credentials.password(state, SECTION, ROOT),
            "ADMIN_ENDPOINT_URL": endpoint.url,
            "ADMIN_REGION": REGION,
            "SSL_CERT_FILE": str(pki.authority(state, "tenancy").crt),
        },
        timeout_seconds=CALL_SECONDS,
    )


def _write_private(file: Path, text: str) -> None:
    partial = file.with_name(f"{file.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    partial.replace(file)
