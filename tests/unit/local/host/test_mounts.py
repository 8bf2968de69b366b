from pathlib import Path

from local.host.mounts import mounted_below

MOUNTINFO = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
90 22 254:0 /s/node/kubelet /s/node/kubelet rw shared:1 - ext4 /dev/vda rw
91 90 0:50 / /s/node/kubelet/pods/1/volumes/token rw - tmpfs tmpfs rw
92 22 0:51 / /s/node\\040two/x rw - tmpfs tmpfs rw
93 22 0:4 net:[1] /run/x/netns/cni-1 rw - nsfs nsfs rw
94 22 0:52 / /s/nodes rw - tmpfs tmpfs rw
"""


def test_what_was_mounted_last_is_unmounted_first() -> None:
    assert mounted_below(MOUNTINFO, [Path("/s/node"), Path("/run/x")]) == [
        Path("/run/x/netns/cni-1"),
        Path("/s/node/kubelet/pods/1/volumes/token"),
        Path("/s/node/kubelet"),
    ]


def test_a_folder_whose_name_only_begins_alike_is_left_alone() -> None:
    assert mounted_below(MOUNTINFO, [Path("/s/nod")]) == []


def test_a_space_in_a_path_is_understood() -> None:
    assert mounted_below(MOUNTINFO, [Path("/s/node two")]) == [Path("/s/node two/x")]
