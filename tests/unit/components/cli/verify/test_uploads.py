"""Result of an upload, with the cause and the fix for the ingress controller."""

import pytest

from components.cli.diagnose.result import Status
from components.cli.verify.ingress_limits import Limit, fix_of
from components.cli.verify.uploads import Upload, assess_upload
from components.config.controllers import INGRESS_NGINX, TRAEFIK

SIZE = 50_000_000


def test_stored_file_is_good() -> None:
    found = assess_upload("upload", Upload(SIZE, SIZE, 2.31, 201), TRAEFIK)
    assert (found.status, found.message) == (Status.GOOD, "50 MB in one request in 2 s")


def test_refused_size_names_the_limit_of_ingress_nginx() -> None:
    done = Upload(SIZE, 2_000_000, 0.2, 413)
    found = assess_upload("upload", done, INGRESS_NGINX, works_in_parts=False)
    assert found.status is Status.BROKEN
    assert found.message == (
        "a request of 50 MB is refused as too large (HTTP 413), and one of 1.4 MB too: JupyterLab can neither upload "
        "larger files nor save larger notebooks"
    )
    assert 'nginx.ingress.kubernetes.io/proxy-body-size: "0"' in found.fix


def test_refused_size_that_accepts_parts_breaks_less() -> None:
    found = assess_upload("upload", Upload(SIZE, 0, 0.2, 413), TRAEFIK)
    assert "more than 15 MB in one part" in found.message
    assert "maxRequestBodyBytes" in found.fix


@pytest.mark.parametrize("status", [408, 502, 504, None])
def test_ended_request_names_the_time_limit(status: int | None) -> None:
    done = Upload(SIZE, 30_000_000, 30.2, status, "the connection was closed: ConnectionResetError")
    found = assess_upload("slow upload", done, TRAEFIK)
    assert found.status is Status.BROKEN
    assert "was ended after 30 s and 30 MB" in found.message
    assert "readTimeout" in found.fix


def test_slow_connection_of_the_operator_is_no_fault_of_the_deployment() -> None:
    found = assess_upload("upload", Upload(SIZE, 30_000_000, 90, None, "no answer within 90 s", is_slow=True), TRAEFIK)
    assert (found.status, found.message) == (
        Status.UNKNOWN,
        "not tested: the connection from this machine is too slow: it sent 30 MB of 50 MB in 90 s",
    )


def test_connection_that_ends_at_once_is_a_limit_of_the_size() -> None:
    found = assess_upload("upload", Upload(SIZE, 1_000_000, 0.1, None, "the connection was closed"), INGRESS_NGINX)
    assert "proxy-body-size" in found.fix


def test_other_answers_are_shown() -> None:
    found = assess_upload("upload", Upload(SIZE, SIZE, 2, 500, "No space left on device"), "")
    assert (found.status, found.message) == (
        Status.BROKEN,
        "a request of 50 MB was refused: HTTP 500 No space left on device",
    )


@pytest.mark.parametrize("limit", Limit)
@pytest.mark.parametrize("controller", [INGRESS_NGINX, TRAEFIK, "haproxy.org/ingress-controller", ""])
def test_every_fix_names_the_load_balancer_too(limit: Limit, controller: str) -> None:
    assert "load balancer" in fix_of(limit, controller)
    assert ("timeout-client-data" in fix_of(limit, controller)) is (limit is not Limit.BODY_SIZE)
