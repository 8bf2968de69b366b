"""Folders of the local tenancy. Everything it makes is below one git-ignored folder."""

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LOCAL = PROJECT / "local"


@dataclass(frozen=True)
class State:
    """The state folder. Each part of the tenancy has its own subfolder."""

    root: Path = PROJECT / ".state"

    @property
    def bin(self) -> Path:
        """The Go tools: builds, or links to programs on PATH of the pinned version."""
        return self.root / "bin"

    @property
    def logs(self) -> Path:
        """One log file for each step and each supervised process."""
        return self.root / "logs"

    @property
    def stamps(self) -> Path:
        """For each finished step the digest of its inputs."""
        return self.root / "stamps"

    @property
    def pki(self) -> Path:
        """The local certificate authority, its keys and the certificates it signed."""
        return self.root / "pki"

    @property
    def supervisor(self) -> Path:
        """supervisord's configuration, socket and process id."""
        return self.root / "supervisor"

    @property
    def node(self) -> Path:
        """The cluster: configuration, etcd, containerd, kubelet."""
        return self.root / "node"

    @property
    def kubeconfig(self) -> Path:
        """The cluster administrator's kubeconfig."""
        return self.node / "admin.kubeconfig"

    @property
    def containerd_blobs(self) -> Path:
        """containerd's files with the manifests, configurations and layers of images, named by their SHA-256."""
        return self.node / "containerd" / "io.containerd.content.v1.content" / "blobs" / "sha256"

    @property
    def volumes(self) -> Path:
        """Users' home volumes and the hub's database, one folder for each claim."""
        return self.root / "volumes"

    @property
    def directory(self) -> Path:
        """The 389 Directory Server's configuration and database."""
        return self.root / "directory"

    @property
    def object_store(self) -> Path:
        """The objects, accounts and settings of the S3 server with the tenancy's backups."""
        return self.root / "object-store"

    @property
    def images(self) -> Path:
        """The storage of the image builds and the layout with the built images."""
        return self.root / "images"

    @property
    def engine(self) -> Path:
        """Pulumi's home, its file backend and the engine's workspace."""
        return self.root / "engine"

    @property
    def credentials(self) -> Path:
        """Passwords of the demo users, of the directory's other accounts and of the object store; mode 600."""
        return self.root / "credentials.json"
