"""Types of the values in a stack file: addresses, names and numbers.

Each type accepts every spelling of a value and returns one (lower case where case has no meaning, no trailing dot, no
blanks in a DN), so that two spellings of the same value compare equal. The text of a ``ValueError`` continues a
sentence that begins with the key, and ends with what to write instead.
"""

import re
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from components.config.host_address import parse_host_address
from components.config.problems import HiddenValue
from components.dns_label import DNS_LABEL
from components.freeipa.errors import InvalidSetting
from components.freeipa.names import GROUP_NAME, suffix_of_base_dn
from components.freeipa.settings import authorities

_ADDRESSES = IPv4Address, IPv6Address
KUBERNETES_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""Names of Kubernetes objects (DNS subdomains), of at most 253 characters."""

NAME_MESSAGE = "is not the name of a Secret; write lower-case letters, digits, dashes and dots"
"""Message for a text that cannot be the name of a Secret. Its content may have been written in place of the name."""

_CLUSTER_NAME = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_RESERVED_NAMESPACES = {"default"}
_RDN = re.compile(
    r'\s*([A-Za-z][A-Za-z0-9-]*)\s*=\s*((?:[^,=+<>#;"\\\s]|\\.)(?:(?:[^,=+<>;"\\]|\\.)*[^,=+<>;"\\\s])?)\s*'
)
_PORT = re.compile(r"[0-9]{1,5}")


def _address(value: object) -> IPv4Address | IPv6Address:
    text = value.strip() if isinstance(value, str) else str(value) if isinstance(value, _ADDRESSES) else ""
    address = parse_host_address(text, "the ingress")
    if address is None:
        raise ValueError("is not an IPv4 or IPv6 address; write for example 192.171.139.83")
    return address


def parse_host_name(value: str) -> str:
    """Return a fully qualified host name in lower case, without a trailing dot.

    Raises:
        ValueError: The value is a URL, an IP address, not ASCII or longer than 253 characters, or has an invalid label
            or no dot.
    """
    if "://" in value or "/" in value:
        raise ValueError("is a URL or a path; write only the host name, for example hub.example.org")
    name = value.strip().rstrip(".").lower()
    try:
        ip_address(name)
    except ValueError:
        pass
    else:
        raise ValueError("is an IP address; write a host name, for example hub.example.org")
    if not name.isascii():
        raise ValueError("is not ASCII; write the name in its Punycode form, which begins with xn--")
    labels = name.split(".")
    invalid = next((label for label in labels if not re.fullmatch(DNS_LABEL, label)), None)
    if invalid is not None:
        raise ValueError(
            f"has the invalid part {invalid!r}; write 1 to 63 letters, digits and dashes, with no dash at either end"
        )
    if len(labels) < 2:
        raise ValueError("has no dot; write the fully qualified name, for example hub.example.org")
    if len(name) > 253:
        raise ValueError("is too long; write at most 253 characters")
    return name


def _server(value: str) -> str:
    """Normalise ``host`` or ``host:port``."""
    if "://" in value:
        raise ValueError("is a URL; write only the host name, for example ipa.example.org, and set identity.tls")
    host, colon, port = value.strip().partition(":")
    try:
        ip_address(re.sub(r"^\[([^\]]*)\](?::[0-9]*)?$", r"\1", value.strip()))
    except ValueError:
        pass
    else:
        raise ValueError(
            "is an IP address, but certificates are issued for host names; write for example ipa.example.org"
        )
    name = parse_host_name(host)
    if not colon:
        return name
    if not (_PORT.fullmatch(port) and 0 < int(port) < 65536):
        raise ValueError("has no valid port after the colon; write for example ipa.example.org:636")
    return f"{name}:{int(port)}"


def _cluster_name(value: str) -> str:
    if len(value) > 40:
        raise ValueError(f"is too long ({len(value)} characters); write at most 40")
    if not _CLUSTER_NAME.fullmatch(value):
        likely = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-").lstrip("0123456789-")
        example = likely if _CLUSTER_NAME.fullmatch(likely) else "for example vis-pangeo"
        raise ValueError(
            "must consist of lower-case letters, digits and dashes, begin with a letter and not end with a dash; "
            f"write {example}"
        )
    if value in _RESERVED_NAMESPACES or value.startswith("kube-"):
        raise ValueError("is a namespace of Kubernetes itself; write another name, for example vis-pangeo")
    return value


def parse_freeipa_name(value: str) -> str:
    """Return a user or group name in lower case. FreeIPA has one rule for both.

    Source: ``ipalib/constants.py``, ``PATTERN_GROUPUSER_NAME``.

    Raises:
        ValueError: The value is no such name.
    """
    name = value.strip().lower()
    if not GROUP_NAME.fullmatch(name) or len(name) > 255:
        raise ValueError(
            "is not a FreeIPA name; write letters, digits, _ . - and optionally a final $, but not only digits; "
            "for example alice"
        )
    return name


def parse_distinguished_name(value: str) -> str:
    """Return a distinguished name (DN) without blanks around its parts, with attribute names in lower case.

    Raises:
        ValueError: The value is not a comma-separated list of ``attribute=value``.
    """
    parts = re.split(r"(?<!\\),", value)
    matches = [_RDN.fullmatch(part) for part in parts]
    if not all(matches):
        raise ValueError(
            "is not a distinguished name; write for example uid=pangeo,cn=users,cn=accounts,dc=example,dc=org"
        )
    return ",".join(f"{match[1].lower()}={match[2]}" for match in matches if match)


def _realm(value: str) -> str:
    try:
        return parse_host_name(value).upper()
    except ValueError:
        raise ValueError("is not a Kerberos realm; write for example EXAMPLE.ORG") from None


def _base_dn(value: str) -> str:
    try:
        return suffix_of_base_dn(value)
    except InvalidSetting:
        raise ValueError("is not the base DN of a FreeIPA directory; write for example dc=example,dc=org") from None


def _certificates(value: str) -> str:
    if "PRIVATE KEY" in value:
        raise ValueError("contains a private key; remove it from the file and write only the authority's certificate")
    try:
        return authorities(value)
    except InvalidSetting:
        raise ValueError("is not a PEM certificate; write the content of FreeIPA's /etc/ipa/ca.crt") from None


def is_kubernetes_name(text: str) -> bool:
    """Return whether a Kubernetes object can have a name."""
    return bool(KUBERNETES_NAME.fullmatch(text)) and len(text) <= 253


def _kubernetes_name(value: str) -> str:
    if not is_kubernetes_name(value):
        raise ValueError(
            "is not a name of a Kubernetes object; write lower-case letters, digits, dashes and dots, "
            "for example pangeo-data"
        )
    return value


def _namespace(value: str) -> str:
    if not re.fullmatch(DNS_LABEL, value):
        raise ValueError(
            "is not the name of a namespace; write lower-case letters, digits and dashes, for example openshift-dns"
        )
    return value


def _pool_name(value: str) -> str:
    if not re.fullmatch(DNS_LABEL, value):
        raise ValueError(
            "is not the name of a pool; write at most 63 lower-case letters, digits and dashes, with no dash at either "
            "end, for example gpu"
        )
    return value


def _secret_name(value: str) -> str:
    if not is_kubernetes_name(value):
        raise HiddenValue(f"{NAME_MESSAGE}, for example registry-login")
    return value


def _path(value: str) -> str:
    # Browsers read `//name` and `/\name` as the address of another server.
    if not re.fullmatch(r"/(?![/\\])\S*", value):
        raise ValueError("is not a path on the notebook server; write for example /lab")
    return value


def _to_string(value: object) -> object:
    """Accept YAML's ``true`` and ``0`` for a string, as Kubernetes annotations and storage parameters need them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _reject_boolean(value: object) -> object:
    """Refuse ``true``, which pydantic would read as 1."""
    if isinstance(value, bool):
        raise ValueError("is not a number; write a number")
    return value


def format_number(number: float) -> str:
    """Return a number with every digit, and without an exponent or a point that it does not need: ``1``, ``0.5``."""
    text = format(Decimal(repr(float(number))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_count(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 node``, ``2 nodes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _empty_to_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


EMPTY_IS_NONE = BeforeValidator(_empty_to_none)
"""Makes a blank string the same as a key that is not set."""

Address = Annotated[
    IPv4Address | IPv6Address,
    BeforeValidator(_address),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}),
]
Namespace = Annotated[str, AfterValidator(_namespace)]
HostName = Annotated[str, AfterValidator(parse_host_name)]
Server = Annotated[str, AfterValidator(_server)]
ClusterName = Annotated[str, AfterValidator(_cluster_name)]
FreeIpaName = Annotated[str, AfterValidator(parse_freeipa_name)]
DistinguishedName = Annotated[str, AfterValidator(parse_distinguished_name)]
Realm = Annotated[str, AfterValidator(_realm)]
BaseDn = Annotated[str, AfterValidator(_base_dn)]
Certificates = Annotated[str, AfterValidator(_certificates)]
PoolName = Annotated[str, AfterValidator(_pool_name)]
KubernetesName = Annotated[str, AfterValidator(_kubernetes_name)]
SecretName = Annotated[str, AfterValidator(_secret_name)]
ServerPath = Annotated[str, AfterValidator(_path)]
MIN_CPUS = 0.01
"""Fewest CPUs of a pod or node. Less is a mistake in the unit, and no program starts in any useful time."""

MIN_RAM_GB = 0.1
"""Least memory of a pod or node, in GB. Less is a mistake in the unit: a notebook server alone needs more."""

MAX_STORAGE_GB = 65536
"""Largest size of a volume, in GB."""

Text = Annotated[str, BeforeValidator(_to_string)]
Number = Annotated[float, BeforeValidator(_reject_boolean)]
WholeNumber = Annotated[int, BeforeValidator(_reject_boolean)]
