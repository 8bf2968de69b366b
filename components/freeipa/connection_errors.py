"""Errors of the connection to a server of FreeIPA: it cannot be opened, or gives no valid answer."""

from components.freeipa.errors import Unreachable


class CannotResolve(Unreachable):
    """The server's name has no address."""

    message = "the name cannot be resolved; check identity.server and this machine's DNS"


class ConnectionRefused(Unreachable):
    """No program listens on the port."""

    message = "the connection was refused; check that the directory runs there and that the port is right"


class ConnectFailed(Unreachable):
    """The network has no route to the server."""

    message = "no connection could be opened; check the network and its firewalls"


class TimedOut(Unreachable):
    """The server did not answer within the timeout."""

    message = (
        "no answer in time; check that the directory runs and that no firewall drops the connection, then try again"
    )


class CertificateUntrusted(Unreachable):
    """The certificate is not signed by the authority."""

    message = (
        "the server's certificate is not signed by the given authority; "
        "set identity.caCertificate to FreeIPA's CA (/etc/ipa/ca.crt on any enrolled host)"
    )


class CertificateOfAnotherHost(Unreachable):
    """The certificate is valid for another name."""

    message = (
        "the server's certificate is not for this host; set identity.server to the server's full host name in FreeIPA, "
        "not to an alias or an IP address"
    )


class CertificateExpired(Unreachable):
    """The certificate or its authority's has expired or is not valid yet."""

    message = (
        "the server's certificate or its authority's has expired or is not valid yet; "
        "renew it in FreeIPA and check this machine's clock"
    )


class CertificateUnacceptable(Unreachable):
    """OpenSSL does not accept the certificate or its authority's, for another reason than the three above."""

    message = (
        "the server's certificate or its authority's is not acceptable, for the reason at the end; renew it in FreeIPA"
    )


class NoTls(Unreachable):
    """The server does not use TLS 1.2 or newer on this port."""

    message = (
        "there is no TLS connection; check that identity.tls matches the port "
        "(ldaps: 636, starttls: 389) and that the server offers TLS 1.2 or newer"
    )


class StartTlsRefused(Unreachable):
    """The server refuses StartTLS; no password was sent."""

    message = "the server refuses StartTLS and plain LDAP is never used; set identity.tls to ldaps"


class ServerClosed(Unreachable):
    """The connection ended before the answer was complete."""

    message = (
        "the server closed the connection before its answer was complete; see the directory's error log and try again"
    )


class GarbledAnswer(Unreachable):
    """The answer is not LDAP."""

    message = "the answer is not LDAP; check that the port is the directory's and that no proxy is in between"
