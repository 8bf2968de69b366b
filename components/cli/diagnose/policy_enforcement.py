"""Check that the cluster's network plugin enforces network policies, on which the isolation of users depends.

A plugin without support for them ignores them silently: the API server accepts every NetworkPolicy.
"""

import json
from collections.abc import Callable

from components.cli.diagnose.result import CheckResult, broken, good, unknown
from components.cluster.errors import CannotAsk

SUBJECT = "network policies are enforced"

ATTEMPT_SECONDS = 4
"""Time limit of a connection. A policy drops packets, or refuses the connection."""

COMMAND = (
    "node",
    "-e",
    """
const net = require("net")
const attempt = (host, port) => new Promise((done) => {
  const socket = net.connect({ host, port: Number(port) })
  const end = (result) => { socket.destroy(); done(result) }
  socket.setTimeout(SECONDS * 1000, () => end("no answer"))
  socket.on("connect", () => end("open"))
  socket.on("error", (error) => end(error.code || "error"))
})
const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env
Promise.all([attempt("hub", 8081), host ? attempt(host, port) : "no address"])
  .then(([hub, api]) => { console.log(JSON.stringify({ hub, api })); process.exit(0) })
""".replace("SECONDS", str(ATTEMPT_SECONDS)),
)
"""Program for the pod of the hub's proxy, whose image contains Node.js.

The proxy's policy allows connections to the hub, and forbids those to the API server, which certainly listens: the hub
uses it from its own pod.
"""

Run = Callable[[tuple[str, ...]], bytes]
"""Function that runs a command in the proxy's pod and returns its output; it raises CannotAsk."""

_OPEN, _NO_ADDRESS = "open", "no address"


def check_policy_enforcement(run: Run) -> CheckResult:
    """Try a connection that the proxy's network policy forbids, and one that it allows, from the proxy's pod."""
    try:
        output = run(COMMAND)
    except CannotAsk as failure:
        fix = "install kubectl; its account needs create on pods/exec, and the proxy's pod must run"
        return unknown(SUBJECT, str(failure), fix)
    try:
        found = json.loads(output)
        hub, api = str(found["hub"]), str(found["api"])
    except (ValueError, KeyError, TypeError):
        return unknown(SUBJECT, "the command in the proxy's pod gave no result", "run doctor again")
    if api == _OPEN:
        fix = (
            "use a network plugin that enforces NetworkPolicy, such as Calico or Cilium, and remove policies of others "
            "that allow more; until then, users reach each other's servers and the cluster's API"
        )
        return broken(SUBJECT, "the proxy's pod reaches the API server, which its network policy forbids", fix)
    if hub != _OPEN or api == _NO_ADDRESS:
        fix = "kubectl get pods,services; run doctor again when the hub is ready"
        return unknown(SUBJECT, f"the proxy's pod does not reach the hub either ({hub}), which proves nothing", fix)
    return good(SUBJECT, "the proxy's pod reaches the hub, and not the API server, which its network policy forbids")
