"""The detector: GuardDuty's switch, its settings and its tags."""

from __future__ import annotations

from dataclasses import replace

from moto.moto_api._internal import mock_random

from secguard.sandbox import clock
from secguard.sandbox.guardduty import features
from secguard.sandbox.guardduty.backend import Detector, GuardDutyBackend
from secguard.sandbox.guardduty.refusals import DETECTOR_EXISTS, HAS_MEMBERS, NO_SUCH_RESOURCE, bad_request
from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.shared import members_of

# The guide: updates of existing findings go out every six hours unless told otherwise.
DEFAULT_FREQUENCY = "SIX_HOURS"


def list_detectors(here: GuardDutyBackend, ask: Ask) -> Answer:
    """ListDetectors: one id or none."""
    del ask
    return {"detectorIds": [here.detector.id] if here.detector else []}


def create_detector(here: GuardDutyBackend, ask: Ask) -> Answer:
    """CreateDetector: refused if there is one already, unless it is the same request once more."""
    if here.detector and ask.get("clientToken") == here.detector.client_token:
        return {"detectorId": here.detector.id}
    if here.detector:
        raise bad_request(DETECTOR_EXISTS)
    here.detector = new_detector(here, ask)
    return {"detectorId": here.detector.id}


def new_detector(here: GuardDutyBackend, ask: Ask) -> Detector:
    """What CreateDetector makes of a request."""
    moment = clock.now()
    asked = features.asked_features(ask)
    features.refuse_enabling_while_suspended(asked, enabled=ask["enable"])
    return Detector(
        id=mock_random.get_random_hex(32),
        enabled=ask["enable"],
        frequency=ask.get("findingPublishingFrequency", DEFAULT_FREQUENCY),
        features=features.at_creation(here.region_name, asked, moment=moment),
        created_at=moment,
        updated_at=moment,
        client_token=ask.get("clientToken", ""),
        tags=ask.get("tags", {}),
    )


def get_detector(here: GuardDutyBackend, ask: Ask) -> Answer:
    """GetDetector."""
    detector = here.owned(ask["DetectorId"])
    role = "role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"
    return {
        "createdAt": clock.iso_millis(detector.created_at),
        "updatedAt": clock.iso_millis(detector.updated_at),
        "findingPublishingFrequency": detector.frequency,
        "serviceRole": f"arn:{here.partition}:iam::{here.account_id}:{role}",
        "status": "ENABLED" if detector.enabled else "DISABLED",
        "dataSources": features.shown_as_data_sources(detector),
        "features": features.shown(detector),
        "tags": detector.tags,
    }


def update_detector(here: GuardDutyBackend, ask: Ask) -> Answer:
    """UpdateDetector: what the request does not name keeps its value."""
    detector = here.owned(ask["DetectorId"])
    moment = clock.now()
    enabled = ask.get("enable", detector.enabled)
    asked = features.asked_features(ask)
    features.refuse_enabling_while_suspended(asked, enabled=enabled)
    here.detector = replace(
        detector,
        enabled=enabled,
        frequency=ask.get("findingPublishingFrequency", detector.frequency),
        features=features.merged(here.region_name, detector.features, asked, moment=moment),
        updated_at=moment,
    )
    return {}


def delete_detector(here: GuardDutyBackend, ask: Ask) -> Answer:
    """DeleteDetector: its findings and filters go with it. Refused to an account that has members."""
    here.owned(ask["DetectorId"])
    if members_of("guardduty", here.region_name, here.account_id):
        raise bad_request(HAS_MEMBERS)
    here.detector = None
    here.findings.clear()
    return {}


def list_tags(here: GuardDutyBackend, ask: Ask) -> Answer:
    """ListTagsForResource, for the detector or one of its filters."""
    return {"tags": _tags(here, ask["ResourceArn"])}


def tag(here: GuardDutyBackend, ask: Ask) -> Answer:
    """TagResource."""
    _tags(here, ask["ResourceArn"]).update(ask["tags"])
    return {}


def untag(here: GuardDutyBackend, ask: Ask) -> Answer:
    """UntagResource: keys that are not there don't matter."""
    tags = _tags(here, ask["ResourceArn"])
    for key in ask["tagKeys"]:
        tags.pop(key, None)
    return {}


def _tags(here: GuardDutyBackend, arn: str) -> dict[str, str]:
    if here.detector:
        detector_arn = here.detector_arn(here.detector.id)
        named = {f"{detector_arn}/filter/{name}": each.tags for name, each in here.detector.filters.items()}
        named[detector_arn] = here.detector.tags
        if arn in named:
            return named[arn]
    raise bad_request(NO_SUCH_RESOURCE)


OPERATIONS = {
    "ListDetectors": list_detectors,
    "CreateDetector": create_detector,
    "GetDetector": get_detector,
    "UpdateDetector": update_detector,
    "DeleteDetector": delete_detector,
    "ListTagsForResource": list_tags,
    "TagResource": tag,
    "UntagResource": untag,
}
