"""A real hub whose users' servers are pods of a real API server."""

from dataclasses import dataclass

from tests.engine.hub.hub_namespace import HubNamespace
from tests.support.hub_process import Hub, Visitor
from tests.support.hub_users import PASSWORD
from tests.support.waiting import wait_until


@dataclass
class Deployment:
    """A hub and the namespace of its users' servers."""

    hub: Hub
    namespace: HubNamespace

    def start_server(self, user: str, profile: str = "") -> Visitor:
        """Log the user in, choose the profile, and wait until the hub has started the server or refused."""
        visitor = self.hub.log_in(user, PASSWORD)
        assert visitor.is_in, visitor.message
        visitor.get("/hub/spawn")
        visitor.post("/hub/spawn", **({"profile": profile} if profile else {}))
        return visitor

    def wait_for_log(self, text: str) -> None:
        """Wait until the hub's log contains the text: the hub may answer before it has refused a start."""
        log: list[str] = []

        def is_logged() -> bool:
            log.append(self.hub.log())
            return text in "".join(log)

        wait_until(is_logged, lambda: "".join(log))
