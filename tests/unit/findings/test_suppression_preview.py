"""What a rule hides is counted, now and over the past, and what ought to give pause is said."""

from datetime import timedelta

import pytest
from asff_made import asff, detected, guardduty, ocsf
from hubs_made import Hubs
from rules_made import NOW, rule

from secguard.errors import Denied
from secguard.findings.suppression.findings import Findings
from secguard.findings.suppression.preview import preview, preview_record
from secguard.findings.suppression.rule import AUTHOR
from secguard.model import Severity

S3 = rule("buckets", control=["S3.2"])
OLD = (NOW - timedelta(days=91)).strftime("%Y-%m-%dT%H:%M:%SZ")


def seen(*rules, hubs):
    findings = Findings.surveyed(hubs)
    return preview(rules, findings, now=NOW), findings.gaps


def other(number, **over):
    return asff(number, Compliance={"SecurityControlId": "EC2.19", "Status": "FAILED"}, **over)


def test_open_findings_are_counted_by_severity_and_what_is_over_counts_for_the_past():
    hub = [
        asff(1),
        asff(2, Severity={"Label": "LOW"}),
        asff(3, Workflow={"Status": "SUPPRESSED"}),
        asff(4, RecordState="ARCHIVED"),
        asff(5, UpdatedAt=OLD),
        *map(other, range(10, 20)),
    ]
    ((found,), gaps) = seen(S3, hubs=Hubs({"us-east-1": hub}))

    assert (found.open[Severity.HIGH], found.open[Severity.LOW]) == (2, 1)
    assert sum(found.past.values()) == 4
    assert not gaps.unreached
    assert not gaps.unreadable


def test_the_gravest_are_the_examples():
    hub = [*(asff(n, Severity={"Label": "LOW"}) for n in range(5)), asff(9, Severity={"Label": "CRITICAL"})]
    ((found,), _) = seen(S3, hubs=Hubs({"us-east-1": hub}))

    assert [each.severity for each in found.examples] == [Severity.CRITICAL, Severity.LOW, Severity.LOW]
    assert preview_record(found)["examples"][0]["short_id"] == found.examples[0].short_id


def test_each_source_is_read_where_it_is_on():
    hubs = Hubs(
        {"us-east-1": [guardduty(1)]},
        detectors={"eu-west-1": [detected(2, region="eu-west-1")]},
        new_hubs={"eu-north-1": [ocsf(3)]},
    )
    ((found, all_of), _) = seen(rule(type=["UnauthorizedAccess:*"]), rule("high", severity=["high"]), hubs=hubs)

    assert sum(found.open.values()) == 2
    assert sum(all_of.open.values()) == 3


def test_a_tag_is_looked_at_here():
    tagged = [{"Type": "AwsEc2Instance", "Id": "i-1", "Tags": {"env": "lab"}}]
    ((found,), _) = seen(rule(tag=["env=lab"]), hubs=Hubs({"us-east-1": [asff(1), asff(2, Resources=tagged)]}))

    assert sum(found.open.values()) == 1


def test_filters_are_left_to_security_hub():
    hubs = Hubs({"us-east-1": [asff(1)]})
    seen(S3, hubs=hubs)

    filters = [
        asked["Filters"] for _, operation, asked in hubs.asked if operation == "GetFindings" and "Filters" in asked
    ]
    assert {"ComplianceSecurityControlId": [{"Value": "S3.2", "Comparison": "EQUALS"}]}.items() <= filters[0].items()


def test_rules_of_which_no_api_can_filter_anything_share_a_reading():
    hubs = Hubs({"us-east-1": [asff(1), guardduty(2)]})
    (found, _) = seen(rule(title=["read"]), rule("b", title=["attack"]), rule("c", tag=["a=b"]), hubs=hubs)

    assert [sum(each.open.values()) for each in found] == [1, 1, 0]
    assert (
        len([asked for _, operation, asked in hubs.asked if operation == "GetFindings" and "Filters" not in asked]) == 1
    )


def test_a_rule_on_one_region_asks_no_other():
    hubs = Hubs({"us-east-1": [asff(1)], "eu-west-1": [asff(2, Region="eu-west-1")]})
    ((found,), _) = seen(rule(control=["S3.2"], region=["eu-west-1"]), hubs=hubs)

    of_the_rule = [region for region, operation, asked in hubs.asked if "ComplianceSecurityControlId" in str(asked)]
    assert of_the_rule == ["eu-west-1"]
    assert sum(found.open.values()) == 1


def test_a_rule_on_a_region_behind_the_home_region_asks_there():
    hubs = Hubs({"us-east-1": [asff(1)], "eu-west-1": [asff(2, Region="eu-west-1")]}, home="us-east-1")
    ((found,), _) = seen(rule(control=["S3.2"], region=["eu-west-1"]), hubs=hubs)

    assert sum(found.open.values()) == 1


def test_what_two_rules_hide_is_told_of_both():
    hub = [asff(1), asff(2), other(3), other(4), other(5)]
    ((buckets, high, low), _) = seen(
        S3, rule("high", severity=["high"]), rule("low", severity=["low"]), hubs=Hubs({"us-east-1": hub})
    )

    assert buckets.overlaps == {"high": 2}
    assert high.overlaps == {"buckets": 2}
    assert low.overlaps == {}


@pytest.mark.parametrize(("others", "share"), [(1, 2 / 3), (2, None), (3, None)])
def test_more_than_half_of_all_is_said(others, share):
    hub = [asff(1, Severity={"Label": "LOW"}), asff(2, Severity={"Label": "LOW"}), *map(other, range(10, 10 + others))]
    ((found,), _) = seen(S3, hubs=Hubs({"us-east-1": hub}))

    assert found.share == share
    assert ("hides 67% of all open findings" in found.warnings) is (share is not None)


def warnings(*hub, **over):
    enough = map(other, range(100, 110))
    ((found,), _) = seen(rule(control=["S3.2"], **over), hubs=Hubs({"us-east-1": [*hub, *enough]}))
    return found.warnings


def test_high_and_critical_ones_are_said_aloud():
    assert warnings(asff(1)) == ("hides 1 open finding of high severity",)
    assert warnings(asff(1), asff(2, Severity={"Label": "CRITICAL"})) == (
        "hides 2 open findings of critical and high severity",
    )
    assert warnings(asff(1, Severity={"Label": "MEDIUM"})) == ()


def test_samples_are_no_cause_for_alarm():
    enough = map(other, range(100, 110))
    ((found,), _) = seen(rule(control=["S3.2"]), hubs=Hubs({"us-east-1": [asff(1, Sample=True), *enough]}))

    assert (found.samples, found.grave, found.warnings) == (1, 0, ())


def test_the_levels_that_are_named_are_those_of_what_is_no_sample():
    sample = asff(2, Severity={"Label": "CRITICAL"}, Sample=True)

    assert warnings(asff(1), sample) == ("hides 1 open finding of high severity",)


def test_what_could_not_be_looked_at_is_not_said_to_be_nothing():
    ((found,), gaps) = seen(S3, hubs=Hubs({"us-east-1": [other(1)], "eu-west-1": Denied("no")}))

    assert gaps.unreached
    assert found.warnings == ()


def test_a_rule_that_meets_nothing_is_doubted():
    assert warnings() == ("has met nothing in 90 days: is it still needed, and is it spelled right?",)


def test_the_end_of_a_rule_is_said_before_and_after():
    low = asff(1, Severity={"Label": "LOW"})

    assert warnings(low, expires="2026-12-01") == ("ends soon: 2026-12-01 is its last day",)
    assert warnings(asff(1), expires="2026-11-22") == warnings(low, expires="2026-11-22")
    assert warnings(low, expires="2026-11-22") == ("expired on 2026-11-22: it hides nothing more, and apply lifts it",)


def test_what_could_not_be_looked_at_or_read_is_kept_once():
    hubs = Hubs({"us-east-1": [asff(1), "nonsense"], "eu-west-1": Denied("no")})
    _, gaps = seen(S3, rule("high", severity=["high"]), hubs=hubs)

    assert {each.region for each in gaps.unreached} == {"eu-west-1"}
    assert len(gaps.unreached) == 1
    assert gaps.unreadable


def test_what_a_rule_has_hidden_is_known_by_its_note():
    def noted(number, text, author):
        return asff(number, Workflow={"Status": "SUPPRESSED"}, Note={"Text": text, "UpdatedBy": author})

    hub = [
        noted(1, S3.note, AUTHOR),
        noted(2, S3.note, "ann"),
        noted(3, "suppressed by secguard rule of thumb", AUTHOR),
        asff(4, Note={"Text": S3.note, "UpdatedBy": AUTHOR}),
    ]
    findings = Findings.surveyed(Hubs({"us-east-1": hub}))

    assert [(name, finding.id[-1]) for name, finding in findings.hidden()] == [("buckets", "1")]
