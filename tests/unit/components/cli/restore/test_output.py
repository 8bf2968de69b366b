"""The messages about failed steps, and the progress of a running one."""

import pytest

from components.cli.restore.output import Output, failure, progress_text
from components.in_backup.repository import Repository

URL = "https://s3.example.org/backups/vis"
REPOSITORY = Repository(f"s3:{URL}", "us-east-1", "vis", "pangeo-backup")
NOTHING = "nothing that was there has changed; run the command again"


def _message(text: str, reason: str = "") -> str:
    return str(failure(Output.read(text), "the home of alice", REPOSITORY, reason, "node-1"))


def test_failures_of_the_volume_have_their_fix() -> None:
    assert _message("@failed no-path") == (
        "the backup of the home of alice does not contain this path; the names of files are case-sensitive"
    )
    assert _message(f"@failed no-space {3 << 30} {1 << 30}") == (
        "the home of alice needs 3.00 GB, and 1.00 GB are free in the volume; restore a part with --path, delete "
        "files, or let the home grow (pangeo:notebookStorageGb)"
    )
    assert _message("mv: cannot move: No space left\n@failed unplaced replaced-1") == (
        "not all files of the home of alice could be put in place; replaced files are in replaced-1. Run the command "
        "again: mv: cannot move: No space left"
    )
    assert _message("@failed unfinished") == (
        f"the fetched files of the home of alice are gone; another restore has removed them; {NOTHING}"
    )
    assert _message("@failed no-database") == (
        "the backup of the home of alice contains no database of SQLite; restore an older one with --before"
    )
    assert _message("mkdir: Read-only file system\n@failed volume") == (
        f"the volume of the home of alice cannot be written; {NOTHING}: mkdir: Read-only file system"
    )


@pytest.mark.parametrize(
    ("printed", "cause"),
    [
        (
            "Fatal: wrong password or no key found",
            f"the repository {URL} has another password; write it into the key repository-password of the Secret "
            "pangeo-backup, or set another pangeo:backup.prefix",
        ),
        (
            "unable to create lock in backend: repository is already locked exclusively by PID 7",
            "the repository is in use, for example by a backup run; try again when it has ended",
        ),
        (
            "Fatal: unable to open config file: Stat: The specified key does not exist.\nIs there a repository at the "
            "following location?",
            f"there is no repository at {URL}; check pangeo:backup.prefix, and run: python -m components backup run",
        ),
        (
            "RequestTimeTooSkewed",
            "the clock of the node node-1 differs from the store's by more than 15 minutes; set the clock of both by "
            "NTP",
        ),
        ("something \x1b[31melse", "restic failed: something \\x1b[31melse"),
    ],
)
def test_errors_of_restic_are_explained(printed: str, cause: str) -> None:
    assert _message(f"{printed}\n@failed restic") == f"the home of alice: {cause}; {NOTHING}"


def test_ended_pod_has_the_reason_of_kubernetes() -> None:
    assert _message("", "OOMKilled") == f"the pod for the home of alice was ended (OOMKilled); {NOTHING}"


def test_progress_is_bytes_of_all_bytes() -> None:
    assert progress_text(Output.read("")) is None
    assert progress_text(Output.read(f"@needs 7 {2 << 30} {9 << 30}")) == "0.00 of 2.00 GB"
    assert progress_text(Output.read(f"@needs 7 {2 << 30} 9\n@progress 5\n@progress {1 << 30}")) == "1.00 of 2.00 GB"


def test_lines_of_files_are_not_mistaken_for_others() -> None:
    output = Output.read("@replaces counts 1\n@counts 3 1 0\nfailed\n@replacesnot")
    assert output.values("replaces") == ["counts 1"]
    assert output.counts() == (3, 1, 0)
    assert output.last("failed") is None
