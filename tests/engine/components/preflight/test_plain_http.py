"""The log-in form is never served over plain HTTP, whatever the ingress class is called, by a real Traefik."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from pulumi.automation import OpType

from components.config.controllers import INGRESS_NGINX, TRAEFIK
from components.resources.ingress import hub_ingress
from tests.support.api_server import ApiServer, throw_away_api_server
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancies import domain_of, tenancy
from tests.support.tenancy_stack import CONTRACT, TenancyStack
from tests.support.traefik import Web, running_traefik

pytestmark = [
    pytest.mark.engine,
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
]

F5 = "nginx.org/ingress-controller"
FORM = b'<form action="/hub/login" method="post"><input type="password" name="password"></form>'
MIDDLEWARE = "kubernetes:traefik.io/v1alpha1:Middleware"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
TYPES_WITH_THE_FILE_AS_WRITTEN = {"pangeo:caas:PangeoCluster", "pulumi:providers:pulumi-python"}
NUMBERS = count(1)


@pytest.fixture(scope="module")
def api_server(tools: Path) -> Iterator[ApiServer]:
    """A cluster of this module's own, since a default class concerns all its Ingresses."""
    with throw_away_api_server(tools) as server:
        server.create_ingress_class("public", TRAEFIK)
        yield server


@pytest.fixture(scope="module")
def web(api_server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_traefik(api_server, tmp_path_factory.mktemp("traefik") / "log") as web:
        yield web


@pytest.fixture(scope="module")
def log_in_page() -> Iterator[int]:
    """A program that answers every request with a log-in form; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(FORM)))
            self.end_headers()
            self.wfile.write(FORM)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


class Stack(TenancyStack):
    """A stack of this cluster with an address, and so a domain, of its own."""

    def __init__(self, folder: Path, tools: Path, directory: ThrowAwayDirectory, kubeconfig: Path) -> None:
        number = next(NUMBERS)
        self.namespace, self.domain = f"plain-{number}", domain_of(f"192.0.2.{100 + number}")
        own: dict[str, Any] = {"clusterName": self.namespace, "externalIp": f"192.0.2.{100 + number}", "protect": False}
        super().__init__(folder, tools, directory, kubeconfig, **own)

    def served_by(self, **ingress: Any) -> None:
        """Write the section ``ingress``."""
        self.write(ingress=ingress or None)


@pytest.fixture
def stack(tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer) -> Stack:
    return Stack(tmp_path, tools, directory, api_server.kubeconfig)


@pytest.fixture
def everyones(api_server: ApiServer) -> Iterator[str]:
    """A default class with a name that says nothing."""
    api_server.create_ingress_class("everyones", TRAEFIK, is_default=True)
    yield "everyones"
    api_server.kubectl("delete", "ingressclass", "everyones")


def create_proxy(api_server: ApiServer, namespace: str, port: int) -> None:
    """Create the Service of the hub's proxy, which leads to the log-in page."""
    spec = {"type": "ExternalName", "externalName": "127.0.0.1", "ports": [{"name": "http", "port": port}]}
    metadata = {"name": "proxy-public", "namespace": namespace}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    api_server.kubectl("apply", "--filename", "-", stdin=json.dumps(service))


def shows_form(answer: requests.Response) -> bool:
    return answer.status_code == requests.codes.ok and answer.content == FORM


def assert_only_redirects(web: Web, domain: str) -> None:
    """Check that TLS leads to the form, and plain HTTP only to TLS."""
    web.wait_for(f"{web.https}/hub/login", domain, shows_form)
    answer = web.wait_for(f"{web.http}/hub/login", domain, 301)
    assert answer.headers["Location"] == f"https://{domain}/hub/login"
    assert b"form" not in answer.content


def test_without_entry_points_traefik_serves_the_form_in_plain_text(
    api_server: ApiServer, web: Web, log_in_page: int
) -> None:
    """The danger: the Ingress that versions before 0.4 declared for a class without "traefik" in its name."""
    old = tenancy(clusterName="old", ingress={"className": "public"})
    manifest = hub_ingress(old)
    manifest["metadata"]["annotations"] = {}
    api_server.kubectl("create", "namespace", "old")
    create_proxy(api_server, "old", log_in_page)
    api_server.kubectl("apply", "--filename", "-", stdin=json.dumps(manifest))
    web.wait_for(f"{web.http}/hub/login", old.domain, shows_form)


def test_class_with_another_name_redirects(stack: Stack, api_server: ApiServer, web: Web, log_in_page: int) -> None:
    stack.served_by(className="public")
    stack.up()
    create_proxy(api_server, stack.namespace, log_in_page)

    assert_only_redirects(web, stack.domain)
    facts = {"className": "public", "defaultClass": "", "controller": TRAEFIK, "source": "cluster"}
    assert stack.contract()["ingress"] == facts
    assert stack.preview() == {}


def test_default_class_redirects(
    stack: Stack, everyones: str, api_server: ApiServer, web: Web, log_in_page: int
) -> None:
    stack.served_by()
    stack.up()
    create_proxy(api_server, stack.namespace, log_in_page)

    assert_only_redirects(web, stack.domain)
    assert stack.contract()["ingress"]["defaultClass"] == everyones
    assert stack.preview() == {}
    api_server.create_ingress_class("second", TRAEFIK, is_default=True)
    try:
        assert "the hub's Ingress in the cluster has everyones" in stack.refused("preview")
    finally:
        api_server.kubectl("delete", "ingressclass", "second")


@pytest.mark.parametrize(
    ("name", "controller", "message"),
    [
        ("traefik-nginx", F5, f"the controller {F5} of the class traefik-nginx cannot be configured"),
        ("missing-traefik", None, "is not an ingress class of the cluster; write one of: nginx, public, traefik"),
        (None, None, "is required: the cluster has no default ingress class"),
    ],
)
def test_controller_that_is_not_known_is_refused_before_anything_changes(
    stack: Stack, api_server: ApiServer, name: str | None, controller: str | None, message: str
) -> None:
    if name and controller:
        api_server.create_ingress_class(name, controller)
    stack.served_by(**({"className": name} if name else {}))
    try:
        for operation in ("preview", "up"):
            refusal = stack.refused(operation)
            assert message in refusal
            assert "pangeo:ingress.className" in refusal
            assert "Traceback" not in refusal
        assert not api_server.exists("namespace", stack.namespace)
        if controller:
            stack.served_by(className=name, redirectedBy="controller")
            assert stack.preview()[INGRESS] == OpType.CREATE
    finally:
        if controller:
            api_server.kubectl("delete", "ingressclass", str(name))


def test_class_that_is_given_to_another_controller_exposes_nothing_and_is_shown(
    stack: Stack, api_server: ApiServer, web: Web, log_in_page: int
) -> None:
    api_server.create_ingress_class("changing", INGRESS_NGINX)
    stack.served_by(className="changing")
    stack.up()
    create_proxy(api_server, stack.namespace, log_in_page)
    try:
        api_server.create_ingress_class("changing", TRAEFIK)
        web.wait_for(f"{web.https}/hub/login", stack.domain, shows_form)
        assert web.get(f"{web.http}/hub/login", stack.domain).status_code == requests.codes.not_found
        assert stack.preview() == {CONTRACT: OpType.UPDATE, MIDDLEWARE: OpType.CREATE, INGRESS: OpType.CREATE}
        stack.up()
        assert_only_redirects(web, stack.domain)

        stack.environment["PANGEO_CLUSTER_CHECK"] = "warn"
        with api_server.stopped():
            assert "pangeo:ingress.controller  (missing)" in stack.refused("preview")
            stack.served_by(className="changing", controller=TRAEFIK)
            assert set(stack.preview()) == TYPES_WITH_THE_FILE_AS_WRITTEN, "no difference that is not real"
        stack.environment = {}
        api_server.create_ingress_class("changing", F5)
        assert f"is not the controller of the cluster's ingress class changing; write {F5}" in stack.refused("up")
    finally:
        api_server.kubectl("delete", "ingressclass", "changing")
