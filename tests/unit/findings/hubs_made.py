"""Security Hub in several Regions, without AWS: what `findings.places.Reach` asks for."""

from types import SimpleNamespace

from asff_made import ACCOUNT

from secguard.errors import AwsError, NoCredentials, NotThere
from secguard.model import Unreached
from secguard.sandbox.securityhub.filtering import ordered, predicate

OFF = NotThere("Security Hub is off", code="InvalidAccessException")


class Hubs:
    """`hubs` holds each Region's findings, or the error that it answers with."""

    def __init__(self, hubs, *, region="us-east-1", home=None, linking="ALL_REGIONS", linked=()):
        self.hubs = hubs
        self.region = region
        self.home = home
        self.linking, self.linked = linking, linked
        self.caller = SimpleNamespace(account=ACCOUNT)
        self.asked = []
        self.breaks = {}
        """For a Region: after how many findings of one request which error comes, each once."""

    def regions(self, account):
        assert account == ACCOUNT
        return sorted(self.hubs)

    def supported(self, service):
        assert service == "securityhub"
        return frozenset({*self.hubs, "ap-east-1"})

    def look(self, place):
        return _Look(self, place)

    def fan_out(self, places, task, *, services=()):
        assert list(services) == ["securityhub"]
        results, refused = [], []
        for place in places:
            try:
                results.append((place, task(place)))
            except NoCredentials as error:
                refused.append(error)
            except AwsError as error:
                results.append((place, Unreached(account=place.account, region=place.region, why=str(error))))
        if refused and not results:
            raise refused[0]
        yield from results

    def visible(self, region):
        own = self.hubs[region]
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


class _Look:
    def __init__(self, hubs, place):
        self.hubs, self.place = hubs, place

    def ask(self, service, operation, **parameters):
        self.hubs.asked.append((self.place.region, operation, parameters))
        assert (service, operation) == ("securityhub", "GetFindingAggregator")
        return {
            "FindingAggregatorArn": parameters["FindingAggregatorArn"],
            "FindingAggregationRegion": self.hubs.home,
            "RegionLinkingMode": self.hubs.linking,
            "Regions": list(self.hubs.linked),
        }

    def items(self, service, operation, key, **parameters):
        region = self.place.region
        self.hubs.asked.append((region, operation, parameters))
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
