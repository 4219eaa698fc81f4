"""What `enable` asks for, given what is on."""

import pytest
from coverage_places import ACCOUNT, HOME, NO_GUARDDUTY, NO_HUB, covered, guarded, hubbed

from secguard.config import Enable, GuardDutyWanted, SecurityHubWanted
from secguard.coverage.plan import asked_of
from secguard.coverage.wanted import Named, wanted_by
from secguard.engine.change import Refusal
from secguard.errors import UsageError
from secguard.model import Unreached

OFF = {"guardduty": NO_GUARDDUTY, "hub": NO_HUB}
UNKNOWN = ("securityhub", Unreached(account=ACCOUNT, region="eu-west-1", why="denied"))


@pytest.fixture
def asked(wanted):
    def of(*coverages, home=HOME, waits=False, wish=None, **named):
        return asked_of(coverages, wish or wanted(**named), partition="aws", default_home=home, waits=waits)

    return of


def settings(asked):
    return [want.setting for want in asked.wants]


def test_a_new_detector_is_asked_to_come_up_as_wanted(asked):
    detector = asked(covered(**OFF), services=("guardduty",)).wants[0]

    assert detector.address["features"] == [
        "EBS_MALWARE_PROTECTION", "EKS_AUDIT_LOGS", "LAMBDA_NETWORK_LOGS", "RDS_LOGIN_EVENTS", "S3_DATA_EVENTS",
    ]  # fmt: skip
    assert detector.address["frequency"] == "FIFTEEN_MINUTES"


def test_what_stands_on_a_new_detector_waits_for_its_id(asked):
    detector, *others = asked(covered(**OFF), services=("guardduty",)).wants

    assert len(others) == 6
    for want in others:
        assert want.address["detector"] == {"$late": f"{detector.key}.DetectorId"}
        assert want.needs == want.touched_by == (detector.key,)


def test_a_detector_that_exists_is_addressed_by_its_id(asked):
    detector, *others = asked(covered(guardduty=guarded(suspended=True)), services=("guardduty",)).wants

    assert detector.address == {}
    assert {want.address["detector"] for want in others} == {"d1"}


def test_a_plan_that_the_region_lacks_is_not_asked_for(asked):
    place = covered(guardduty=guarded(features={"RDS_LOGIN_EVENTS": "UNSUPPORTED"}))

    features = [want.address.get("feature") for want in asked(place, services=("guardduty",)).wants]
    assert "RDS_LOGIN_EVENTS" not in features
    assert "S3_DATA_EVENTS" in features


def test_a_plan_that_the_organization_keeps_off_is_refused_and_said(asked):
    kept_off = guarded(features={"S3_DATA_EVENTS": "DISABLED"}, managed=frozenset({"S3_DATA_EVENTS"}))

    found = asked(covered(guardduty=kept_off), services=("guardduty",))
    [refusal] = found.refused
    assert refusal.rule == "managed-elsewhere"
    assert "S3_DATA_EVENTS" not in [want.address.get("feature") for want in found.wants]


@pytest.mark.parametrize(("wished", "asked_for"), [("SIX_HOURS", False), ("FIFTEEN_MINUTES", True)])
def test_updates_that_go_out_more_often_than_wanted_are_left(asked, wished, asked_for):
    enable = Enable(guardduty=GuardDutyWanted(publishing_frequency=wished))
    wish = wanted_by(enable, Named(services=("guardduty",)), known_features=enable.guardduty.features)
    place = covered(guardduty=guarded(publishing_frequency="ONE_HOUR"))

    assert ("guardduty.publishing-frequency" in settings(asked(place, wish=wish))) is asked_for


def test_standards_need_the_hub(asked):
    hub, fsbp, cis = asked(covered(**OFF), services=("securityhub",)).wants

    assert hub.setting == "securityhub.hub"
    assert fsbp.needs == cis.needs == (hub.key,)
    assert cis.address == {"standard": f"arn:aws:securityhub:{HOME}::standards/cis-aws-foundations-benchmark/v/5.0.0"}


def test_a_standard_that_is_on_its_way_is_waited_for_only_when_asked(asked):
    place = covered(hub=hubbed(statuses=("PENDING", "READY")))

    assert settings(asked(place, services=("securityhub",))).count("securityhub.standard") == 1
    assert settings(asked(place, services=("securityhub",), waits=True)).count("securityhub.standard") == 2


def test_a_service_that_could_not_be_looked_at_is_left_alone(asked):
    found = asked(covered(guardduty=False, hub=NO_HUB))

    assert not [setting for setting in settings(found) if setting.startswith("guardduty.")]
    assert "securityhub.hub" in settings(found)


def test_several_regions_gather_their_findings_in_the_default_home(asked):
    *_, gather = asked(covered(HOME, **OFF), covered("eu-west-1", **OFF)).wants

    assert gather.setting == "securityhub.aggregator"
    assert gather.place.region == HOME
    assert gather.value == {"mode": "ALL_REGIONS", "regions": []}


def test_only_enabled_regions_are_linked_when_configured_so(asked):
    hub = SecurityHubWanted(linked_regions="ENABLED_ONLY")
    wish = wanted_by(
        Enable(security_hub=hub), Named(services=("securityhub",)), known_features=Enable().guardduty.features
    )

    *_, gather = asked(covered(HOME, **OFF), covered("eu-west-1", **OFF), wish=wish).wants
    assert gather.value == {"mode": "SPECIFIED_REGIONS", "regions": ["eu-west-1"]}


def test_an_aggregator_that_exists_is_kept(asked):
    assert "securityhub.aggregator" not in settings(asked(covered(HOME), covered("eu-west-1")))


def test_a_home_that_is_elsewhere_already_is_not_moved(asked):
    [refusal] = asked(covered(HOME), covered("eu-west-1"), home_region="eu-west-1").refused

    assert refusal.rule == "home-region"
    assert HOME in refusal.why


def test_no_aggregator_is_made_while_a_region_would_not_say_whether_there_is_one(asked):
    found = asked(covered(HOME, **OFF), covered("eu-west-1", guardduty=NO_GUARDDUTY, hub=False, unreached=[UNKNOWN]))

    assert "securityhub.aggregator" not in settings(found)
    assert found.refused == (
        Refusal(
            what=f"{ACCOUNT} finding aggregator",
            rule="unchecked",
            why="not every Region would say whether there is one already",
        ),
    )


def test_one_region_alone_needs_no_home_unless_it_is_named(asked):
    assert "securityhub.aggregator" not in settings(asked(covered(HOME, **OFF)))
    assert "securityhub.aggregator" in settings(asked(covered(HOME, **OFF), home_region=HOME))


def test_a_named_home_that_is_not_among_the_regions_is_refused(asked):
    [refusal] = asked(covered(HOME, **OFF), covered("eu-west-1", **OFF), home_region="eu-west-2").refused

    assert refusal.rule == "home-region"


def test_naming_part_of_a_service_means_that_service(wanted):
    assert wanted(features=("s3",)).services == ("guardduty",)
    assert wanted(standards=("fsbp",)).services == ("securityhub",)
    assert wanted(features=("s3",), standards=("fsbp",)).services == ("guardduty", "securityhub")
    assert wanted().services == ("guardduty", "securityhub")


def test_the_two_runtime_plans_exclude_one_another(wanted):
    with pytest.raises(UsageError, match="exclude one another"):
        wanted(features=("runtime", "eks-runtime"))
