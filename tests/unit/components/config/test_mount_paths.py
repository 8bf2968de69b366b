import pytest

from components.config.mount_paths import overlaps, parse_mount_path


@pytest.mark.parametrize("path", ["/shared/ocean", "/data", "/mnt/a-b/c_d.e", "/home/shared", "/libraries", "/user"])
def test_a_path_of_its_own_is_accepted(path: str) -> None:
    assert parse_mount_path(path) == path


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("shared", "is not an absolute path"),
        ("/a b", "is not an absolute path"),
        ("/{username}", "is not an absolute path"),
        ("/a:/b", "is not an absolute path"),
        ("/a/", "is not normalised; write /a"),
        ("/a//./b", "is not normalised; write /a/b"),
        ("/shared/../etc", "contains ..;"),
        ("/", "would hide files of the system in /;"),
        ("//", "would hide files of the system in /;"),
        ("/home", "would hide, the users' home /home/jovyan"),
        ("/home/jovyan", "would hide, the users' home /home/jovyan"),
        ("/home/jovyan/shared", "would hide, the users' home /home/jovyan"),
        ("/usr/share/ocean", "would hide files of the system in /usr;"),
        ("/lib64", "would hide files of the system in /lib64;"),
        ("/opt/conda", "would hide files of the system in /opt;"),
        *((folder, f"would hide files of the system in {folder};") for folder in ("/bin", "/etc", "/proc", "/tmp")),
    ],
)
def test_a_path_over_other_files_is_refused(path: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        parse_mount_path(path)


def test_paths_overlap_only_at_whole_names() -> None:
    assert overlaps("/a", "/a/b")
    assert overlaps("/a/b", "/a")
    assert not overlaps("/a", "/ab")
