"""The values that rules see: those of the release over ``chart/values.yaml`` over the dependencies' defaults."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from policies.kinds import class_settings, gateway_values, hub_values
from policies.merged import declared_values, merge, release_values
from policies.rule import Context, InvalidConfiguration, Resource
from policies.tree import UNKNOWN, get, leaves
from tests.support.tenancies import tenancy


def plain(tree: Any) -> Any:
    return {key: plain(tree[key]) for key in tree} if hasattr(tree, "keys") else tree


def checkout(folder: Path, values: str = "", **archives: str) -> Context:
    """Return the context of a checkout with these texts as ``values.yaml`` of its chart and of its dependencies."""
    charts = folder / "chart" / "charts"
    charts.mkdir(parents=True)
    (charts.parent / "values.yaml").write_text(values)
    for name, text in archives.items():
        with tarfile.open(charts / f"{name}-1.0.0.tgz", "w:gz") as packed:
            for member in (f"{name}/values.yaml", f"{name}/charts/inner/values.yaml"):
                about = tarfile.TarInfo(member)
                about.size = len(text.encode())
                packed.addfile(about, io.BytesIO(text.encode()))
    return Context("vis", tenancy(), checkout=folder)


def release(values: object, **inputs: object) -> Resource:
    return Resource("", "", unknown_checking_proxy({"values": values, **inputs}))


def test_the_releases_values_win_over_those_of_the_chart_and_of_its_dependencies(tmp_path: Path) -> None:
    context = checkout(
        tmp_path, "jupyterhub: {hub: {a: 2, b: 2}, list: [2]}", jupyterhub="hub: {a: 1, b: 1, c: 1}\nlist: [1, 1]"
    )
    own = release({"jupyterhub": {"hub": {"a": 3}}})
    assert plain(release_values(own, context)) == {"jupyterhub": {"hub": {"a": 3, "b": 2, "c": 1}, "list": [2]}}
    assert plain(declared_values(own, context)) == {"jupyterhub": {"hub": {"a": 3, "b": 2}, "list": [2]}}


def test_lists_and_other_values_replace_mappings_and_each_other() -> None:
    assert plain(merge({"a": [1], "b": {"c": 1}, "d": 1}, {"a": [2, 3], "b": 2, "d": {"e": 1}})) == {
        "a": [1],
        "b": {"c": 1},
        "d": 1,
    }


def test_a_null_in_the_charts_file_deletes_a_dependencys_default(tmp_path: Path) -> None:
    context = checkout(tmp_path, "jupyterhub: {hub: {policy: null}}", jupyterhub="hub: {policy: {enabled: true}}")
    assert get(release_values(release({}), context), "jupyterhub", "hub", "policy") is None


@pytest.mark.parametrize(("inputs", "expected"), [({}, 1), ({"allowNullValues": True}, None)])
def test_the_provider_drops_nulls_of_the_release_unless_they_are_allowed(
    tmp_path: Path, inputs: dict[str, bool], expected: int | None
) -> None:
    context = checkout(tmp_path, "jupyterhub: {a: 1}")
    assert hub_values(release({"jupyterhub": {"a": None}}, **inputs), context)["a"] == expected


def test_settings_of_classes_are_found_in_the_charts_file(tmp_path: Path) -> None:
    context = checkout(tmp_path, "jupyterhub: {hub: {config: {Authenticator: {allow_all: true}}}}")
    found = class_settings(release({"jupyterhub": {"hub": {}}}), context, ("Authenticator",), "allow_all")
    assert found == {"hub.config.Authenticator.allow_all": True}


def test_the_charts_file_enables_and_disables_the_gateway(tmp_path: Path) -> None:
    assert gateway_values(release({}), checkout(tmp_path / "off", "dask-gateway: {enabled: false}")) is None
    assert gateway_values(release({}), checkout(tmp_path / "on", "dask-gateway: {enabled: true}")) is not None


def test_an_unknown_value_is_unknown_after_the_merge(tmp_path: Path) -> None:
    context = checkout(tmp_path, "jupyterhub: {a: 1, b: 2}")
    merged = release_values(release({"jupyterhub": {"a": UNKNOWN_STRING_VALUE}}), context)
    assert dict(leaves(merged)) == {("jupyterhub", "a"): UNKNOWN, ("jupyterhub", "b"): 2}
    with pytest.raises(UnknownValueError):
        get(merged, "jupyterhub", "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: b: secret",
            "chart/values.yaml is not YAML of one meaning: line 1, column 5: invalid YAML: mapping values are not "
            "allowed here",
        ),
        ("- secret", "chart/values.yaml is not a YAML mapping"),
    ],
)
def test_an_unreadable_file_is_named_without_its_content(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidConfiguration) as error:
        release_values(release({}), checkout(tmp_path, text))
    assert str(error.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "jupyterhub: {}\njupyterhub: {hub: {args: [--debug]}}\n",
        "x: &x {announcement: secret}\njupyterhub: {announcement: plain, <<: *x}\n",
        "jupyterhub: !!binary c2VjcmV0\n",
        "jupyterhub: {}\n---\njupyterhub: {hub: {}}\n",
        "a: 010\n",
    ],
    ids=["repeated key", "alias", "tag", "two documents", "number in another notation"],
)
def test_a_file_that_helm_could_read_in_another_way_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidConfiguration, match=r"^chart/values\.yaml is not YAML of one meaning: ") as error:
        release_values(release({}), checkout(tmp_path, text))
    assert "secret" not in str(error.value)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    context = checkout(tmp_path, "a: 1")
    assert release_values(release({}), context)["a"] == 1
    (tmp_path / "chart" / "values.yaml").write_text("a: 2")
    assert release_values(release({}), context)["a"] == 2


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    context = checkout(tmp_path)
    (tmp_path / "chart" / "charts" / "jupyterhub-1.0.0.tgz").write_bytes(b"no archive")
    with pytest.raises(InvalidConfiguration, match=r"jupyterhub-1\.0\.0\.tgz is not a readable archive"):
        release_values(release({}), context)
