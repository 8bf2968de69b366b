"""A policy pack forked from a warm process is the one that the engine would start."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policies.rules import RULES
from previews import policy_pack
from previews.warm import nursery_running

WAIT_SECONDS = 15.0
PACK = {policy_pack.LAUNCHER: policy_pack.runs(Path("policies"))}


@contextmanager
def started(launchers: Path, cwd: Path) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The pack as the engine starts an executable one."""
    pack = subprocess.Popen(
        [launchers / policy_pack.LAUNCHER, "127.0.0.1:1"], cwd=cwd, stdout=subprocess.PIPE, text=True
    )
    try:
        assert pack.stdout is not None
        yield analyzer_pb2_grpc.AnalyzerStub(grpc.insecure_channel(f"127.0.0.1:{int(pack.stdout.readline())}"))
    finally:
        pack.kill()
        pack.wait(WAIT_SECONDS)


def configured(pack: analyzer_pb2_grpc.AnalyzerStub, stack: str) -> None:
    asked = analyzer_pb2.AnalyzerStackConfigureRequest(
        stack=stack, project="pangeo", organization="organization", dry_run=True, config={"pangeo:clusterName": stack}
    )
    pack.ConfigureStack(asked, timeout=WAIT_SECONDS)


def test_it_has_the_projects_rules_and_each_fork_knows_its_own_stack(tmp_path: Path) -> None:
    with nursery_running(PACK, policy_pack.IMPORTED) as launchers:
        for stack in ("one", "other"):
            with started(launchers, tmp_path) as pack:
                configured(pack, stack)
                info = pack.GetAnalyzerInfo(Empty(), timeout=WAIT_SECONDS)
                answer = pack.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(), timeout=WAIT_SECONDS)

            [said] = [each.message for each in answer.diagnostics if each.policyName == "unique-names"]
            assert f"cannot be compared: {stack}: 5 problems" in said
            assert info.name == "pangeo-tenancy"
            assert {policy.name for policy in info.policies} == {rule.id for rule in RULES}


def test_what_the_engine_asks_before_it_tells_the_stack_is_not_known_yet(tmp_path: Path) -> None:
    with nursery_running(PACK) as launchers, started(launchers, tmp_path) as pack:
        with pytest.raises(grpc.RpcError) as refused:
            pack.Handshake(analyzer_pb2.AnalyzerHandshakeRequest(), timeout=WAIT_SECONDS)
        assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
        configured(pack, "late")
        assert pack.GetAnalyzerInfo(Empty(), timeout=WAIT_SECONDS).name == "pangeo-tenancy"
