"""The problems that several checks find, so that an operator sees them all at once."""

import contextlib
from collections.abc import Iterator

from components.config.problems import InvalidTenancy, Problem


class Findings:
    """Problems of one stack file, collected from checks that run one after the other."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._problems: list[Problem] = []

    @contextlib.contextmanager
    def collect(self) -> Iterator[None]:
        """Keep the problems of a check, and go on after it."""
        try:
            yield
        except InvalidTenancy as invalid:
            self._problems += invalid.problems

    def lines(self) -> list[str]:
        """Return the problems as text, to be shown with an error that ends the checks."""
        return str(InvalidTenancy(self._source, self._problems)).splitlines() if self._problems else []

    def refuse(self) -> None:
        """Report the problems.

        Raises:
            InvalidTenancy: there are some.
        """
        if self._problems:
            raise InvalidTenancy(self._source, self._problems)
