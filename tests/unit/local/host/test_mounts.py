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


def test_most_recent_mount_comes_first() -> None:
    assert mounted_below(MOUNTINFO, [Path("/s/node"), Path("/run/x")]) == [
        Path("/run/x/netns/cni-1"),
        Path("/s/node/kubelet/pods/1/volumes/token"),
        Path("/s/node/kubelet"),
    ]


def test_folder_with_the_same_prefix_is_ignored() -> None:
    assert mounted_below(MOUNTINFO, [Path("/s/nod")]) == []


def test_escaped_space_is_decoded() -> None:
    assert mounted_below(MOUNTINFO, [Path("/s/node two")]) == [Path("/s/node two/x")]
