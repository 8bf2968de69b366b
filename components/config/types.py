"""The words a stack file is written in: addresses, names and numbers, each with the sentence for a wrong one.

Every reader here returns the one spelling of a value (lower case where case means nothing, no trailing dot, no blank
in a DN), so that two spellings of the same value compare equal. A ``ValueError`` says what is wrong and what to write.
"""

import re
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from components.freeipa.errors import InvalidSetting
from components.freeipa.names import GROUP_NAME, suffix_of_base_dn
from components.freeipa.settings import authorities

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_KUBERNETES_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_CLUSTER_NAME = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_TAKEN_NAMESPACES = {"default"}
_RDN = re.compile(
    r'\s*([A-Za-z][A-Za-z0-9-]*)\s*=\s*((?:[^,=+<>#;"\\\s]|\\.)(?:(?:[^,=+<>;"\\]|\\.)*[^,=+<>;"\\\s])?)\s*'
)
_PORT = re.compile(r"[0-9]{1,5}")
_IMAGE = re.compile(r"[a-z0-9]+([._:/-]+[a-z0-9]+)*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?")
_IMAGE_BY_DIGEST = re.compile(r"[a-z0-9]+([._:/-]+[a-z0-9]+)*@sha256:[0-9a-f]{64}")


def _address(value: object) -> IPv4Address | IPv6Address:
    if isinstance(value, IPv4Address | IPv6Address):
        address = value
    else:
        try:
            if not isinstance(value, str):
                raise ValueError
            address = ip_address(value.strip())
        except ValueError:
            raise ValueError("is not an IPv4 or IPv6 address; write one like 192.171.139.83") from None
    if isinstance(address, IPv6Address):
        if address.scope_id:
            raise ValueError("is an address of one link only; write the address without %zone")
        if address.ipv4_mapped:
            raise ValueError(f"is an IPv4 address in IPv6 clothes; write {address.ipv4_mapped}")
    if address.is_unspecified or address.is_multicast:
        raise ValueError("is no address a host can have; write the one the ingress answers at")
    return address


def host_name(value: str) -> str:
    """A fully qualified host name in lower case, without a trailing dot.

    Raises:
        ValueError: it is a URL, an address, not ASCII, has a wrong label or no dot, or is over 253 characters.
    """
    if "://" in value or "/" in value:
        raise ValueError("is a URL or a path; write the host name only, e.g. hub.example.org")
    name = value.strip().rstrip(".").lower()
    try:
        ip_address(name)
    except ValueError:
        pass
    else:
        raise ValueError("is an address; write a host name, e.g. hub.example.org")
    if not name.isascii():
        raise ValueError("is not ASCII; write the name in its xn-- form")
    labels = name.split(".")
    wrong = next((label for label in labels if not _LABEL.fullmatch(label)), None)
    if wrong is not None:
        raise ValueError(
            f"has the part {wrong!r}, which no host name has: letters, digits, dashes inside, 1 to 63 of them"
        )
    if len(labels) < 2:
        raise ValueError("has no dot; write the fully qualified name, e.g. hub.example.org")
    if len(name) > 253:
        raise ValueError("is longer than the 253 characters of a host name")
    return name


def _server(value: str) -> str:
    """``host`` or ``host:port``."""
    if "://" in value:
        raise ValueError("is a URL; write the host name only (tls says how it is reached), e.g. ipa.example.org")
    host, colon, port = value.strip().partition(":")
    try:
        ip_address(value.strip())
    except ValueError:
        pass
    else:
        raise ValueError("is an address, and the server's certificate names a host; write e.g. ipa.example.org")
    name = host_name(host)
    if not colon:
        return name
    if not (_PORT.fullmatch(port) and 0 < int(port) < 65536):
        raise ValueError("has no port number after the colon; write e.g. ipa.example.org:636")
    return f"{name}:{int(port)}"


def _cluster_name(value: str) -> str:
    if len(value) > 40:
        raise ValueError(f"has {len(value)} characters; write at most 40")
    if not _CLUSTER_NAME.fullmatch(value):
        likely = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-").lstrip("0123456789-")
        write = f"; write {likely}" if _CLUSTER_NAME.fullmatch(likely) else "; write one like vis-pangeo"
        raise ValueError(f"is not small letters, digits and dashes from a letter to a letter or digit{write}")
    if value in _TAKEN_NAMESPACES or value.startswith("kube-"):
        raise ValueError("is a namespace of Kubernetes' own; write one like vis-pangeo")
    return value


def _freeipa_name(value: str) -> str:
    """FreeIPA has one rule for users and groups (ipalib/constants.py, PATTERN_GROUPUSER_NAME) and lower-cases both."""
    name = value.strip().lower()
    if not GROUP_NAME.fullmatch(name) or len(name) > 255:
        raise ValueError(
            "is not a FreeIPA name: letters, digits, _ . - (and a last $), not digits only; write e.g. alice"
        )
    return name


def parse_distinguished_name(value: str) -> str:
    """A DN without blanks around its parts; attribute names in lower case.

    Raises:
        ValueError: it is not a comma-separated list of ``attribute=value``.
    """
    parts = re.split(r"(?<!\\),", value)
    found = [_RDN.fullmatch(part) for part in parts]
    if not all(found):
        raise ValueError("is not a distinguished name; write one like dc=example,dc=org")
    return ",".join(f"{match[1].lower()}={match[2]}" for match in found if match)


def _realm(value: str) -> str:
    try:
        return host_name(value).upper()
    except ValueError as wrong:
        raise ValueError(f"is not a realm ({wrong}); write one like EXAMPLE.ORG") from None


def _base_dn(value: str) -> str:
    try:
        return suffix_of_base_dn(value)
    except InvalidSetting:
        raise ValueError("is not the base DN of a FreeIPA directory; write one like dc=example,dc=org") from None


def _certificates(value: str) -> str:
    if "PRIVATE KEY" in value:
        raise ValueError("holds a private key; take it out of the file, and write the authority's certificate only")
    try:
        return authorities(value)
    except InvalidSetting:
        raise ValueError("is not a PEM certificate; write the text of FreeIPA's /etc/ipa/ca.crt") from None


def _kubernetes_name(value: str) -> str:
    if not _KUBERNETES_NAME.fullmatch(value) or len(value) > 253:
        raise ValueError(
            "is not a Kubernetes object's name: small letters, digits, dashes and dots; write e.g. csi-cinder"
        )
    return value


@dataclass(frozen=True)
class Image:
    """A container image: ``name``, ``name:tag``, ``name@digest`` or ``name:tag@digest``."""

    name: str
    """Registry and repository, e.g. ``registry.example.org:5000/pangeo/notebook``."""
    tag: str | None = None
    digest: str | None = None
    """Algorithm and hash, e.g. ``sha256:4f53…``. Where there is one, it decides, and the tag has no effect."""

    @classmethod
    def parse(cls, reference: str) -> Self:
        """Split an image reference. A colon before the last slash belongs to the registry's port, not to a tag."""
        rest, _, digest = reference.partition("@")
        registry, slash, last = rest.rpartition("/")
        repository, _, tag = last.partition(":")
        return cls(f"{registry}{slash}{repository}", tag or None, digest or None)

    @property
    def name_and_tag(self) -> tuple[str, str]:
        """The values ``image.name`` and ``image.tag`` of both charts, which join them with a colon.

        A digest is therefore divided at its own colon.
        """
        if self.digest is None:
            return self.name, self.tag or ""
        algorithm, _, content_hash = self.digest.partition(":")
        return f"{replace(self, digest=None)}@{algorithm}", content_hash

    def __str__(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        digest = "" if self.digest is None else f"@{self.digest}"
        return f"{self.name}{tag}{digest}"


def _image(value: object) -> Image:
    if isinstance(value, Image):
        return value
    if not isinstance(value, str):
        raise ValueError("is not text; write an image like docker.io/pangeo/pangeo-notebook:2026.01.30")
    value = value.strip()
    if _IMAGE_BY_DIGEST.fullmatch(value):
        return Image.parse(value)
    if not _IMAGE.fullmatch(value):
        raise ValueError(
            "is not an image with a tag or digest; write one like docker.io/pangeo/pangeo-notebook:2026.01.30"
        )
    if value.endswith(":latest"):
        raise ValueError("changes under its tag; write a fixed one, e.g. docker.io/pangeo/pangeo-notebook:2026.01.30")
    return Image.parse(value)


def _path(value: str) -> str:
    if not value.startswith("/") or re.search(r"\s", value):
        raise ValueError("is not a path on the user's server; write one like /lab")
    return value


def _plain_text(value: object) -> object:
    """Kubernetes annotations and storage parameters are strings; YAML's ``true`` and ``0`` mean theirs."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _no_truth_value(value: object) -> object:
    """pydantic would read ``true`` as 1."""
    if isinstance(value, bool):
        raise ValueError("is not a number; write one")
    return value


Address = Annotated[
    IPv4Address | IPv6Address,
    BeforeValidator(_address),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}),
]
HostName = Annotated[str, AfterValidator(host_name)]
Server = Annotated[str, AfterValidator(_server)]
ClusterName = Annotated[str, AfterValidator(_cluster_name)]
FreeIpaName = Annotated[str, AfterValidator(_freeipa_name)]
DistinguishedName = Annotated[str, AfterValidator(parse_distinguished_name)]
Realm = Annotated[str, AfterValidator(_realm)]
BaseDn = Annotated[str, AfterValidator(_base_dn)]
Certificates = Annotated[str, AfterValidator(_certificates)]
KubernetesName = Annotated[str, AfterValidator(_kubernetes_name)]
FixedImage = Annotated[Image, BeforeValidator(_image), PlainSerializer(str), WithJsonSchema({"type": "string"})]
"""An image with a tag other than ``latest``, or with a digest."""

ServerPath = Annotated[str, AfterValidator(_path)]
Text = Annotated[str, BeforeValidator(_plain_text)]
Number = Annotated[float, BeforeValidator(_no_truth_value)]
WholeNumber = Annotated[int, BeforeValidator(_no_truth_value)]
