"""The same cluster reached in another way: at another address, or from another machine."""

import shutil
import tempfile
from pathlib import Path

from pulumi.automation import OpType

from tests.engine.faults.targets import CLUSTER, FaultTarget
from tests.support.kubeconfigs import change_cluster, other_authorities, other_server
from tests.support.operator_machine import stack_on_machine


def another_address(target: FaultTarget) -> str:
    """Change the server's name or the authorities in the kubeconfig, which is a file or in the stack file."""
    stack, before = target.stack, target.user_data()
    kind, place = target.random.choice(("server", "authorities")), target.random.choice(("variable", "stack file"))
    protect = target.random.choice((True, False))
    entry = other_server(target.api_server)
    if kind == "authorities":
        entry = other_authorities(target.api_server, target.directory.ca_file)
    folder = Path(tempfile.mkdtemp(dir=stack.folder))
    changed = change_cluster(target.api_server.kubeconfig, folder / "changed", **entry)
    try:
        if place == "stack file":
            stack.encrypt_kubeconfig(target.api_server.kubeconfig.read_text())
        stack.write(protect=protect)
        stack.up()  # changes the release, because some of its values depend on the protection
        objects = target.kept_objects()
        if place == "stack file":
            stack.encrypt_kubeconfig(changed.read_text())
            stack.write(protect=protect)
            stack.kubeconfig = folder / "none"
        else:
            stack.kubeconfig = changed
        assert set(stack.preview().values()) <= {OpType.UPDATE}
        stack.up()
        assert stack.preview() == {}
        assert target.kept_objects() == objects
    finally:
        stack._settings.pop("kubernetes", None)
        stack.write()
        stack.kubeconfig = target.api_server.kubeconfig
        shutil.rmtree(folder)
    stack.up()
    assert stack.preview() == {}
    assert target.user_data() == before
    return f"{kind} in the {place}: at most updated in place"


def another_machine(target: FaultTarget) -> str:
    """Operate the stack from a machine with another home and checkout, and its kubeconfig in the home."""
    before, objects = target.user_data(), target.kept_objects()
    operation = target.random.choice(("up", "refresh", "destroy"))
    folder = Path(tempfile.mkdtemp(dir=target.stack.folder))
    other = stack_on_machine(folder, target.tools, target.directory, target.api_server, of=target.stack)
    try:
        assert other.preview() == {}
        getattr(other, operation)()
        if operation != "destroy":
            assert other.preview() == {}
            assert target.kept_objects() == objects
            assert str(folder) not in other.exported_text()
        assert target.user_data() == before
    finally:
        shutil.rmtree(folder)
    target.stack.up()
    assert target.stack.preview() == {}
    assert target.user_data() == before
    assert target.release_status() == "deployed"
    assert target.api_server.exists("ingress", "pangeo", "--namespace", CLUSTER)
    return f"{operation} from there"
