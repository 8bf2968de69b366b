"""A real registry of images that requires a log-in: the CNCF Distribution registry, with a password file.

It is on a loopback address of the node, with which containerd speaks plain HTTP, so that the node needs no certificate.
"""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from components.config.image import Image
from components.config.registries import split_registry
from local.images.layout import blob, digests, read_index
from tests.support.ports import free_ports
from tests.support.tools import link_tools
from tests.support.waiting import wait_for_server

ADDRESS = "127.0.0.1"
TIMEOUT_SECONDS = 300.0
CREATED, UNAUTHORIZED = 201, 401

LAYERS = "layers"
"""The repository that has the layers of all images from the beginning."""

_REQUEST = re.compile(r'"(GET|HEAD) /v2/(\S+)/(manifests|blobs)/(\S+) HTTP/[\d.]+" (\d+) .*"(containerd/[^"]*)"')
"""A request of a node in the registry's access log."""


@dataclass(frozen=True)
class Pull:
    """A request of the node for a part of an image."""

    method: str
    repository: str
    kind: str
    """``manifests`` or ``blobs``."""
    reference: str
    """Tag or digest."""
    status: int


@dataclass
class ImageRegistry:
    """A running registry."""

    port: int
    log: Path
    user: str
    password: str = field(repr=False)
    layout: Path
    """The OCI image layout with the layers."""

    @property
    def name(self) -> str:
        """The registry in names of images."""
        return f"{ADDRESS}:{self.port}"

    def push(self, digest: str, image: Image) -> None:
        """Push an image of the layout under another name, as a new image with the same layers.

        Its configuration and manifest are in no other store, so that a node has to fetch them from here.

        Args:
            digest: the image's manifest in the layout.
            image: the name in this registry.
        """
        registry, repository = split_registry(image.name)
        assert registry == self.name
        manifest = json.loads(blob(self.layout, digest).read_text())
        config = json.loads(blob(self.layout, manifest["config"]["digest"]).read_text())
        config.setdefault("config", {}).setdefault("Labels", {})["pushed-as"] = str(image)
        content = json.dumps(config).encode()
        manifest["config"] |= {"digest": f"sha256:{hashlib.sha256(content).hexdigest()}", "size": len(content)}
        uploads = f"http://{self.name}/v2/{repository}/blobs/uploads/"
        with self._session() as session:
            for layer in manifest["layers"]:
                shared = {"mount": layer["digest"], "from": LAYERS}
                mounted = session.post(uploads, params=shared, timeout=TIMEOUT_SECONDS)
                assert mounted.status_code == CREATED, mounted.text
            started = session.post(uploads, timeout=TIMEOUT_SECONDS)
            upload = urljoin(uploads, started.headers["Location"])
            digest = manifest["config"]["digest"]
            uploaded = session.put(upload, content, params={"digest": digest}, timeout=TIMEOUT_SECONDS)
            assert uploaded.status_code == CREATED, uploaded.text
            url = f"http://{self.name}/v2/{repository}/manifests/{image.tag}"
            media_type = {"Content-Type": manifest["mediaType"]}
            pushed = session.put(url, json.dumps(manifest), headers=media_type, timeout=TIMEOUT_SECONDS)
        assert pushed.status_code == CREATED, pushed.text

    def pulls(self) -> list[Pull]:
        """Return the node's requests so far."""
        found = _REQUEST.findall(self.log.read_text())
        return [Pull(method, name, kind, part, int(status)) for method, name, kind, part, status, _ in found]

    def _session(self) -> requests.Session:
        session = requests.Session()
        # Otherwise proxy variables and .netrc would take precedence.
        session.trust_env = False
        session.auth = (self.user, self.password)
        return session


@contextmanager
def running_image_registry(folder: Path, layout: Path) -> Iterator[ImageRegistry]:
    """Run a registry during the block.

    Args:
        folder: a new folder for the registry's files.
        layout: an OCI image layout with the layers of the images to push.
    """
    folder.mkdir()
    _link_layers(folder / "store", layout)
    program = link_tools(folder / "bin", ["registry"]) / "registry"
    config, log, [port] = folder / "config.json", folder / "log", free_ports(1)
    config.write_text(json.dumps(_configuration(folder, port)))
    # The program would send traces elsewhere by default.
    environment = {"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"}
    with log.open("wb") as out:
        server = subprocess.Popen([program, "serve", str(config)], stdout=out, stderr=out, env=environment)
    try:
        wait_for_server(server, lambda: _refuses_strangers(port), log.read_text)
        user, password = _log_in(log)
        yield ImageRegistry(port, log, user, password, layout)
    finally:
        server.kill()
        server.wait()


def _link_layers(store: Path, layout: Path) -> None:
    """Fill the registry's store with links to the layout's layers, because an upload would copy a gigabyte.

    The paths are those of ``registry/storage/paths.go`` in github.com/distribution/distribution.
    """
    root = store / "docker" / "registry" / "v2"
    for digest in digests(read_index(layout)).values():
        for layer in json.loads(blob(layout, digest).read_text())["layers"]:
            name = str(layer["digest"])
            content = root / "blobs" / "sha256" / name.removeprefix("sha256:")[:2] / name.removeprefix("sha256:")
            if not content.exists():
                content.mkdir(parents=True)
                (content / "data").symlink_to(blob(layout, name).absolute())
                link = root / "repositories" / LAYERS / "_layers" / name.replace(":", "/")
                link.mkdir(parents=True)
                (link / "link").write_text(name)


def _configuration(folder: Path, port: int) -> dict[str, Any]:
    return {
        "version": 0.1,
        "log": {"formatter": "json"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "store")}},
        "http": {"addr": f"{ADDRESS}:{port}", "relativeurls": True},
        "auth": {"htpasswd": {"realm": "test", "path": str(folder / "passwords")}},
    }


def _log_in(log: Path) -> tuple[str, str]:
    """Return the user and the password that the registry writes to its log when it makes a new password file."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    [made] = [line for line in lines if "password" in line]
    return made["user"], made["password"]


def _refuses_strangers(port: int) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(f"http://{ADDRESS}:{port}/v2/", timeout=TIMEOUT_SECONDS).status_code == UNAUTHORIZED
        except (requests.ConnectionError, requests.Timeout):
            return False
