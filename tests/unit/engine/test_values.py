import pytest
from hypothesis import given
from hypothesis import strategies as st

from secguard.engine.values import UnknownLate, canonical, digest, late, late_names, map_late, resolve

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda key: not key.startswith("$")), inner),
)


@given(PLAIN)
def test_what_holds_no_mark_stays_as_it_is(value):
    assert resolve(value, {}) == value
    assert list(late_names(value)) == []


def test_marks_are_filled_in_wherever_they_stand():
    value = {"Groups": [late("3.GroupId")], "Tags": [{"Key": "run", "Value": late("run_id")}]}

    assert list(late_names(value)) == ["3.GroupId", "run_id"]
    assert resolve(value, {"3.GroupId": "sg-1", "run_id": "ab"}) == {
        "Groups": ["sg-1"],
        "Tags": [{"Key": "run", "Value": "ab"}],
    }


def test_a_mark_may_stand_within_a_text():
    value = {"Text": late("run_id", within="contained by run {}: see its history")}

    assert resolve(value, {"run_id": "ab12"}) == {"Text": "contained by run ab12: see its history"}


def test_renaming_a_mark_keeps_the_text_around_it():
    assert map_late(late("this.Id", within="in {}"), lambda name: late(name.replace("this", "3"))) == late(
        "3.Id", within="in {}"
    )


def test_what_is_not_known_yet_is_named():
    with pytest.raises(UnknownLate, match=r"3\.GroupId"):
        resolve([late("3.GroupId")], {"run_id": "ab"})


@given(st.dictionaries(st.text(), st.integers()))
def test_equal_values_have_one_text_and_one_digest(value):
    shuffled = dict(reversed(list(value.items())))

    assert canonical(shuffled) == canonical(value)
    assert digest(shuffled) == digest(value)
