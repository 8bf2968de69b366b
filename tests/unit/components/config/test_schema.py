from components.config.identity import Identity
from components.config.notebook import NotebookProfile
from components.config.schema import find_field, find_nearest, find_section
from components.config.tenancy import Tenancy


def test_the_nearest_key_ignores_case_and_underscores() -> None:
    assert find_nearest("external_IP", ["externalIp", "clusterName"]) == "externalIp"
    assert find_nearest("nothing", ["externalIp", "clusterName"]) is None


def test_a_key_inside_a_list_is_found_in_its_section() -> None:
    owner, field = find_field(Tenancy, ("notebook", "profiles", 3, "cpus"))
    assert owner is NotebookProfile
    assert field is NotebookProfile.model_fields["cpus"]


def test_an_item_of_a_list_has_the_field_of_the_list() -> None:
    assert find_field(Tenancy, ("identity", "server", 1))[1] is Identity.model_fields["servers"]


def test_an_unknown_key_has_a_section_but_no_field() -> None:
    assert find_field(Tenancy, ("identity", "relm")) == (Identity, None)


def test_a_section_is_found_if_optional_or_in_a_list() -> None:
    assert find_section(NotebookProfile | None) is NotebookProfile
    assert find_section(tuple[NotebookProfile, ...]) is NotebookProfile
    assert find_section(str) is None
