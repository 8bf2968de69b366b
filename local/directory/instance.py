"""The server's instance folder: its configuration, schema and certificate store, all below the state folder.

389-ds's own set-up programs need systemd or fixed folders of the machine. The server itself needs neither: its
``dse.ldif`` names every file it reads. This module writes that file, from the server's template and ``server.ldif``.
"""

import base64
import hashlib
import secrets
import shutil
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from local.directory import ldif
from local.directory.endpoint import ACCOUNTS, MANAGER, SUFFIX, Endpoint
from local.failure import Failure
from local.host import commands, stamps
from local.paths import State
from local.tenancy import credentials, pki
from local.tenancy.addresses import REALM

HERE = Path(__file__).parent
SERVER_DEFAULTS = Path("/usr/share/dirsrv/data")
BACKEND = "userroot"
HASH_ROUNDS = 10_000
STEP_SECONDS = 30.0


def prepare(state: State, endpoint: Endpoint) -> None:
    """Make the instance folder, or update its certificate. The server must be stopped.

    ``dse.ldif`` is written last: a folder without it is the remains of an interrupted run and is made again.

    Raises:
        Failure: 389-ds is not installed, or its tools failed.
    """
    _require_server()
    passwords = credentials.obtain(state, "directory", ACCOUNTS)
    config = state.directory / "config"
    fresh = not (config / "dse.ldif").exists()
    if fresh:
        shutil.rmtree(state.directory, ignore_errors=True)
        state.directory.mkdir(parents=True, mode=0o700)
        for folder in ("config/schema", "db", "run", "logs", "ldif", "bak", "tmp"):
            (state.directory / folder).mkdir(parents=True)
        shutil.copy("/etc/dirsrv/schema/99user.ldif", config / "schema")
        shutil.copy(HERE / "schema.ldif", config / "schema" / "98freeipa.ldif")
    _install_certificate(state, endpoint)
    if fresh:
        partial = config / "dse.ldif.partial"
        partial.touch(mode=0o600)
        partial.write_text(_configuration(state, endpoint, passwords["manager"]))
        partial.replace(config / "dse.ldif")


def entries(state: State) -> list[ldif.Entry]:
    """Return the entries of ``entries.ldif``, parents first, with this tenancy's names and passwords."""
    passwords = credentials.obtain(state, "directory", ACCOUNTS)
    values = {
        "suffix": SUFFIX,
        "realm": REALM,
        "domain_label": REALM.lower().split(".")[0],
        "mail_domain": REALM.lower(),
        **{f"password_{account}": secret for account, secret in passwords.items()},
    }
    return ldif.parse(ldif.fill((HERE / "entries.ldif").read_text(), values))


def definitions() -> list[tuple[str, str]]:
    """Return the additions of ``schema.ldif`` to the schema: pairs of kind (e.g. ``objectClasses``) and definition."""
    [schema] = ldif.parse((HERE / "schema.ldif").read_text())
    return list(schema.attributes)


def _require_server() -> None:
    for part in (Path("/usr/sbin/ns-slapd"), SERVER_DEFAULTS / "template-dse.ldif", Path("/usr/bin/certutil")):
        if not part.exists():
            raise Failure(
                f"{part} is missing: 389 Directory Server is not installed",
                fix="run make up, which installs it, or apt-get install 389-ds-base libnss3-tools",
            )


def _configuration(state: State, endpoint: Endpoint, manager_password: str) -> str:
    root = state.directory
    values = {
        "address": endpoint.address,
        "ldap_port": endpoint.ldap_port,
        "ldaps_port": endpoint.ldaps_port,
        "suffix": SUFFIX,
        # The variables of 389-ds's own templates.
        "fqdn": endpoint.names[0],
        "ds_port": endpoint.ldap_port,
        "ds_suffix": SUFFIX,
        "ds_bename": BACKEND,
        "backend": BACKEND,
        # Not dirsrv: that user cannot read a checkout below /root.
        "ds_user": "root",
        "rootdn": MANAGER,
        "ds_passwd": _hash_password(manager_password),
        "db_lib": "bdb",
        "ldapi_enabled": "off",
        "ldapi_autobind": "off",
        "ldapi": root / "run" / "ldapi.socket",
        "inst_dir": root,
        "cert_dir": root / "config",
        "schema_dir": root / "config" / "schema",
        "config_dir": "/etc/dirsrv/config",
        "db_dir": root / "db",
        "run_dir": root / "run",
        "lock_dir": root / "run" / "lock",
        "db_home_dir": root / "run" / "db",
        "log_dir": root / "logs",
        "ldif_dir": root / "ldif",
        "bak_dir": root / "bak",
        "tmp_dir": root / "tmp",
    }
    templates = [SERVER_DEFAULTS / "template-dse.ldif", SERVER_DEFAULTS / "template-suffix-db.ldif"]
    defaults = ldif.parse("\n\n".join(ldif.fill(template.read_text(), values) for template in templates))
    changes = ldif.parse(ldif.fill((HERE / "server.ldif").read_text(), values))
    return ldif.format_entries(ldif.override(defaults, changes))


def _hash_password(secret: str) -> str:
    """Return the password in 389-ds's default scheme; its configuration may not contain a clear-text password."""
    salt = secrets.token_bytes(16)
    digest = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, HASH_ROUNDS)
    return f"{{PBKDF2-SHA512}}{HASH_ROUNDS}${_base64(salt)}${_base64(digest)}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _install_certificate(state: State, endpoint: Endpoint) -> None:
    """Write key, certificate and authority into the server's NSS store, if one of them changed."""
    authority = pki.authority(state, "tenancy")
    certificate = pki.issue(state, "tenancy", "directory", common_name=endpoint.names[0], dns_names=endpoint.names)
    store = state.directory / "config"
    made_from = stamps.digest(files=[authority.crt, certificate.crt])
    stamp = store / "certificate.sha256"
    if stamp.exists() and stamp.read_text() == made_from:
        return
    for stale in ("cert9.db", "key4.db", "pkcs11.txt", "certificate.sha256"):
        (store / stale).unlink(missing_ok=True)
    log = state.logs / "directory-setup.log"
    bundle, secret_file = store / "bundle.p12", store / "bundle.secret"
    secret = secrets.token_hex(16)
    key = serialization.load_pem_private_key(certificate.key.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - narrows the type; pki wrote it
    try:
        for private in (bundle, secret_file):
            private.touch(mode=0o600)
        secret_file.write_text(secret + "\n")
        bundle.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"Server-Cert",
                key,
                x509.load_pem_x509_certificate(certificate.crt.read_bytes()),
                None,
                serialization.BestAvailableEncryption(secret.encode()),
            )
        )
        steps: list[list[str | Path]] = [
            ["certutil", "-N", "-d", store, "--empty-password"],
            ["certutil", "-A", "-d", store, "-n", "tenancy authority", "-t", "CT,,", "-i", authority.crt],
            ["pk12util", "-i", bundle, "-d", store, "-w", secret_file, "-K", ""],
        ]
        for step in steps:
            commands.run(step, log=log, timeout_seconds=STEP_SECONDS)
    finally:
        bundle.unlink(missing_ok=True)
        secret_file.unlink(missing_ok=True)
    for database in ("key4.db", "cert9.db"):
        (store / database).chmod(0o600)
    stamp.write_text(made_from)
