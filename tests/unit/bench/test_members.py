"""The hub admits the members that the measurements add to the directory."""

from bench.members import member_attributes
from components.freeipa.names import unique_id


def test_each_member_has_an_id_that_the_hub_accepts() -> None:
    ids = {unique_id([str(member_attributes(f"n{number}", number)["ipaUniqueID"])]) for number in range(2)}

    assert None not in ids
    assert len(ids) == 2
