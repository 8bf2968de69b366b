"""A cluster that answers requests with given objects, for unit tests."""

from collections.abc import Mapping
from typing import Any


class ClusterAnswers:
    """Answers requests with these objects, by path; an exception is raised."""

    server = "https://cluster.example.org"

    def __init__(self, objects: Mapping[str, Any]) -> None:
        self.objects = objects

    def get(self, path: str, accept: str = "") -> Mapping[str, Any]:
        """Refuse other requests than those for single objects."""
        raise AssertionError(path)

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Mapping[str, Any]]:
        """Return the status and the object at a path."""
        found = self.objects.get(path)
        if isinstance(found, Exception):
            raise found
        return (404, {}) if found is None else (200, found)
