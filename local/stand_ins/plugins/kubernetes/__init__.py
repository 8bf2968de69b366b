"""The ``kubernetes`` stand-in: plain objects over the Kubernetes API, Helm releases over the ``helm`` program.

Where it differs from the official plugin, it does so on purpose:

- an Ingress is not waited for, with or without ``pulumi.com/skipAwait``; deletion waits, Helm, and an object whose
  ``pulumi.com/waitFor`` names a condition, nothing else;
- a field the API does not know is refused (by a preview too, where the server answers) instead of dropped silently;
- an input of a wrong type is a problem of that property instead of a decoding error;
- an upgrade without values goes back to the chart's own instead of keeping the last ones;
- ``valueYamlFiles``, ``postrender``, ``lint`` and a repository password are refused;
- what needs an operator (a pending release, an object that is gone, a name that is taken) says the way out.
"""
