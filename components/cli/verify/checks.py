"""All checks of ``verify``, in the order of its table."""

from components.cli.verify.blocked import check_isolation
from components.cli.verify.check import DASK, FILES, LEASE, NOTEBOOK, SERVER, Check
from components.cli.verify.dashboard import OWNERS as DASHBOARD
from components.cli.verify.dashboard import check_dashboard
from components.cli.verify.dask import check_dask
from components.cli.verify.idle_websocket import SUBJECT as IDLE_WEBSOCKET
from components.cli.verify.idle_websocket import check_idle_websocket
from components.cli.verify.isolation import ENFORCEMENT
from components.cli.verify.outside import (
    CERTIFICATE,
    DOMAIN,
    LOG_IN,
    PLAIN_HTTP,
    PODS,
    check_certificates,
    check_log_in,
    check_name,
    check_pods,
    check_redirect,
)
from components.cli.verify.processes import PROCESSES, check_processes
from components.cli.verify.server import check_files, check_notebook, check_server
from components.cli.verify.uploads import FAST, SLOW, check_fast_upload, check_slow_upload

OUTSIDE = (
    Check(DOMAIN, "users' browsers find the hub", check_name),
    Check(CERTIFICATE, "browsers accept the certificate, for long enough", check_certificates),
    Check(PLAIN_HTTP, "no password is sent unencrypted", check_redirect),
    Check(PODS, "hub, proxy and Dask gateway run", check_pods),
    Check(LOG_IN, "the hub asks the directory about log-ins", check_log_in, needs=(CERTIFICATE,)),
)
"""Checks that need no server."""

WORK = (
    Check(SERVER, "a user's server starts", check_server, needs=(LEASE,)),
    Check(NOTEBOOK, "a notebook runs, over a websocket", check_notebook, needs=(SERVER,)),
    # It uses up the server's processes, so nothing else runs in the server meanwhile.
    Check(PROCESSES, "no program can use up a node's processes", check_processes, needs=(NOTEBOOK,)),
    Check(FILES, "files survive a restart of the server", check_files, needs=(PROCESSES,)),
    Check(DASK, "a Dask cluster computes", check_dask, needs=(FILES,)),
)
"""Checks of what users do every day."""

INSIDE = (
    Check(DASHBOARD, "owners see their Dask dashboards, and nobody else", check_dashboard, needs=(DASK,)),
    Check(FAST, "a file of 50 MB can be uploaded", check_fast_upload, needs=(FILES,)),
    Check(SLOW, "an upload may take 50 seconds", check_slow_upload, needs=(FILES,)),
    Check(IDLE_WEBSOCKET, "connections stay open without data", check_idle_websocket, needs=(FILES,)),
    Check(ENFORCEMENT, "users' servers reach only what they need", check_isolation, needs=(FILES,)),
)
"""Checks of the verification's server."""

CHECKS: tuple[Check, ...] = (*OUTSIDE, *WORK, *INSIDE)

CHECK_LIST = "\b\nA passed check proves:\n" + "\n".join(f"  {each.subject:30}  {each.proves}" for each in CHECKS)
"""A paragraph of the help text: what the checks prove, each on a line of its own."""
