"""Security Hub and GuardDuty in several Regions, without AWS: what `findings.places.Reach` asks for."""

from types import SimpleNamespace

import msgspec
from asff_made import ACCOUNT, DETECTOR

from secguard.errors import AwsError, NoCredentials, NotThere
from secguard.findings.forms.guardduty import camel_case
from secguard.model import Unreached
from secguard.sandbox.guardduty import criteria
from secguard.sandbox.securityhub import composite
from secguard.sandbox.securityhub.filtering import ordered, predicate

OFF = NotThere("Security Hub is off", code="InvalidAccessException")


class Hubs:
    """`hubs` holds each Region's findings, or the error that it answers with."""

    def __init__(
        self, hubs, *, detectors=None, new_hubs=None, region="us-east-1", home=None, linking="ALL_REGIONS", linked=()
    ):
        self.hubs = hubs
        self.detectors = detectors or {}
        """For a Region with a detector, its findings as events carry them."""
        self.new_hubs = new_hubs or {}
        """For a Region where the new Security Hub is on, its findings in OCSF."""
        self.region = region
        self.home = home
        self.linking, self.linked = linking, linked
        self.caller = SimpleNamespace(account=ACCOUNT)
        self.asked = []
        self.breaks = {}
        """For a Region: after how many findings of one request which error comes, each once."""

    def regions(self, account):
        assert account == ACCOUNT
        return sorted(self.enabled())

    def supported(self, service):
        assert service in ("securityhub", "guardduty")
        return frozenset({*self.enabled(), "ap-east-1"})

    def enabled(self):
        return {*self.hubs, *self.detectors, *self.new_hubs}

    def look(self, place):
        return _Look(self, place)

    def fan_out(self, places, task, *, services=()):
        assert list(services) in (["securityhub"], ["guardduty"])
        results, refused = [], []
        for place in places:
            try:
                results.append((place, task(place)))
            except NoCredentials as error:
                refused.append((place, error))
            except AwsError as error:
                results.append((place, _unreached(place, error)))
        if refused and not results:
            raise refused[0][1]
        yield from results
        yield from ((place, _unreached(place, error)) for place, error in refused)

    def visible(self, region):
        own = self.hubs.get(region, OFF)
        if isinstance(own, Exception):
            raise own
        if region != self.home:
            return own
        behind = {
            "ALL_REGIONS": lambda other: True,
            "SPECIFIED_REGIONS": lambda other: other in self.linked,
            "ALL_REGIONS_EXCEPT_SPECIFIED": lambda other: other not in self.linked,
        }.get(self.linking, lambda other: False)
        others = (hub for other, hub in self.hubs.items() if other != region and behind(other))
        return [*own, *(item for hub in others if isinstance(hub, list) for item in hub)]


def _unreached(place, error):
    return Unreached(account=place.account, region=place.region, why=str(error))


class _Look:
    def __init__(self, hubs, place):
        self.hubs, self.place = hubs, place

    def ask(self, service, operation, **parameters):
        region = self.place.region
        self.hubs.asked.append((region, operation, parameters))
        match service, operation:
            case "securityhub", "DescribeHub":
                self.hubs.visible(region)
                return {"HubArn": "arn:aws:securityhub:…:hub/default"}
            case "securityhub", "DescribeSecurityHubV2":
                self.new_findings()
                return {"HubV2Arn": "arn:aws:securityhub:…:hubv2/default"}
        assert (service, operation) == ("securityhub", "GetFindingAggregator")
        return {
            "FindingAggregatorArn": parameters["FindingAggregatorArn"],
            "FindingAggregationRegion": self.hubs.home,
            "RegionLinkingMode": self.hubs.linking,
            "Regions": list(self.hubs.linked),
        }

    def detected(self):
        found = self.hubs.detectors[self.place.region]
        if isinstance(found, Exception):
            raise found
        return found

    def new_findings(self):
        found = self.hubs.new_hubs.get(self.place.region, OFF)
        if isinstance(found, Exception):
            raise found
        return found

    def texts(self, service, operation, key, **parameters):
        return (msgspec.Raw(msgspec.json.encode(item)) for item in self.items(service, operation, key, **parameters))

    def items(self, service, operation, key, **parameters):
        region = self.place.region
        self.hubs.asked.append((region, operation, parameters))
        if service == "guardduty":
            yield from self.of_guardduty(operation, parameters)
            return
        if operation == "GetFindingsV2":
            yield from filter(composite.predicate(parameters.get("Filters", {})), self.new_findings())
            return
        visible = self.hubs.visible(region)
        if operation == "ListFindingAggregators":
            arn = f"arn:aws:securityhub:{self.hubs.home}:{ACCOUNT}:finding-aggregator/1"
            yield from [{"FindingAggregatorArn": arn}] if self.hubs.home else []
            return
        assert (service, operation, key) == ("securityhub", "GetFindings", "Findings")
        chosen = [
            item for item in visible if not isinstance(item, dict) or predicate(parameters.get("Filters", {}))(item)
        ]
        if parameters.get("SortCriteria"):
            chosen = ordered(chosen, parameters["SortCriteria"])
        after, error = self.hubs.breaks.get(region, (None, None))
        for position, item in enumerate(chosen):
            if position == after:
                del self.hubs.breaks[region]
                raise error
            yield item

    def of_guardduty(self, operation, parameters):
        if operation == "ListDetectors":
            yield from [DETECTOR] if self.place.region in self.hubs.detectors else []
            return
        assert parameters["DetectorId"] == DETECTOR
        if operation == "GetFindings":
            known = {finding["id"]: finding for finding in self.detected()}
            yield from (_native(known[each]) for each in parameters["FindingIds"])
            return
        wanted = camel_case(parameters.get("FindingCriteria", {}))
        yield from (finding["id"] for finding in self.detected() if criteria.matches(finding, wanted))


def _native(value):
    """A finding as GetFindings returns it."""
    if isinstance(value, list):
        return [_native(part) for part in value]
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: _native(part) for key, part in value.items()}
    return value
