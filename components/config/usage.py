"""The section ``usage``: the hub's record of what users reserve."""

from pydantic import Field

from components.config.section import Section, metadata
from components.config.types import WholeNumber


class Usage(Section):
    """The hub's record of what users reserve, for ``python -m components usage``."""

    keep_days: WholeNumber = Field(
        1096,
        ge=0,
        le=3660,
        description="Age at which recorded days are deleted. They have users' names and ids. 0: nothing is recorded, "
        "and an existing record is deleted",
        json_schema_extra=metadata(unit="days"),
    )
