"""GuardDuty in one place: its detector, how often it publishes, and its protection plans."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secguard.engine.change import Undo
from secguard.engine.seam import Call, Reader
from secguard.engine.setting import Address, Item, Read, Setting, WayBack
from secguard.engine.values import late
from secguard.errors import AwsError, Unsupported
from secguard.model import Value

ON, OFF, SUSPENDED = "ENABLED", "DISABLED", "SUSPENDED"
CROWDED = "ENABLED WITH MORE THAN WAS ASKED FOR"

EITHER_OR = ("RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING")
"""The newer one does what the older one did; a request that names both is refused."""

# These came up off in a new detector (2026-07), and a Region that lacks one refuses the whole list that names it.
OFF_BY_ITSELF = frozenset({"AI_ANALYST", "EKS_RUNTIME_MONITORING"})

KEEPS_FOR = 5.0
"""Seconds for which a switch that was looked at need not be looked at again before it is set; see `Setting`."""

READS = ("guardduty:ListDetectors", "guardduty:GetDetector")


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSeen:
    """A detector as GetDetector shows it, and what the API knows besides."""

    id: str
    status: str
    """ENABLED or SUSPENDED."""
    publishing_frequency: str
    features: Mapping[str, str]
    """What can be switched here, each ENABLED or DISABLED. A Region that lacks one does not list it."""
    managed: frozenset[str]
    """Features that a policy of the organization owns."""


def see_detector(aws: Reader) -> DetectorSeen | None:
    """The one detector of a place, or None. Reads ListDetectors and GetDetector."""
    ids = aws.ask("guardduty", "ListDetectors")["DetectorIds"]
    return _seen(aws, ids[0]) if ids else None


def _seen(aws: Reader, detector: str) -> DetectorSeen:
    answer = aws.ask("guardduty", "GetDetector", DetectorId=detector)
    optional = [feature for feature in answer["Features"] if feature["Name"] not in foundational(aws)]
    return DetectorSeen(
        id=detector,
        status=ON if answer["Status"] == ON else SUSPENDED,
        publishing_frequency=answer["FindingPublishingFrequency"],
        features={feature["Name"]: feature["Status"] for feature in optional},
        managed=frozenset(f["Name"] for f in optional if f.get("ManagedBy") == "GUARDDUTY_POLICY"),
    )


def foundational(aws: Reader) -> frozenset[str]:
    """The sources that are always on: the API shows them, and can't set them."""
    return frozenset(aws.choices("guardduty", "DetectorFeatureResult")) - frozenset(switchable(aws))


def switchable(aws: Reader) -> tuple[str, ...]:
    """Every protection plan that the API knows, whether or not a Region has it."""
    return aws.choices("guardduty", "DetectorFeature")


class Detector(Setting):
    """GuardDuty's switch: None where there is no detector, "SUSPENDED" or "ENABLED".

    The address of one that is to be created says how: `{"features": ["S3_DATA_EVENTS"], "frequency": "ONE_HOUR"}`.
    """

    name = "guardduty.detector"
    reads = READS
    keeps_for = KEEPS_FOR
    writes = ("guardduty:CreateDetector", "guardduty:UpdateDetector", "guardduty:TagResource")
    settles_in = 60.0

    def read(self, aws: Reader, address: Address) -> Read:
        """The context is the detector's id and the names of what it could switch."""
        seen = see_detector(aws)
        if seen is None:
            return Read(None, context={"detector": None, "features": list(switchable(aws))})
        context = {"detector": seen.id, "features": list(seen.features)}
        return Read(_value(seen, address), context=context, yields={"DetectorId": seen.id})

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """One call; two when a suspended detector of our own making is switched on."""
        if wanted is None or found == wanted:
            return []
        if found is None:
            return [_create(address, context["features"])]
        detector = context["detector"] or late("this.DetectorId")
        switch = Call("guardduty", "UpdateDetector", {"DetectorId": detector, "Enable": wanted == ON})
        if wanted != ON or "features" not in address:
            return [switch]
        # Only a detector that this change has created is found so. What would come up by itself goes first; and one
        # that is suspended takes no feature being switched on.
        unasked = _off(set(context["features"]) - set(address["features"]) - _excluded(address["features"]))
        trim = Call("guardduty", "UpdateDetector", {"DetectorId": detector, "Features": unasked})
        return [*([trim] if unasked else []), *([switch] if found == SUSPENDED else [])]

    def instead(self, item: Item, error: AwsError) -> list[Call]:
        """A Region that refuses the list of features, because it lacks one, gets a detector that is suspended at first.

        It then shows which features it has, and costs nothing until the others are off.
        """
        refuses_list = isinstance(error, Unsupported) or "invalid or out-of-range" in error.aws_message
        if item.found is not None or error.operation != "CreateDetector" or not refuses_list:
            return []
        return [Call("guardduty", "CreateDetector", {"Enable": False, "Tags": _tags()})]

    def passes_through(self, value: Value, before: Value, after: Value) -> bool:
        """A new detector is suspended at first where it could not be created with a list of features.

        It is crowded where something came up that was not asked for.
        """
        return before is None and after == ON and value in (SUSPENDED, CROWDED)

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """Never deletes: a detector takes its findings with it."""
        if before is None:
            note = "the detector is suspended, not deleted: deleting it would destroy its findings"
            return WayBack(Undo.NEAREST, SUSPENDED, note)
        return WayBack(Undo.EXACT, before)

    def document(self, address: Address) -> str:
        """One per place."""
        return self.name

    def target(self, address: Address) -> str:
        """There is one at most."""
        return "GuardDuty detector"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """In the operator's words."""
        match before, after:
            case "ENABLED", "ENABLED":
                return "on"
            case None, _:
                return "turn GuardDuty on"
            case _, "ENABLED":
                return "turn GuardDuty on again"
            case _:
                return "suspend GuardDuty"


class PublishingFrequency(Setting):
    """How often updates of known findings go out: FIFTEEN_MINUTES, ONE_HOUR or SIX_HOURS."""

    name = "guardduty.publishing-frequency"
    reads = READS
    keeps_for = KEEPS_FOR
    writes = ("guardduty:UpdateDetector",)

    def read(self, aws: Reader, address: Address) -> Read:
        """The address holds the detector's id."""
        return Read(_seen(aws, address["detector"]).publishing_frequency)

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Nothing leads back to no detector."""
        if wanted is None:
            return []
        wish = {"DetectorId": address["detector"], "FindingPublishingFrequency": wanted}
        return [Call("guardduty", "UpdateDetector", wish)]

    def preview(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """None for a detector that is not there yet: it is created so."""
        return [] if found is None else self.calls(address, found, wanted, context)

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """Of a detector that was not there, nothing is left to set back."""
        return _way_back(before, after)

    def target(self, address: Address) -> str:
        """In the operator's words."""
        return "GuardDuty publishing frequency"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """In the operator's words."""
        every = f"every {_words(after)}"
        return every if before == after else f"publish updates of findings {every}"


class Feature(Setting):
    """One protection plan of a detector: "ENABLED" or "DISABLED".

    Raises Unsupported where the Region does not have it.
    """

    name = "guardduty.feature"
    reads = READS
    keeps_for = KEEPS_FOR
    writes = ("guardduty:UpdateDetector",)
    settles_in = 60.0
    merges = 20

    def read(self, aws: Reader, address: Address) -> Read:
        """The address holds the detector's id and the feature's API name."""
        feature = address["feature"]
        features = _seen(aws, address["detector"]).features
        if feature not in features:
            raise Unsupported(f"GuardDuty in {aws.place.region} has no {feature}")
        return Read(features[feature])

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """UpdateDetector leaves features alone that it does not name."""
        return self.merged([Item(address, found, wanted, context)])

    def batch(self, address: Address, wanted: Value) -> Hashable:
        """All features of a detector go in one call."""
        return str(address["detector"])

    def merged(self, items: Sequence[Item]) -> list[Call]:
        """One call for every feature of one detector."""
        switched = [_switch(item.address["feature"], item.wanted) for item in items if item.wanted is not None]
        if not switched:
            return []
        wish = {"DetectorId": items[0].address["detector"], "Features": switched}
        return [Call("guardduty", "UpdateDetector", wish)]

    def passes(self, error: AwsError) -> bool:
        """A detector that was switched on this moment may still be taken for suspended."""
        return "while the detector is disabled" in error.aws_message

    def preview(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """None for a detector that is not there yet: it is created so."""
        return [] if found is None else self.calls(address, found, wanted, context)

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """Of a detector that was not there, nothing is left to set back."""
        return _way_back(before, after)

    def target(self, address: Address) -> str:
        """In the operator's words."""
        return f"GuardDuty {address['feature']}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """In the operator's words."""
        on = "on" if after == ON else "off"
        return on if before == after else f"turn {address['feature']} {on}"


SETTINGS = (Detector(), PublishingFrequency(), Feature())


def _create(address: Address, known: Iterable[str]) -> Call:
    """A detector that is on, with what is wanted and nothing else."""
    wish = {"Enable": True, "ClientToken": late("run_id"), "Tags": _tags()}
    wanted = address.get("features", ())
    unasked = _off(set(known) - set(wanted) - _excluded(wanted) - OFF_BY_ITSELF)
    # One that is not named comes up enabled, and is billed.
    wish["Features"] = [*({"Name": feature, "Status": ON} for feature in wanted), *unasked]
    if "frequency" in address:
        wish["FindingPublishingFrequency"] = address["frequency"]
    return Call("guardduty", "CreateDetector", wish)


def _tags() -> dict[str, Value]:
    return {"secguard:run": late("run_id"), "secguard:change": late("this.change")}


def _value(seen: DetectorSeen, address: Address) -> str:
    """The status; of a detector that was to come up with certain features, also whether it came up with more."""
    on = {feature for feature, status in seen.features.items() if status == ON}
    more = on - set(address["features"]) if "features" in address else ()
    return CROWDED if more and seen.status == ON else seen.status


def _excluded(wanted: Iterable[str]) -> set[str]:
    """The feature that may not be named beside its rival: the wanted one stays, else the newer."""
    newer, older = EITHER_OR
    return {newer} if older in wanted else {older}


def _off(features: Iterable[str]) -> list[dict[str, Value]]:
    return [_switch(feature, OFF) for feature in sorted(features)]


def _switch(feature: str, status: Value) -> dict[str, Value]:
    return {"Name": feature, "Status": status}


def _way_back(before: Value, after: Value) -> WayBack:
    if before is None:
        return WayBack(Undo.NEAREST, after, "it stays as it is on the suspended detector, where it does nothing")
    return WayBack(Undo.EXACT, before)


def _words(frequency: Value) -> str:
    return {"FIFTEEN_MINUTES": "15 minutes", "ONE_HOUR": "hour", "SIX_HOURS": "6 hours"}.get(frequency, str(frequency))
