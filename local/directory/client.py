"""Connections to the directory: verified LDAPS with timeouts; errors are raised as ``Failure``."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import ldap3
from ldap3.core.exceptions import (
    LDAPExceptionError,
    LDAPInvalidCredentialsResult,
    LDAPOperationResult,
    LDAPSocketOpenError,
)

from local.directory.endpoint import Endpoint
from local.failure import Failure
from local.paths import State
from local.tenancy import credentials

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10  # ldap3 accepts whole seconds only


class PasswordRefused(Failure):
    """The server answers but refuses the stored password, so that waiting does not help."""


@contextmanager
def connection(state: State, endpoint: Endpoint, dn: str, account: str) -> Iterator[ldap3.Connection]:
    """A bound connection inside the block; ``account`` is the name under which the password of ``dn`` is stored.

    Operations raise ``LDAPOperationResult`` if the server refuses them. The caller handles those that it expects.

    Raises:
        Failure: the server does not answer, has a wrong certificate, closes the connection, or refuses an operation.
    """
    authority = state.pki / "tenancy-ca.crt"
    if not authority.exists():
        raise Failure(f"{authority} is missing: the directory was not set up", fix="run make up")
    certificate = ldap3.Tls(
        validate=ssl.CERT_REQUIRED,
        ca_certs_file=str(authority),
        valid_names=list(endpoint.names),
    )
    server = ldap3.Server(
        endpoint.address,
        port=endpoint.ldaps_port,
        use_ssl=True,
        tls=certificate,
        connect_timeout=CONNECT_SECONDS,
        get_info=ldap3.NONE,
    )
    bound = ldap3.Connection(
        server,
        user=dn,
        password=credentials.password(state, "directory", account),
        receive_timeout=ANSWER_SECONDS,
        raise_exceptions=True,
    )
    try:
        bound.bind()
        yield bound
    except LDAPInvalidCredentialsResult as error:
        raise PasswordRefused(
            f"the directory at {endpoint} refuses the password of {account} in {state.credentials}",
            fix=f"correct it there; or run make down, remove {state.directory} and run make up, "
            "which loses group memberships set by hand",
        ) from error
    except LDAPSocketOpenError as error:
        raise Failure(
            f"the directory at {endpoint} does not answer: {error}",
            fix="run make up, which starts it",
            log=state.logs / "directory.log",
        ) from error
    except LDAPOperationResult as error:
        raise Failure(
            f"the directory at {endpoint} refused {account}: {error.description} {error.message}".rstrip(),
            fix="see its log",
            log=state.directory / "logs" / "errors",
        ) from error
    except LDAPExceptionError as error:
        raise Failure(
            f"the directory at {endpoint} closed the connection: {error}",
            fix="try again; make status shows whether it runs",
            log=state.logs / "directory.log",
        ) from error
    finally:
        bound.unbind()
