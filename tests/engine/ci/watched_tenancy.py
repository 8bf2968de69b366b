"""A tenancy that is deployed for real, and its previews as a pull request's reader has them."""

import json
from typing import Any

from ci.preview.engine_preview import preview
from ci.preview.report import Preview
from tests.support.tenancy_stack import TenancyStack


class WatchedTenancy(TenancyStack):
    """A deployed tenancy whose previews come as reports."""

    def report(self, **options: Any) -> Preview:
        """What a preview of the stack file as it is now says."""
        with self._surroundings():
            return preview(self._stack, **options)

    def generated_secrets(self) -> set[str]:
        """What the stack's random bytes are, in each form they have in the state."""
        with self._surroundings():
            words = ["stack", "export", "--show-secrets", "--stack", self._stack.name]
            opened = self._stack.workspace.pulumi_command.run(words, str(self.folder), self.variables)
        resources = json.loads(opened.stdout)["deployment"]["resources"]
        outputs = [each["outputs"] for each in resources if each["type"] == "random:index/randomBytes:RandomBytes"]
        return {json.loads(output[form]["plaintext"]) for output in outputs for form in ("hex", "base64")}
