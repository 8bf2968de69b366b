"""Failures of image pulls, with messages of containerd, CRI-O and Docker."""

import pytest

from components.readiness.pulls import permanent_cause

PERMANENT = (
    'failed to resolve reference "quay.io/a/b:1": quay.io/a/b:1: not found',
    "reading manifest 1 in quay.io/a/b: manifest unknown",
    "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: "
    "authorization failed",
    "failed to authorize: failed to fetch oauth token: unexpected status from GET request: 401 Unauthorized",
    "unexpected status from HEAD request to https://ghcr.io/v2/a/b/manifests/1: 403 Forbidden",
    'Head "https://ghcr.io/v2/a/b/manifests/1": no basic auth credentials',
    "no match for platform in manifest: not found",
    "invalid reference format",
)
PASSING = (
    'failed to do request: Head "https://quay.io/v2/": dial tcp: lookup quay.io on 10.0.0.10:53: no such host',
    'Get "https://quay.io/v2/": net/http: TLS handshake timeout',
    "dial tcp 192.0.2.1:443: i/o timeout",
    "dial tcp 192.0.2.1:443: connect: connection refused",
    "received unexpected HTTP status: 503 Service Unavailable",
    "toomanyrequests: You have reached your pull rate limit",
    "short read: expected 100 bytes but got 0: unexpected EOF",
    "failed to extract layer: no space left on device",
    "a cause that nobody knows",
)


@pytest.mark.parametrize("message", PERMANENT)
def test_permanent_causes_are_recognised(message: str) -> None:
    assert permanent_cause("ErrImagePull", message) is not None


@pytest.mark.parametrize("message", PASSING)
def test_outages_and_unknown_causes_may_pass(message: str) -> None:
    assert permanent_cause("ErrImagePull", message) is None


@pytest.mark.parametrize("reason", ["InvalidImageName", "ErrImageNeverPull"])
def test_some_reasons_are_permanent_by_themselves(reason: str) -> None:
    assert permanent_cause(reason, "") is not None
