"""Pre-flight check of the ingress: which controller serves the hub, read from the cluster's ingress classes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from components.cluster.client import Api, ReadWriteApi
from components.cluster.crds import PATH as CRDS
from components.cluster.objects import ObjectPath, find_object
from components.config.controllers import (
    CLASS_ANNOTATION,
    CONFIGURABLE,
    INGRESS_NGINX,
    TRAEFIK,
    is_only_https,
    refusal_of,
)
from components.config.ingress import Ingress
from components.config.problems import MISSING, InvalidTenancy, Problem, format_key

PATH = "/apis/networking.k8s.io/v1/ingressclasses"
MIDDLEWARES = ObjectPath("CustomResourceDefinition", CRDS, "middlewares.traefik.io")

DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"

Source = Literal["cluster", "stack file", "class name", "nothing"]
"""Origin of the knowledge about the controller. The class's name is no proof; ``pulumi up`` never relies on it."""


class IngressClass(NamedTuple):
    """An ingress class of the cluster."""

    name: str
    controller: str
    is_default: bool


class ServingController(NamedTuple):
    """The controller that serves the hub."""

    class_name: str | None
    """The class in the stack file."""
    controller: str | None
    source: Source
    default_class: str = ""
    """The class of the cluster that serves the hub where the stack file names none; empty where it is not known."""
    warnings: tuple[str, ...] = ()
    """Messages for the operator."""

    def as_props(self) -> dict[str, str]:
        """Return the facts as properties of a resource."""
        return {
            "className": self.class_name or "",
            "defaultClass": self.default_class,
            "controller": self.controller or "",
            "source": self.source,
        }


def read_ingress_classes(api: Api) -> list[IngressClass]:
    """Return every ingress class of the cluster.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not list ingress classes.
    """
    return [
        IngressClass(
            name=str(each["metadata"]["name"]),
            controller=str((each.get("spec") or {}).get("controller") or ""),
            is_default=(each["metadata"].get("annotations") or {}).get(DEFAULT_ANNOTATION) == "true",
        )
        for each in api.get(PATH).get("items") or []
    ]


def find_controller(
    ingress: Ingress, classes: Sequence[IngressClass], deployed: Mapping[str, Any] | None, *, source: str
) -> ServingController:
    """Return the controller that serves the hub. Pure.

    Args:
        ingress: the stack file's section.
        classes: the cluster's ingress classes.
        deployed: the hub's Ingress in the cluster; None if there is none. Its class does not follow the default class.
        source: the file named in messages.

    Raises:
        InvalidTenancy: nothing would redirect the log-in page from ``http://`` to ``https://``, or the stack file
            contradicts the cluster.
    """
    found, reason = _find_class(ingress, classes, deployed)
    if found is None:
        if not ingress.is_redirect_stated:
            raise _refuse(source, "className", ingress.class_name, reason)
        if ingress.controller:
            raise _refuse(source, "controller", ingress.controller, f"cannot be compared: className {reason}")
        return ServingController(ingress.class_name, None, "cluster", "", (f"{source}: ingress.className {reason}",))
    if ingress.controller and ingress.controller != found.controller:
        raise _refuse(
            source,
            "controller",
            ingress.controller,
            f"is not the controller of the cluster's ingress class {found.name}; write {found.controller} or remove "
            "the key",
        )
    if found.controller not in CONFIGURABLE and not ingress.is_redirect_stated:
        raise _refuse(source, "className", ingress.class_name, refusal_of(found.controller, found.name))
    warnings = tuple(_report_plain_http(ingress, found, deployed))
    default_class = "" if ingress.class_name else found.name
    return ServingController(ingress.class_name, found.controller, "cluster", default_class, warnings)


def require_middlewares(api: ReadWriteApi, *, source: str) -> None:
    """Check that the cluster has the kind of Traefik's redirect, which an ``up`` creates as its last step.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not read CRDs.
        InvalidTenancy: the cluster does not have it.
    """
    if find_object(api, MIDDLEWARES) is None:
        message = (
            f"needs Traefik's {MIDDLEWARES.name}, which the cluster does not have; install Traefik's CRDs, or let "
            "Traefik redirect its entry point web and write controller"
        )
        raise _refuse(source, "redirectedBy", "ingress", message)


def assume_controller(ingress: Ingress, *, source: str) -> ServingController:
    """Return the controller for a preview without access to the cluster: the stated one, or one that the name suggests.

    Versions before 0.4 took the name of the class for the controller, so that the preview of a stack which they
    deployed shows no difference. The contract refuses a controller that contradicts the deployed one.

    Raises:
        InvalidTenancy: neither the stack file nor the name of the class says which controller it is.
    """
    name = (ingress.class_name or "").lower()
    if ingress.controller:
        return ServingController(ingress.class_name, ingress.controller, "stack file")
    if ingress.is_redirect_stated:
        return ServingController(ingress.class_name, None, "nothing")
    assumed = TRAEFIK if "traefik" in name else INGRESS_NGINX if "nginx" in name else None
    if assumed is None:
        message = (
            "is required for a preview without access to the cluster; write spec.controller of the cluster's ingress "
            "class, which kubectl get ingressclass shows"
        )
        raise _refuse(source, "controller", None, message)
    warning = (
        f"{source}: without access to the cluster, this preview assumes from the name of the ingress class "
        f"{ingress.class_name} that its controller is {assumed}; if that is right, write ingress.controller: {assumed}"
    )
    return ServingController(ingress.class_name, assumed, "class name", "", (warning,))


def _find_class(
    ingress: Ingress, classes: Sequence[IngressClass], deployed: Mapping[str, Any] | None
) -> tuple[IngressClass | None, str]:
    """Return the class of the hub's Ingress; None with the reason if it is not clear."""
    by_name = {each.name: each for each in classes}
    choice = f"write one of: {', '.join(sorted(by_name))}" if by_name else "create it, with its controller"
    defaults = [each for each in classes if each.is_default]
    if ingress.class_name:
        reason = f"is not an ingress class of the cluster; {choice}"
        return by_name.get(ingress.class_name), reason
    if deployed is not None:
        name = _class_of(deployed)
        if name in by_name and [each.name for each in defaults] == [name]:
            return by_name[name], ""
        current = f"{name} and does not follow the cluster's default class" if name else "no class"
        return None, f"is required: the hub's Ingress in the cluster has {current}; {choice}"
    if len(defaults) == 1:
        return defaults[0], ""
    several = f"several default ingress classes ({', '.join(each.name for each in defaults)})"
    return None, f"is required: the cluster has {several if defaults else 'no default ingress class'}; {choice}"


def _class_of(live: Mapping[str, Any]) -> str:
    annotations = live["metadata"].get("annotations") or {}
    return str((live.get("spec") or {}).get("ingressClassName") or annotations.get(CLASS_ANNOTATION) or "")


def _report_plain_http(ingress: Ingress, found: IngressClass, deployed: Mapping[str, Any] | None) -> Iterator[str]:
    """Warn of a deployed Ingress that does not keep the log-in page away from plain HTTP."""
    if deployed is None or ingress.is_redirect_stated:
        return
    if not is_only_https(deployed["metadata"].get("annotations") or {}, found.controller):
        metadata = deployed["metadata"]
        yield (
            f"the deployed Ingress {metadata.get('namespace')}/{metadata['name']} does not make the controller "
            f"{found.controller} redirect to https://, so the log-in page may have been served over plain HTTP; "
            "pulumi up ends this. Let users change the passwords that they entered there"
        )


def _refuse(source: str, key: str, value: str | None, message: str) -> InvalidTenancy:
    return InvalidTenancy(source, [Problem(format_key(("ingress", key)), value or MISSING, message)])
