"""The reasons of failed requests to Kubernetes, for messages and logs."""

from kubernetes_asyncio.client.exceptions import ApiException  # type: ignore[import-not-found,unused-ignore]


def short_reason(error: Exception) -> str:
    """Return the reason in one line, without the headers and the body that ``ApiException`` has in its text."""
    if isinstance(error, ApiException):
        return f"HTTP {error.status} {error.reason}"
    return f"{type(error).__name__}: {error}".rstrip(": ")
