"""The ``kubernetes`` stand-in: plain objects over the Kubernetes API, Helm releases over the ``helm`` program.

It implements the resource types, provider options and release options that this program declares, and refuses all
others. It differs from the official plugin on purpose where:

- it waits for deletions, for Helm, and for an object whose ``pulumi.com/waitFor`` names a condition; nothing else;
- a field that the API does not know is refused (also by a preview, if the server answers) instead of dropped silently;
- an input of a wrong type is reported as a problem of that property instead of a decoding error;
- an upgrade without values returns to the chart's own values instead of keeping the last ones.

Its messages are those of the official plugin, without hints: what an operator needs beyond them must come from the
program or the documentation.

Objects are not managed with ``kubectl``: starting it takes 0.1 s, and a first preview asks for about 15 dry runs.
"""
