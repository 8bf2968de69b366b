"""The resources of a stack together: each one of a tenancy, and no other."""

import pytest

from policies import kinds
from tests.unit.policies import declared
from tests.unit.policies.declared import Declared

RULE = "complete-tenancy"


@pytest.mark.parametrize(
    "missing",
    [
        *(kinds.TENANCY.type, kinds.CONTRACT.type, kinds.DESTROY_CHECK, kinds.GROUP.type, kinds.STORAGE_CLASS.type),
        *(kinds.NAMESPACE.type, kinds.SECRET.type, kinds.RELEASE.type, kinds.INGRESS.type),
        f"{kinds.PROVIDERS}kubernetes",
    ],
)
def test_a_missing_resource_is_refused(missing: str) -> None:
    others = [each for each in declared.good_stack() if each.type != missing]
    (message,) = declared.check_stack(RULE, others)
    assert message.startswith(f"there are 0 resources of the type {missing}; this tenancy has 1")


def test_a_secret_that_is_not_generated_is_refused() -> None:
    stack = declared.good_stack()
    stack.remove(next(each for each in stack if each.type == kinds.RANDOM))
    (message,) = declared.check_stack(RULE, stack)
    assert message == f"there are 5 resources of the type {kinds.RANDOM}; this tenancy has 6"


@pytest.mark.parametrize(
    "second",
    [
        declared.secret(metadata__name="admin", metadata__namespace="kube-system"),
        declared.namespace(metadata__name="kube-system"),
        declared.release_with(name="other"),
        declared.group(name="admins"),
    ],
    ids=lambda each: each.type,
)
def test_a_further_resource_of_a_known_type_is_refused(second: Declared) -> None:
    (message,) = declared.check_stack(RULE, [*declared.good_stack(), second])
    assert message == f"there are 2 resources of the type {second.type}; this tenancy has 1"


def test_the_redirect_of_traefik_is_accepted() -> None:
    assert declared.check_stack(RULE, [*declared.good_stack(), *declared.redirect()]) == []


def test_a_tenancy_with_an_existing_storage_class_declares_none() -> None:
    stack = {**declared.config(), "pangeo:storage": '{"className": "fast"}'}
    without = [each for each in declared.good_stack() if each.type != kinds.STORAGE_CLASS.type]
    assert declared.check_stack(RULE, without, stack=stack) == []
    assert declared.check_stack(RULE, declared.good_stack(), stack=stack) != []
