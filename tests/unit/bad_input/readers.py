"""Functions that normalise text of a configuration, for tests with random text."""

from collections.abc import Callable

from components.config.types import parse_distinguished_name, parse_host_name
from components.freeipa import names
from components.freeipa.settings import authorities, check_bind_dn, server_address

Reader = Callable[[str], object]

READERS: tuple[Reader, ...] = (
    parse_host_name,
    parse_distinguished_name,
    names.group_name,
    names.description,
    names.suffix_of_base_dn,
    lambda text: server_address(text, "ldaps"),
    check_bind_dn,
    authorities,
)
"""Each returns the normalised value or raises ``ValueError`` or ``InvalidSetting``."""
