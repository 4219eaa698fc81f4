import pytest

from secguard.errors import UsageError
from secguard.findings.expression import Expression

RECORDS = [{"short_id": "12a5d49a", "severity": "HIGH"}, {"short_id": "be16baca", "severity": "LOW"}]


def test_an_expression_is_asked_of_the_whole_list():
    assert Expression.parse("[?severity=='HIGH'].short_id").of(RECORDS) == ["12a5d49a"]
    assert Expression.parse("length(@)").of(RECORDS) == 2


def test_what_it_does_not_find_is_null():
    assert Expression.parse("[0].nothing").of(RECORDS) is None


@pytest.mark.parametrize("text", ["[", "", "nonsense(@)", "[0].short_id ="])
def test_what_is_no_expression_is_named(text):
    with pytest.raises(UsageError, match="no JMESPath for findings"):
        Expression.parse(text).of(RECORDS)


def test_what_does_not_fit_the_records_is_named():
    with pytest.raises(UsageError, match="no JMESPath for findings"):
        Expression.parse("abs(@)").of(RECORDS)
