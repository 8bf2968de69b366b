"""The controller that serves the hub, found by the cluster's ingress classes and never by a class's name."""

from typing import Any

import pytest

from components.config.controllers import INGRESS_NGINX, ONLY_HTTPS, TRAEFIK
from components.config.ingress import Ingress
from components.config.problems import InvalidTenancy
from components.preflight.ingress import (
    IngressClass,
    ServingController,
    assume_controller,
    find_controller,
    require_middlewares,
)

F5 = "nginx.org/ingress-controller"
SOURCE = "stacks/Pulumi.vis.yaml"


def a_class(name: str, controller: str = TRAEFIK, *, is_default: bool = False) -> IngressClass:
    return IngressClass(name, controller, is_default)


def deployed(class_name: str | None = None, annotations: dict[str, str] | None = None) -> dict[str, Any]:
    metadata = {"name": "pangeo", "namespace": "vis", "annotations": ONLY_HTTPS if annotations is None else annotations}
    return {"metadata": metadata, "spec": {"ingressClassName": class_name} if class_name else {}}


def find(classes: list[IngressClass], live: dict[str, Any] | None = None, **ingress: Any) -> ServingController:
    return find_controller(Ingress.model_validate(ingress), classes, live, source=SOURCE)


def refused(classes: list[IngressClass], live: dict[str, Any] | None = None, **ingress: Any) -> tuple[str, str, str]:
    with pytest.raises(InvalidTenancy) as caught:
        find(classes, live, **ingress)
    (problem,) = caught.value.problems
    return problem.key, problem.value, problem.message


@pytest.mark.parametrize("name", ["public", "nginx", "traefik"])
@pytest.mark.parametrize("controller", [TRAEFIK, INGRESS_NGINX])
def test_the_controller_is_that_of_the_named_class(name: str, controller: str) -> None:
    others = [a_class("other", F5, is_default=True)]
    found = find([*others, a_class(name, controller)], className=name)
    assert (found.controller, found.default_class, found.warnings) == (controller, "", ())


def test_without_a_name_the_default_class_serves() -> None:
    found = find([a_class("other", F5), a_class("public", is_default=True)])
    assert (found.controller, found.default_class) == (TRAEFIK, "public")


@pytest.mark.parametrize("name", ["traefik", "nginx", "my-nginx-traefik"])
def test_a_name_is_no_proof_of_the_controller(name: str) -> None:
    key, value, message = refused([a_class(name, F5)], className=name)
    assert (key, value) == ("pangeo:ingress.className", name)
    assert f"the controller {F5} of the class {name} cannot be configured" in message
    assert "write ingress.redirectedBy: controller" in message


def test_an_unknown_controller_is_accepted_with_the_statement() -> None:
    found = find([a_class("public", F5)], className="public", redirectedBy="controller")
    assert (found.controller, found.warnings) == (F5, ())


@pytest.mark.parametrize(
    ("classes", "ingress", "part"),
    [
        ([a_class("public")], {"className": "traefik"}, "is not an ingress class of the cluster; write one of: public"),
        ([], {"className": "traefik"}, "is not an ingress class of the cluster; create it"),
        ([a_class("public")], {}, "the cluster has no default ingress class; write one of: public"),
        ([], {}, "the cluster has no default ingress class"),
        (
            [a_class("a", is_default=True), a_class("b", INGRESS_NGINX, is_default=True)],
            {},
            "several default ingress classes (a, b); write one of: a, b",
        ),
    ],
)
def test_an_unclear_class_is_refused(classes: list[IngressClass], ingress: dict[str, Any], part: str) -> None:
    key, _, message = refused(classes, **ingress)
    assert key == "pangeo:ingress.className"
    assert part in message


def test_an_unclear_class_is_a_warning_with_the_statement() -> None:
    (warning,) = find([a_class("public")], className="traefik", redirectedBy="controller").warnings
    assert "is not an ingress class of the cluster" in warning


def test_a_stated_controller_is_compared_with_the_clusters() -> None:
    classes = [a_class("public")]
    assert find(classes, className="public", controller=TRAEFIK).controller == TRAEFIK
    key, value, message = refused(classes, className="public", controller=INGRESS_NGINX)
    assert (key, value) == ("pangeo:ingress.controller", INGRESS_NGINX)
    assert f"write {TRAEFIK} or remove the key" in message
    assert refused([], className="public", controller=F5, redirectedBy="controller")[0] == "pangeo:ingress.controller"


def test_a_deployed_ingress_keeps_its_class_when_the_default_changes() -> None:
    classes = [a_class("old", INGRESS_NGINX), a_class("new", is_default=True)]
    assert "has old and does not follow" in refused(classes, deployed("old"))[2]
    assert "has no class" in refused(classes, deployed())[2]
    assert find(classes, deployed("new")).controller == TRAEFIK
    assert find(classes, deployed("old"), className="old").controller == INGRESS_NGINX


@pytest.mark.parametrize(
    ("annotations", "controller", "warned"),
    [
        ({}, TRAEFIK, True),
        ({}, INGRESS_NGINX, True),
        ({"traefik.ingress.kubernetes.io/router.entrypoints": "web,websecure"}, TRAEFIK, True),
        ({"traefik.ingress.kubernetes.io/router.entrypoints": "websecure"}, TRAEFIK, False),
        ({"nginx.ingress.kubernetes.io/ssl-redirect": "true"}, INGRESS_NGINX, True),
        ({"nginx.ingress.kubernetes.io/force-ssl-redirect": "true"}, INGRESS_NGINX, False),
        ({"nginx.ingress.kubernetes.io/force-ssl-redirect": "true"}, TRAEFIK, True),
    ],
)
def test_a_log_in_page_that_was_served_in_plain_text_is_reported(
    annotations: dict[str, str], controller: str, warned: bool
) -> None:
    found = find([a_class("public", controller)], deployed("public", annotations), className="public")
    assert ["served over plain HTTP" in each for each in found.warnings] == ([True] if warned else [])


class Cluster:
    """A cluster that gives the same answer to every request."""

    server = "https://10.0.0.1:6443"

    def __init__(self, status: int) -> None:
        self.status = status

    def get(self, path: str, accept: str = "application/json") -> dict[str, Any]:
        raise AssertionError(path)

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        assert (method, path.rpartition("/")[2], body) == ("GET", "middlewares.traefik.io", None)
        return self.status, {}


def test_traefiks_redirect_needs_its_kind_before_anything_is_changed() -> None:
    require_middlewares(Cluster(200), source=SOURCE)
    with pytest.raises(InvalidTenancy, match=r"pangeo:ingress\.redirectedBy  ingress  needs Traefik's middlewares"):
        require_middlewares(Cluster(404), source=SOURCE)


def test_a_preview_without_the_cluster_uses_the_stated_controller() -> None:
    found = assume_controller(Ingress.model_validate({"className": "traefik", "controller": INGRESS_NGINX}), source="")
    assert (found.controller, found.source, found.warnings) == (INGRESS_NGINX, "stack file", ())


@pytest.mark.parametrize(("name", "controller"), [("traefik", TRAEFIK), ("public-nginx", INGRESS_NGINX)])
def test_a_preview_without_the_cluster_does_not_assume_silently(name: str, controller: str) -> None:
    found = assume_controller(Ingress(class_name=name), source=SOURCE)
    assert (found.controller, found.source) == (controller, "class name")
    assert f"assumes from the name of the ingress class {name}" in found.warnings[0]


@pytest.mark.parametrize("name", [None, "public"])
def test_a_preview_without_the_cluster_requires_the_key(name: str | None) -> None:
    with pytest.raises(InvalidTenancy, match=r"pangeo:ingress\.controller  \(missing\)  is required"):
        assume_controller(Ingress(class_name=name), source=SOURCE)
    stated = Ingress(class_name=name, redirected_by="controller")
    assert assume_controller(stated, source=SOURCE).controller is None
