"""The report of a preview's events."""

from ci.preview.differences import PropertyChange
from ci.preview.report import report_of_events
from tests.unit.ci.events import RELEASE, STACK, diagnostic, ended, step, violated


def test_changed_resources_are_listed_with_their_properties() -> None:
    found = report_of_events(
        "vis",
        [
            step("update", before={"values": {"memory": "1G"}}, after={"values": {"memory": "2G"}}),
            step("create", "kubernetes:core/v1:Namespace", "vis", after={"kind": "Namespace"}),
            step("delete", "kubernetes:storage.k8s.io/v1:StorageClass", "old", before={"kind": "StorageClass"}),
            step("same", name="other"),
            ended(),
        ],
    )

    assert found.succeeded
    assert found.counts == {"create": 1, "update": 1, "delete": 1}
    assert found.unchanged == 1
    assert [(each.operation, each.name) for each in found.changes] == [
        ("update", "pangeo"),
        ("create", "vis"),
        ("delete", "old"),
    ]
    assert found.changes[0].properties == (PropertyChange("values.memory", "1G", "2G"),)
    assert found.changes[2].properties == (PropertyChange("kind", "StorageClass", None),)


def test_replacement_is_one_change_with_its_reason() -> None:
    before, after = {"name": "a", "other": 1}, {"name": "b", "other": 2}
    found = report_of_events(
        "vis",
        [
            step("delete-replaced", before=before),
            step("replace", before=before, after=after, keys=["name"]),
            step("create-replacement", after=after),
        ],
    )

    assert found.counts == {"replace": 1}
    assert [each.replaces for each in found.changes[0].properties] == [True, False]


def test_default_provider_is_left_out() -> None:
    default, own = (
        step("create", "pulumi:providers:kubernetes", name, after={"a": 1}) for name in ("default_4", "cluster")
    )

    assert [each.name for each in report_of_events("vis", [default, own]).changes] == ["cluster"]


def test_change_of_the_state_only_is_named_by_the_engine() -> None:
    found = report_of_events("vis", [step("update", before={"a": 1}, after={"a": 1}, diffs=["version"])])

    assert [each.path for each in found.changes[0].properties] == ["version"]


def test_refresh_finds_drifted_resources() -> None:
    drifted = step("refresh", before={"labels": "a"}, after={"labels": "b"}, event="resOutputsEvent", part="outputs")
    as_it_was = step("refresh", name="x", before={"a": 1}, after={"a": 1}, event="resOutputsEvent", part="outputs")
    found = report_of_events("vis", [drifted, as_it_was], failure=["error"])

    assert [(each.operation, each.name) for each in found.changes] == [("drifted", "pangeo")]
    assert found.changes[0].properties == (PropertyChange("labels", "a", "b"),)


def test_mandatory_violations_come_first_and_refuse() -> None:
    found = report_of_events(
        "vis",
        [
            violated("b-hint", "advisory", "might"),
            violated("a-rule", "mandatory", "must\nnot"),
            diagnostic("error", "preview failed"),
        ],
        failure=["preview failed"],
    )

    assert found.refused
    assert not found.succeeded
    assert [(each.policy, each.mandatory, each.resource) for each in found.violations] == [
        ("a-rule", True, f"{RELEASE} pangeo"),
        ("b-hint", False, f"{RELEASE} pangeo"),
    ]
    assert found.errors == ()


def test_advisory_violation_does_not_refuse() -> None:
    assert not report_of_events("vis", [violated("hint", "advisory", "might")]).refused


def test_stack_policy_names_no_resource() -> None:
    urn = f"{STACK}pulumi:pulumi:Stack::pangeo-vis"

    assert report_of_events("vis", [violated("rule", "mandatory", "must", urn)]).violations[0].resource is None
    assert report_of_events("vis", [violated("rule", "mandatory", "must", "")]).violations[0].resource is None


def test_name_of_a_pack_has_no_folder() -> None:
    assert report_of_events("vis", [ended(**{"pangeo|local|/home/me/policies": "1.0.0"})]).policy_packs == {
        "pangeo": "1.0.0"
    }


def test_warnings_and_errors_are_unique() -> None:
    found = report_of_events(
        "vis",
        [
            diagnostic("warning", "the domain resolves to another address"),
            diagnostic("warning", "the domain resolves to another address"),
            diagnostic("warning", "using pulumi-resource-kubernetes from $PATH at /somewhere"),
            diagnostic("debug", "noise"),
            diagnostic("error", "wrong"),
            diagnostic("error", "an unhandled error occurred: wrong"),
            diagnostic("error", "preview failed"),
        ],
        failure=["preview failed"],
    )

    assert found.warnings == ("the domain resolves to another address",)
    assert found.errors == ("wrong",)


def test_failure_without_an_event_has_the_clis_error() -> None:
    assert report_of_events("vis", [], failure=["incorrect passphrase"]).errors == ("incorrect passphrase",)


def test_success_has_no_error() -> None:
    assert report_of_events("vis", [ended()]).errors == ()
