"""Talk to the directory: verified LDAPS, time-outs, sentences instead of tracebacks."""

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
ANSWER_SECONDS = 10  # ldap3 takes whole seconds only


class PasswordRefused(Failure):
    """The server is there and does not take the kept password: waiting will not help."""


@contextmanager
def connection(state: State, endpoint: Endpoint, dn: str, account: str) -> Iterator[ldap3.Connection]:
    """A bound connection; ``account`` is the name under which ``dn``'s password is kept.

    Operations raise ``LDAPOperationResult`` when the server refuses them; the caller turns those it expects into words.

    Raises:
        Failure: the server does not answer, shows a wrong certificate, breaks off, or refuses something.
    """
    authority = state.pki / "tenancy-ca.crt"
    if not authority.exists():
        raise Failure(f"{authority} is missing: the directory was never set up", fix="run make up")
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
            f"the directory at {endpoint} does not take the password that {state.credentials} keeps for {account}",
            fix=f"put the right one there, or make down, remove {state.directory} and make up "
            "(group memberships given by hand are lost with it)",
        ) from error
    except LDAPSocketOpenError as error:
        raise Failure(
            f"the directory at {endpoint} does not answer: {error}",
            fix="make status says what runs, make up starts it",
            log=state.logs / "directory.log",
        ) from error
    except LDAPOperationResult as error:
        raise Failure(
            f"the directory at {endpoint} refused {account}: {error.description} {error.message}".rstrip(),
            fix="read its log",
            log=state.directory / "logs" / "errors",
        ) from error
    except LDAPExceptionError as error:
        raise Failure(
            f"the directory at {endpoint} broke off: {error}",
            fix="try again; make status says whether it runs",
            log=state.logs / "directory.log",
        ) from error
    finally:
        bound.unbind()
