"""A deployed tenancy and the reports of its previews."""

import base64
import json
from typing import Any

from ci.preview.engine_preview import preview
from ci.preview.report import Preview
from tests.support.tenancy_stack import TenancyStack

RANDOM = "random:index/randomPassword:RandomPassword"


class WatchedTenancy(TenancyStack):
    """A deployed tenancy whose previews are reports."""

    def report(self, **options: Any) -> Preview:
        """Preview the present stack file."""
        with self.environment_set():
            return preview(self._stack, **options)

    def generated_secrets(self) -> set[str]:
        """The stack's random secrets, in each encoding that the state has."""
        with self.environment_set():
            words = ["stack", "export", "--show-secrets", "--stack", self._stack.name]
            exported = self._stack.workspace.pulumi_command.run(words, str(self.folder), self.variables)
        resources = json.loads(exported.stdout)["deployment"]["resources"]
        outputs = [each["outputs"] for each in resources if each["type"] == RANDOM]
        found = {json.loads(output["result"]["plaintext"]) for output in outputs}
        return found | {base64.b64encode(secret.encode()).decode() for secret in found}
