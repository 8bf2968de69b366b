"""The section ``network.proxy``: a web proxy for requests that leave the cluster."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from components.config.host_address import parse_server_address
from components.config.problems import HIDDEN
from components.config.section import Section
from components.config.types import EMPTY_IS_NONE, parse_host_name
from components.dns_label import DNS_LABEL

NO_PROXY = "NO_PROXY"
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", NO_PROXY)
"""The variables that programs read, in capitals. Some programs read only them, others only small letters."""

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>\[[^\]]*\]|[^/:]*)(?::(?P<port>[0-9]{1,5}))?/?")
_NAME = re.compile(rf"\.?{DNS_LABEL}(?:\.{DNS_LABEL})*")
_EXAMPLE = "write for example http://proxy.example.org:3128"


def _url(value: object) -> str:
    """Normalise the URL of a proxy to ``http://host:port``.

    Raises:
        ValidationError: it contains a user name or a password, which no message shows.
        ValueError: it is not the URL of a proxy.
    """
    if not isinstance(value, str):
        raise ValueError(f"is not a URL; {_EXAMPLE}")
    if "@" in value:
        raise _hide(
            "contains a user name or a password, which the stack's state would show; leave the key out, put the URL "
            "into a Secret of the namespace and write HTTP_PROXY and HTTPS_PROXY as {secret: <name>, key: <key>} in "
            "pangeo:notebook.environment"
        )
    match = _URL.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"is not the URL of a proxy; {_EXAMPLE}")
    scheme, host, port = match["scheme"].lower(), match["host"], match["port"]
    if scheme not in ("http", "https"):
        raise ValueError(f"has the protocol {scheme}, which not all programs can use for a proxy; {_EXAMPLE}")
    if port is None:
        raise ValueError(f"has no port, for which programs have different defaults; {_EXAMPLE}")
    if not 0 < int(port) < 65536:
        raise ValueError(f"has no valid port; {_EXAMPLE}")
    return f"{scheme}://{_host(host)}:{int(port)}"


def _host(host: str) -> str:
    try:
        address = parse_server_address(host, "the proxy")
        if address is None:
            return parse_host_name(host)
    except ValueError as invalid:
        raise ValueError(f"has a host that {invalid}".replace("hub.example.org", "proxy.example.org")) from None
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)


def _excluded(value: object) -> str:
    """Normalise a host name, a domain with a leading dot, an IP address or an IPv4 network."""
    if not isinstance(value, str):
        raise ValueError("is not a string; write a host name, for example data.example.org")
    text = value.strip().lower()
    if text.startswith("*."):
        raise ValueError(f"is a pattern, which not all programs know; write {text.removeprefix('*')}")
    try:
        network = ip_network(text)
    except ValueError:
        pass
    else:
        if "/" not in text:
            return str(network.network_address)
        if network.version == 6:
            raise ValueError("is an IPv6 network, with which programs with httpx fail; write host names or addresses")
        if network.prefixlen == 0:
            raise ValueError("excludes every address; remove it, or the proxy")
        return str(network)
    if "/" in text or ":" in text:
        raise ValueError("is not a host; write a host name without protocol and port, for example data.example.org")
    if not _NAME.fullmatch(text) or re.fullmatch(r"[0-9.]+", text):
        raise ValueError("is not a host name, a domain such as .example.org, an IP address or an IPv4 network")
    return text


def _hide(message: str) -> ValidationError:
    error = PydanticCustomError("value_error", "{error}", {"error": message})
    return ValidationError.from_exception_data("proxy", [InitErrorDetails(type=error, loc=(), input=HIDDEN)])


ProxyUrl = Annotated[str, BeforeValidator(_url)]
ExcludedHost = Annotated[str, BeforeValidator(_excluded)]


class Proxy(Section):
    """A web proxy. Requests to addresses in the cluster do not use it."""

    http: Annotated[ProxyUrl | None, EMPTY_IS_NONE] = Field(
        None,
        description="URL of the proxy for `http://` requests, without a user name and password",
        examples=["http://proxy.example.org:3128"],
    )
    https: Annotated[ProxyUrl | None, EMPTY_IS_NONE] = Field(
        None,
        description="URL of the proxy for `https://` requests, usually the same",
        examples=["http://proxy.example.org:3128"],
    )
    no_proxy: tuple[ExcludedHost, ...] = Field(
        (),
        max_length=100,
        description="Further hosts that are reached without the proxy: host names, domains with a leading dot, IP "
        "addresses and IPv4 networks. Addresses in the cluster and private networks always are",
        examples=[[".data.example.org", "192.171.139.9"]],
    )

    @property
    def endpoints(self) -> tuple[tuple[str, str, int], ...]:
        """The proxies, each with its key, host and port; an IPv6 address is without brackets."""
        found = []
        for key, url in (("http", self.http), ("https", self.https)):
            if url is not None:
                host, _, port = url.partition("://")[2].rpartition(":")
                found.append((key, host.removeprefix("[").removesuffix("]"), int(port)))
        return tuple(found)


def is_excluded(host: str, no_proxy: Iterable[str]) -> bool:
    """Return whether all programs reach a host without the proxy.

    A domain with a leading dot excludes only the hosts in it. Networks are not considered: Python's urllib, and so
    botocore, compares texts.
    """
    return any(host == each or host.endswith(f".{each.removeprefix('.')}") for each in no_proxy)


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """Return a host as an IP address; None for a host name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
