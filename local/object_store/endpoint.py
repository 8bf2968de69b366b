"""Address and names of the S3 server, its bucket and its accounts."""

from dataclasses import dataclass

from local.tenancy.addresses import NODE_ADDRESS, OBJECT_STORE_NAME

REGION = "local"
BUCKET = "backups"

ROOT = "root"
"""The server's administrator, who owns no bucket."""

BACKUP = "backup"
"""The account that owns the bucket; its name is its access key ID."""

REPOSITORY = "repository"
"""The account under which the password of the tenancy's restic repository is stored; the server does not know it."""

ACCOUNTS = (ROOT, BACKUP, REPOSITORY)
"""The accounts with a stored password."""

SECTION = "object-store"
"""The section of the file of passwords."""


@dataclass(frozen=True)
class Endpoint:
    """The address and the port on which the server listens, and the name in its certificate."""

    address: str
    port: int
    name: str

    @property
    def url(self) -> str:
        """The server's URL."""
        return f"https://{self.name}:{self.port}"


TENANCY = Endpoint(str(NODE_ADDRESS), 7070, OBJECT_STORE_NAME)
"""The tenancy's server: on the pod bridge, which pods and this machine can reach."""
