"""The kinds of the Prometheus Operator, without the operator."""

import json

from components.resources.monitoring import API_GROUP, BUILDERS, crd_name

SCHEMA = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}


def operator_crds() -> str:
    """Return the CRDs of the kinds that the program declares objects of, for kubectl's input."""
    items = []
    for kind in BUILDERS:
        name = crd_name(kind)
        spec = {
            "group": API_GROUP,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": name.partition(".")[0], "singular": kind.lower()},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": SCHEMA}],
        }
        crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec}
        items.append({**crd, "metadata": {"name": name}})
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def operator_crd_names() -> list[str]:
    """Return the names of the CRDs, with their kind."""
    return [f"crd/{crd_name(kind)}" for kind in BUILDERS]
