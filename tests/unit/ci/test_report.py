"""What a preview's events come to."""

from ci.preview.differences import PropertyChange
from ci.preview.report import report
from tests.unit.ci.events import RELEASE, STACK, ended, said, step, violated


def test_every_resource_that_changes_is_told_with_its_properties_and_the_others_are_counted() -> None:
    found = report(
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


def test_a_replacement_is_one_change_and_says_why() -> None:
    before, after = {"name": "a", "other": 1}, {"name": "b", "other": 2}
    found = report(
        "vis",
        [
            step("delete-replaced", before=before),
            step("replace", before=before, after=after, keys=["name"]),
            step("create-replacement", after=after),
        ],
    )

    assert found.counts == {"replace": 1}
    assert [each.replaces for each in found.changes[0].properties] == [True, False]


def test_the_engines_own_entry_for_a_plugin_is_not_told() -> None:
    default, own = (
        step("create", "pulumi:providers:kubernetes", name, after={"a": 1}) for name in ("default_4", "cluster")
    )

    assert [each.name for each in report("vis", [default, own]).changes] == ["cluster"]


def test_a_change_that_only_the_state_shows_is_told_by_what_the_engine_names() -> None:
    found = report("vis", [step("update", before={"a": 1}, after={"a": 1}, diffs=["version"])])

    assert [each.path for each in found.changes[0].properties] == ["version"]


def test_what_a_refresh_finds_otherwise_has_drifted() -> None:
    drifted = step("refresh", before={"labels": "a"}, after={"labels": "b"}, event="resOutputsEvent", part="outputs")
    as_it_was = step("refresh", name="x", before={"a": 1}, after={"a": 1}, event="resOutputsEvent", part="outputs")
    found = report("vis", [drifted, as_it_was], failure=["error"])

    assert [(each.operation, each.name) for each in found.changes] == [("drifted", "pangeo")]
    assert found.changes[0].properties == (PropertyChange("labels", "a", "b"),)


def test_mandatory_violations_come_first_and_refuse() -> None:
    found = report(
        "vis",
        [
            violated("b-hint", "advisory", "might"),
            violated("a-rule", "mandatory", "must\nnot"),
            said("error", "preview failed"),
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


def test_an_advisory_violation_refuses_nothing() -> None:
    assert not report("vis", [violated("hint", "advisory", "might")]).refused


def test_a_policy_on_the_whole_stack_names_no_resource() -> None:
    urn = f"{STACK}pulumi:pulumi:Stack::pangeo-vis"

    assert report("vis", [violated("rule", "mandatory", "must", urn)]).violations[0].resource is None
    assert report("vis", [violated("rule", "mandatory", "must", "")]).violations[0].resource is None


def test_a_pack_is_named_without_the_folder_it_came_from() -> None:
    assert report("vis", [ended(**{"pangeo|local|/home/me/policies": "1.0.0"})]).policy_packs == {"pangeo": "1.0.0"}


def test_warnings_and_errors_are_told_once_and_a_plugins_place_never() -> None:
    found = report(
        "vis",
        [
            said("warning", "the domain leads elsewhere"),
            said("warning", "the domain leads elsewhere"),
            said("warning", "using pulumi-resource-kubernetes from $PATH at /somewhere"),
            said("debug", "noise"),
            said("error", "wrong"),
            said("error", "an unhandled error occurred: wrong"),
            said("error", "preview failed"),
        ],
        failure=["preview failed"],
    )

    assert found.warnings == ("the domain leads elsewhere",)
    assert found.errors == ("wrong",)


def test_a_failure_that_no_event_explains_is_told_in_the_clis_words() -> None:
    assert report("vis", [], failure=["incorrect passphrase"]).errors == ("incorrect passphrase",)


def test_what_ends_well_has_no_error() -> None:
    assert report("vis", [ended()]).errors == ()
