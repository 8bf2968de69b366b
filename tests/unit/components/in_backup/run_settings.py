"""Settings of a run of the backup, and what restic reports of one backup."""

import json

from components.in_backup.repository import Repository
from components.in_backup.settings import Settings

SETTINGS = Settings(
    namespace="vis",
    repository=Repository("s3:https://s3.example.org/backups/vis", "us-east-1", "vis", "pangeo-backup"),
    keep={"daily": 1},
    concurrency=1,
    ram_gb=0.5,
    limit_seconds=60,
    priority_class="vis-backup",
)
SUMMARY = json.dumps({"message_type": "summary", "snapshot_id": "f00", "total_bytes_processed": 5, "data_added": 3})
