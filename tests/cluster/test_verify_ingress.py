"""``verify`` through an ingress with the usual faults: each is diagnosed, and what does not depend on it passes."""

from pathlib import Path

import pytest

from components.cli.diagnose.result import Status
from components.cli.verify.check import LEASE
from components.cli.verify.checks import CHECKS, OUTSIDE, WORK
from components.cli.verify.idle_websocket import SUBJECT as IDLE_WEBSOCKET
from components.cli.verify.outside import CERTIFICATE, PLAIN_HTTP
from components.cli.verify.uploads import FAST
from components.config.stack_file import STACKS, stack_path
from local import directory
from local.tenancy import engine
from tests.support.limiting_ingress import Limits
from tests.support.node_capacity import stop_servers
from tests.support.running_tenancy import running_state
from tests.support.verification import Site

pytestmark = pytest.mark.cluster

FAULTY = (PLAIN_HTTP, FAST, IDLE_WEBSOCKET)
IDLE_LIMIT_SECONDS = 30.0
"""As long as the interval of the server's pings, so that a kernel's connection may last longer."""


@pytest.fixture(scope="module")
def site() -> Site:
    state = running_state()
    stop_servers(state, directory.DEMO_USERS)
    return Site(state, stack_path(engine.STACK, state.engine / "workspace" / STACKS))


def test_limits_and_a_missing_redirect_are_diagnosed(site: Site, tmp_path: Path) -> None:
    chosen = {each.subject for each in (*OUTSIDE, *WORK)} - {"dask"} | set(FAULTY)
    limits = Limits(body_bytes=1_000_000, idle_seconds=IDLE_LIMIT_SECONDS)
    with site.behind(tmp_path, limits, redirects=False) as env:
        found, _ = site.verify(env, [each for each in CHECKS if each.subject in chosen])

    broken = {subject: each for subject, each in found.items() if each.status is Status.BROKEN}
    assert set(broken) == set(FAULTY), found
    assert "shows the log-in form" in broken[PLAIN_HTTP].message
    assert "(HTTP 413), and one of 1.4 MB too" in broken[FAST].message
    assert "was closed after" in broken[IDLE_WEBSOCKET].message
    assert {each.status for subject, each in found.items() if subject not in FAULTY} == {Status.GOOD}


def test_expired_certificate_is_diagnosed(site: Site, tmp_path: Path) -> None:
    with site.behind(tmp_path, Limits(), is_expired=True) as env:
        found, _ = site.verify(env)

    assert "and not now" in found[CERTIFICATE].message
    assert found[LEASE].status is Status.BROKEN
    assert Status.GOOD not in {found[each.subject].status for each in WORK}
