"""The size of the hub's Secret, into which the chart puts the program's code and all its settings. Pure."""

import functools
import json

from components.chart.values import chart_values
from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.schema import Location
from components.config.tenancy import Tenancy

MAX_BYTES = 1_000_000
"""Kubernetes accepts 1,048,576 bytes of data (``MaxSecretSize``); Helm's YAML differs from the JSON counted here."""

GROWING: tuple[tuple[Location, str], ...] = (
    (("sharedFolders",), "shared_folders"),
    (("notebook",), "notebook"),
    (("network", "reach"), "network"),
    (("sizes",), "sizes"),
    (("termsOfUse",), "terms_of_use"),
)
"""The sections that may be of any length, with their fields."""


def secret_bytes(tenancy: Tenancy) -> int:
    """Return the approximate size of the hub's Secret, which has the values and, once more, the files in them."""
    values = chart_values(tenancy)["jupyterhub"]
    files = values["hub"].pop("extraFiles")
    return _json_bytes(values) + sum(len(name) + _bytes_of_file(file["stringData"]) for name, file in files.items())


@functools.lru_cache(maxsize=256)  # most files are the same for all tenancies
def _bytes_of_file(text: str) -> int:
    return len(text.encode()) + _json_bytes(text)


def _json_bytes(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":")).encode())


def check_secret_size(tenancy: Tenancy, source: str) -> None:
    """Check that Kubernetes accepts the hub's Secret.

    Raises:
        InvalidTenancy: it would be too large; the problem names the longest section.
    """
    size = secret_bytes(tenancy)
    if size <= MAX_BYTES:
        return
    lengths = {place: len(str(getattr(tenancy, field))) for place, field in GROWING}
    longest = max(lengths, key=lengths.__getitem__)
    message = (
        f"makes the hub's Secret about {size:,} bytes long, with its copies for each group; write fewer or shorter "
        f"entries, so that it has at most {MAX_BYTES:,}"
    )
    raise InvalidTenancy(source, [Problem(format_key(longest), "[…]", message)])
