from components.config.identity import Identity
from components.config.notebook import NotebookProfile
from components.config.schema import find_field, find_nearest, find_section
from components.config.tenancy import Tenancy


def test_nearness_looks_past_case_and_underscores() -> None:
    assert find_nearest("external_IP", ["externalIp", "clusterName"]) == "externalIp"
    assert find_nearest("nothing", ["externalIp", "clusterName"]) is None


def test_a_key_is_found_in_its_group_also_inside_lists() -> None:
    owner, field = find_field(Tenancy, ("notebook", "profiles", 3, "cpus"))
    assert owner is NotebookProfile
    assert field is NotebookProfile.model_fields["cpus"]


def test_an_item_of_a_list_belongs_to_the_lists_field() -> None:
    assert find_field(Tenancy, ("identity", "server", 1))[1] is Identity.model_fields["servers"]


def test_an_unknown_key_has_a_group_but_no_field() -> None:
    assert find_field(Tenancy, ("identity", "relm")) == (Identity, None)


def test_a_group_is_found_where_it_is_optional_or_one_of_many() -> None:
    assert find_section(NotebookProfile | None) is NotebookProfile
    assert find_section(tuple[NotebookProfile, ...]) is NotebookProfile
    assert find_section(str) is None
