"""The section ``objectStore``: an S3 object store that users' notebooks and Dask clusters are configured for."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from components.config.environment import KEY_MESSAGE, RESERVED_MESSAGE, SecretKey, is_key_of_secret
from components.config.host_address import parse_server_address
from components.config.problems import HiddenValue, format_key
from components.config.reserved_variables import RESERVED_SECRET_PREFIXES, RESERVED_SECRETS, is_secret_reserved
from components.config.schema import Location
from components.config.section import Place, Section, metadata
from components.config.types import NAME_MESSAGE, FreeIpaName, Text, is_kubernetes_name, parse_host_name
from components.folder_names import EVERYONE

USER = "{user}"
"""Stands for the user's name in the name of a Secret."""

ENDPOINT, REGIONS = "AWS_ENDPOINT_URL", ("AWS_REGION", "AWS_DEFAULT_REGION")
ACCESS_KEY_ID, SECRET_ACCESS_KEY = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
CHECKSUMS = ("AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION")
NO_METADATA = "AWS_EC2_METADATA_DISABLED"
SCRATCH = "SCRATCH_BUCKET"
VARIABLES = tuple(sorted((ENDPOINT, *REGIONS, ACCESS_KEY_ID, SECRET_ACCESS_KEY, *CHECKSUMS, NO_METADATA, SCRATCH)))
"""The environment variables that this section sets, which S3 clients read."""

_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_BUCKET = re.compile(r"[a-z0-9]([a-z0-9-]|\.(?=[a-z0-9])){1,61}[a-z0-9]")
"""Names of buckets: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html."""

_EXAMPLE = "https://s3.example.org"
_MAX_SECRET_NAME = 253 - len(USER)


def _endpoint(value: str) -> str:
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        raise ValueError(f"is not a URL; write for example {_EXAMPLE}") from None
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"is not a URL with http or https; write for example {_EXAMPLE}")
    if "@" in url.netloc:
        raise ValueError("contains a user name; put the keys into a Secret, and its name into credentials.secret")
    if url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError(f"has a path; write only protocol, host and port, for example {_EXAMPLE}")
    if port == 0:
        raise ValueError("has the port 0; write 1 to 65535")
    return f"{url.scheme}://{_host(url.hostname)}{'' if port is None else f':{port}'}"


def _host(name: str) -> str:
    try:
        address = parse_server_address(name, "the store")
        if address is None:
            return parse_host_name(name)
    except ValueError as invalid:
        raise ValueError(f"has a host that {invalid}") from None
    return f"[{address}]" if address.version == 6 else str(address)


def _region(value: str) -> str:
    if not _REGION.fullmatch(value):
        raise ValueError("is not a region; write for example us-east-1, or what the store's documentation names")
    return value


def _bucket(value: str) -> str:
    name = value.removeprefix("s3://").removesuffix("/")
    if not _BUCKET.fullmatch(name):
        raise ValueError(
            "is not the name of a bucket; write 3 to 63 lower-case letters, digits, dashes and dots, without a folder"
        )
    return name


def _group(value: str) -> str:
    if value == EVERYONE:
        raise ValueError("is no group here; write the access keys of all users in objectStore.credentials")
    return value


def _secret_pattern(value: str) -> str:
    name = value.replace(USER, "user", 1)
    if len(value) > _MAX_SECRET_NAME or not is_kubernetes_name(name):
        raise HiddenValue(f"{NAME_MESSAGE}, and {USER} for the user's name if each user has a Secret")
    if is_secret_reserved(value):
        raise ValueError(RESERVED_MESSAGE)
    if USER in value and not value.partition(USER)[0].endswith("-"):
        raise ValueError(f"has no beginning of its own for {USER}; write for example s3-user-{USER}")
    return value


def find_ambiguous_patterns(patterns: Sequence[str], secrets: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each pattern that names another Secret for some user: that user would get what is in it.

    Args:
        patterns: names of Secrets for each user.
        secrets: all other names of Secrets that are used in the namespace.

    Yields:
        The pattern and a message.
    """
    for pattern in dict.fromkeys(patterns):
        start, _, end = pattern.partition(USER)
        for secret in dict.fromkeys((*RESERVED_SECRETS, *secrets)):
            user = secret.removeprefix(start).removesuffix(end)
            if user and f"{start}{user}{end}" == secret:
                yield (
                    pattern,
                    f"is {secret} for a user named {user}; write another beginning, for example s3-user-{USER}",
                )
        others = (*RESERVED_SECRET_PREFIXES, *(each.partition(USER)[0] for each in patterns if each != pattern))
        for other in dict.fromkeys(others):
            if start.startswith(other) or other.startswith(start):
                yield pattern, f"can be the name of a Secret that begins with {other}; write another beginning"


def _secret_key(value: str) -> str:
    if not is_key_of_secret(value):
        raise HiddenValue(KEY_MESSAGE)
    return value


SecretKeyName = Annotated[str, AfterValidator(_secret_key)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
Region = Annotated[str, AfterValidator(_region)]
Bucket = Annotated[str, AfterValidator(_bucket)]


def endpoint_address(endpoint: str) -> tuple[str, int]:
    """Return the host name or address of an endpoint, and its port."""
    url = urlsplit(endpoint)
    return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)


class StoreCredentials(Section):
    """Access keys for the store, in a Kubernetes Secret in the tenancy's namespace."""

    secret: Annotated[Text, AfterValidator(_secret_pattern)] = Field(
        description=f"Name of the Secret. With `{USER}`, each user has a Secret, for example `s3-user-{USER}`; a user "
        "without one has no access keys. In the name, characters of a user name that Kubernetes does not permit are "
        "replaced",
        examples=["s3-credentials"],
        json_schema_extra=metadata(names_secrets=True),
    )
    access_key_id_key: SecretKeyName = Field(
        ACCESS_KEY_ID, description="Key of the Secret that contains the access key ID"
    )
    secret_access_key_key: SecretKeyName = Field(
        SECRET_ACCESS_KEY, description="Key of the Secret that contains the secret access key"
    )

    @property
    def is_per_user(self) -> bool:
        """Whether each user has a Secret."""
        return USER in self.secret

    @property
    def shared_keys(self) -> tuple[SecretKey, ...]:
        """The keys that must exist; none where each user has a Secret."""
        if self.is_per_user:
            return ()
        return SecretKey(self.secret, self.access_key_id_key), SecretKey(self.secret, self.secret_access_key_key)


class GroupCredentials(StoreCredentials):
    """Access keys of the members of a FreeIPA group."""

    group: Annotated[FreeIpaName, AfterValidator(_group)] = Field(description="The FreeIPA group", examples=["ocean"])


class ObjectStore(Section):
    """An S3 object store. S3 clients in notebooks, schedulers and workers use it without any configuration."""

    endpoint: Endpoint = Field(
        description="URL of the store. A private address also needs an entry in `network.reach`",
        examples=[_EXAMPLE],
    )
    region: Region = Field("us-east-1", description="Region of the store")
    credentials: StoreCredentials | None = Field(
        None,
        description="Access keys of all users; by default users have none",
        examples=[{"secret": "s3-credentials"}],
    )
    group_credentials: tuple[GroupCredentials, ...] = Field(
        (),
        max_length=100,
        description="Access keys of the members of FreeIPA groups, in place of `credentials`. For a member of several "
        "of the groups, the last one in the list decides",
        examples=[[{"group": "ocean", "secret": "s3-ocean"}]],
    )
    scratch_bucket: Bucket | None = Field(
        None,
        description="Bucket for temporary data. The variable `SCRATCH_BUCKET` is each user's own prefix in it, "
        "`s3://<bucket>/<user>`. The bucket must exist",
        examples=["scratch"],
    )

    @property
    def protocol(self) -> str:
        """Protocol of the endpoint, ``http`` or ``https``."""
        return urlsplit(self.endpoint).scheme

    @property
    def host(self) -> str:
        """Host name or address of the endpoint."""
        return endpoint_address(self.endpoint)[0]

    @property
    def port(self) -> int:
        """Port of the endpoint."""
        return endpoint_address(self.endpoint)[1]

    def places(self) -> Iterator[tuple[Location, StoreCredentials]]:
        """Yield the access keys of all users and of groups, with their places below ``objectStore``."""
        if self.credentials is not None:
            yield ("credentials",), self.credentials
        for index, each in enumerate(self.group_credentials):
            yield ("groupCredentials", index), each

    def secret_keys(self) -> Iterator[tuple[Location, SecretKey]]:
        """Yield every key of a Secret that must exist, with its place below ``objectStore``."""
        for place, credentials in self.places():
            for key in credentials.shared_keys:
                yield (*place, "secret"), key

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[Place, str]]:
        """Refuse a group that is listed twice."""
        first: dict[str, int] = {}
        for index, each in enumerate(_items(given.get("group_credentials"))):
            group = str(_get(each, "group")).strip().lower()
            if _get(each, "group") is not None and (earlier := first.setdefault(group, index)) != index:
                twin = format_key(("objectStore", "groupCredentials", earlier))
                yield ("group_credentials", index, "group"), f"is also the group of {twin}; remove one of the entries"


def find_repeated_variables(given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield each variable that the section ``notebook`` sets besides this one, with the key that sets it.

    Args:
        given: the raw values of the tenancy's keys, by attribute.
    """
    if "object_store" not in given:
        return
    notebook = given.get("notebook")
    environments = {"notebook.environment": _get(notebook, "environment")}
    groups = _get(notebook, "groupEnvironment")
    if isinstance(groups, Mapping):
        environments |= {f"notebook.groupEnvironment.{group}": each for group, each in groups.items()}
    for index, profile in enumerate(_items(_get(notebook, "profiles"))):
        environments[f"notebook.profiles[{index}].environment"] = _get(profile, "environment")
    for place, environment in environments.items():
        if isinstance(environment, Mapping):
            yield from ((name, place) for name in VARIABLES if name in environment)


def _get(section: object, key: str) -> object:
    """Return a raw value; None if the section is not one or has no such key."""
    return section.get(key) if isinstance(section, Mapping) else None


def _items(values: object) -> Sequence[object]:
    return values if isinstance(values, list | tuple) else ()
