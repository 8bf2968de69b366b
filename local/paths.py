"""Where the local tenancy keeps things: everything it makes lies below one git-ignored folder."""

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LOCAL = PROJECT / "local"


@dataclass(frozen=True)
class State:
    """The state folder. Each part of the tenancy owns one sub-folder and no other."""

    root: Path = PROJECT / ".state"

    @property
    def bin(self) -> Path:
        """The Go tools, built here or linked to a PATH tool of the pinned version."""
        return self.root / "bin"

    @property
    def logs(self) -> Path:
        """One log file a step and one a supervised process."""
        return self.root / "logs"

    @property
    def stamps(self) -> Path:
        """For each finished step the digest of what it was made from."""
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
        """The Kubernetes node: configuration, etcd, containerd, kubelet."""
        return self.root / "node"

    @property
    def kubeconfig(self) -> Path:
        """The cluster administrator's kubeconfig."""
        return self.node / "admin.kubeconfig"

    @property
    def volumes(self) -> Path:
        """Users' home volumes and the hub's database, one folder a claim."""
        return self.root / "volumes"

    @property
    def directory(self) -> Path:
        """The 389 Directory Server's configuration and database."""
        return self.root / "directory"

    @property
    def images(self) -> Path:
        """Container storage of the image builds and the archives they made."""
        return self.root / "images"

    @property
    def engine(self) -> Path:
        """Pulumi's home, its file backend and the workspace the engine runs in."""
        return self.root / "engine"

    @property
    def credentials(self) -> Path:
        """Passwords of the demo users, of the delegated account and of the stack; mode 600."""
        return self.root / "credentials.json"
