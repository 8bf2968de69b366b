"""Archives of a gateway chart with test CRDs, in the format of ``helm package``."""

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DASK = "daskclusters.gateway.dask.org"
TRAEFIK = "ingressroutes.traefik.io"


def crd(name: str, properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a CustomResourceDefinition as it is in a chart."""
    plural, _, group = name.partition(".")
    kind = plural.removesuffix("s").capitalize()
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    spec = {"type": "object", "description": "What is wanted.", "properties": dict(properties or {})}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name, "creationTimestamp": None},
        "spec": {
            "group": group,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": plural.removesuffix("s")},
            "scope": "Namespaced",
            "versions": [
                {
                    "name": "v1alpha1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {**schema, "properties": {"spec": spec}}},
                }
            ],
        },
    }


def put_gateway(chart: Path, version: str, crds: list[dict[str, Any]]) -> None:
    """Let ``chart`` depend on a gateway chart of this version with these CRDs."""
    entry = {"name": "dask-gateway", "version": version, "repository": "https://charts.example.org"}
    (chart / "Chart.lock").write_text(json.dumps({"dependencies": [entry]}))
    (chart / "charts").mkdir(exist_ok=True)
    for old in (chart / "charts").glob("dask-gateway-*.tgz"):
        old.unlink()
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: dask-gateway\nversion: {version}\n",
        "crds/all.yaml": "# Generated.\n---\n" + "\n---\n".join(json.dumps(each) for each in crds),
    }
    with tarfile.open(chart / f"charts/dask-gateway-{version}.tgz", "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"dask-gateway/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
