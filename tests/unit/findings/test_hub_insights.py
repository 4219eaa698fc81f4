"""Security Hub's insights: which are meant by a name, and which of AWS's there are."""

import pytest
from canned import Canned, missing

from secguard.errors import AmbiguousId, AwsError, Denied, NoCredentials, UsageError
from secguard.findings.feeds.places import Places
from secguard.findings.insights import hub
from secguard.model import Place, Unreached

ACCOUNT = "123456789012"
HERE, THERE = Place(ACCOUNT, "eu-west-1"), Place(ACCOUNT, "us-east-1")
OFF = "InvalidAccessException"


def told(name, arn):
    return {"InsightArn": arn, "Name": name, "Filters": {}, "GroupByAttribute": "ResourceId"}


def own(name, number=1, place=HERE):
    arn = f"arn:aws:securityhub:{place.region}:{ACCOUNT}:insight/{ACCOUNT}/custom/{number:08x}-58b1-4a9b"
    return hub.Insight(arn=arn, name=name, group_by="ResourceId", filters={}, place=place)


def aws_own(number, place=HERE):
    arn = f"arn:aws:securityhub:::insight/securityhub/default/{number}"
    return hub.Insight(arn=arn, name=f"AWS's {number}", group_by="Type", filters={}, place=place)


class Reach:
    """An AWS whose places answer from tables."""

    def __init__(self, answers):
        self.readers = {place: Canned(table, place=place) for place, table in answers.items()}

    def look(self, place):
        return self.readers[place]

    def fan_out(self, items, task, *, services=()):
        for item in items:
            place = item if isinstance(item, Place) else item.place
            try:
                yield item, task(item)
            except NoCredentials:
                raise
            except AwsError as error:
                yield item, Unreached(account=place.account, region=place.region, why=str(error))


def knows(*numbers):
    """Answer for managed insights as an AWS that has only these."""

    def answer(asked):
        arns = asked["InsightArns"]
        if any(int(arn.rpartition("/")[2]) not in numbers for arn in arns):
            return missing("ResourceNotFoundException")
        return {"Insights": [told(arn, arn) for arn in arns]}

    return {"securityhub:GetInsights": answer}


def counts(**values):
    rows = [{"GroupByAttributeValue": key, "Count": count} for key, count in values.items()]
    return {"securityhub:GetInsightResults": {"InsightResults": {"ResultValues": rows}}}


def numbers(shelf):
    return [int(each.arn.rpartition("/")[2]) for each in shelf.insights]


def test_all_managed_insights_are_one_question_where_all_are_there():
    reach = Reach({HERE: knows(*range(1, 41))})

    assert len(hub.managed(HERE, aws=reach).insights) == 35
    assert len(reach.readers[HERE].asked) == 1


@pytest.mark.parametrize("there", [{1, 3, 40}, set(range(1, 38)), set(), {21}])
def test_a_managed_insight_that_is_missing_hides_no_other(there):
    found = hub.managed(HERE, aws=Reach({HERE: knows(*there)}))

    assert sorted(numbers(found)) == sorted(there & {1, 3, *range(6, 15), *range(16, 20), *range(21, 41)})
    assert found.unreached == ()


def test_off_is_no_answer_and_denied_is_named():
    off, denied = ({"securityhub:GetInsights": error} for error in (missing(OFF), Denied("no")))
    reach = Reach({HERE: off, THERE: denied})
    places = Places(ask=(HERE, THERE))

    quiet, named = (hub.custom(places, aws=reach, named=asked) for asked in (False, True))

    assert [place.region for place in quiet.unreached] == [THERE.region]
    assert [place.region for place in named.unreached] == [HERE.region, THERE.region]
    assert (quiet.answered, quiet.insights) == ((), ())


def test_what_a_managed_insight_counts_is_added_up_over_the_places():
    reach = Reach({HERE: counts(a=2, b=1), THERE: counts(b=4)})
    (found,) = hub.results(hub.everywhere([aws_own(1)], [HERE, THERE]), aws=reach)

    assert found.values == (("b", 5), ("a", 2))
    assert hub.value_records(found, most=1) == [{"key": "b", "count": 5, "share": 0.7143}]


def test_a_place_that_does_not_tell_leaves_the_rest():
    reach = Reach({HERE: counts(a=2), THERE: {"securityhub:GetInsightResults": Denied("no")}})
    (found,) = hub.results(hub.everywhere([aws_own(1)], [HERE, THERE]), aws=reach)

    assert found.values == (("a", 2),)
    assert [each.region for each in found.unreached] == [THERE.region]
    assert hub.hub_record(found.insight, found)["count"] == 2


def test_what_was_not_told_is_unknown_and_not_nothing():
    silent = Reach({HERE: {"securityhub:GetInsightResults": Denied("no")}})
    (untold,) = hub.results([own("Mine")], aws=silent)
    (nothing,) = hub.results([own("Mine")], aws=Reach({HERE: counts()}))

    assert [hub.hub_record(each.insight, each)["count"] for each in (untold, nothing)] == [None, 0]
    assert [hub.hub_record(each.insight, each)["values"] for each in (untold, nothing)] == [None, 0]


def test_a_hundred_values_may_be_more():
    (found,) = hub.results([own("Mine")], aws=Reach({HERE: counts(**{f"v{n}": 1 for n in range(100)})}))

    assert found.full


MINE, OTHER = own("Open buckets", 1), own("Open doors", 2)


@pytest.mark.parametrize("name", [MINE.arn, "00000001", "open BUCKETS", "buck"])
def test_an_insight_is_meant_by_its_arn_its_id_its_name_or_a_part_of_that(name):
    assert hub.chosen(name, [MINE, OTHER, aws_own(1)]) is MINE


def test_an_id_of_awss_own_ends_with_its_number_and_another_number_is_another():
    assert hub.chosen("default/1", [aws_own(21), aws_own(1)]).arn.endswith("/1")


def test_the_whole_name_wins_over_a_part_of_another():
    assert hub.chosen("open", [MINE, own("Open", 3)]).name == "Open"


def test_what_may_be_several_names_them_and_what_is_none_says_so():
    with pytest.raises(AmbiguousId, match=r"Open buckets.*Open doors"):
        hub.chosen("open", [MINE, OTHER])
    with pytest.raises(UsageError, match="no insight 'x'"):
        hub.chosen("x", [MINE, OTHER])


@pytest.mark.parametrize("arn", ["arn:aws:s3:::bucket", "arn:x", "arn:aws:securityhub:eu-west-1:1:hub/default"])
def test_only_the_arn_of_an_insight_is_one(arn):
    with pytest.raises(UsageError, match="no insight's ARN"):
        hub.region_of(arn)


def test_an_arn_tells_its_region_and_a_managed_one_has_none():
    assert (hub.region_of(MINE.arn), hub.region_of(aws_own(1).arn)) == ("eu-west-1", None)
