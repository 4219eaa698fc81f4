"""Whom this account administers in GuardDuty, and who administers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from secguard.sandbox import clock
from secguard.sandbox.guardduty import features
from secguard.sandbox.guardduty.backend import Detector, GuardDutyBackend, backend_of
from secguard.sandbox.guardduty.detectors import new_detector
from secguard.sandbox.guardduty.refusals import INVALID_VALUE, bad_request
from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.pages import UnknownToken
from secguard.sandbox.shared import Member, administrator_of, all_members, members_of, set_members

ALREADY_A_MEMBER = "The request is rejected because the given account ID is already a member of the current account."
NOT_A_MEMBER = (
    "The request is rejected because the given account ID is not an associated member of the current account."
)
OWN_ACCOUNT = "The request is rejected because the account cannot be a member of itself."


def get_administrator_account(here: GuardDutyBackend, ask: Ask) -> Answer:
    """GetAdministratorAccount: empty for an account that nobody administers."""
    return _administrator(here, ask, "administrator")


def get_master_account(here: GuardDutyBackend, ask: Ask) -> Answer:
    """GetMasterAccount: the older name."""
    return _administrator(here, ask, "master")


def _administrator(here: GuardDutyBackend, ask: Ask, key: str) -> Answer:
    here.owned(ask["DetectorId"])
    account = administrator_of("guardduty", here.region_name, here.account_id)
    if account is None:
        return {}
    own = members_of("guardduty", here.region_name, account)[here.account_id]
    return {key: {"accountId": account, "relationshipStatus": "Enabled", "invitedAt": own.joined_at}}


def list_members(here: GuardDutyBackend, ask: Ask) -> Answer:
    """ListMembers: associated ones only, unless told otherwise."""
    here.owned(ask["DetectorId"])
    only_associated = ask.get("onlyAssociated", "true").lower() == "true"
    question = f"ListMembers {only_associated}"
    listed = (members_of if only_associated else all_members)("guardduty", here.region_name, here.account_id)
    token = ask.get("nextToken")
    try:
        members = here.pages.rest(token, question=question) if token else list(listed.values())
    except UnknownToken as error:
        raise bad_request(INVALID_VALUE) from error
    page, further = here.pages.cut(members, ask.get("maxResults", 50), question=question)
    return {"members": [_shown(here, member) for member in page], "nextToken": further or ""}


def get_members(here: GuardDutyBackend, ask: Ask) -> Answer:
    """GetMembers."""
    here.owned(ask["DetectorId"])
    listed = all_members("guardduty", here.region_name, here.account_id)
    return {
        "members": [_shown(here, listed[account]) for account in ask["accountIds"] if account in listed],
        "unprocessedAccounts": _unprocessed(account for account in ask["accountIds"] if account not in listed),
    }


def create_members(here: GuardDutyBackend, ask: Ask) -> Answer:
    """CreateMembers: turns GuardDuty on in each, if it is off there."""
    here.owned(ask["DetectorId"])
    unprocessed = []
    for details in ask["accountDetails"]:
        account, problem = details["accountId"], _unfit(here, details["accountId"])
        if problem:
            unprocessed.append({"accountId": account, "result": problem})
        else:
            add_member(here, account, details["email"])
    return {"unprocessedAccounts": unprocessed}


def add_member(here: GuardDutyBackend, account: str, email: str) -> None:
    """Make an account a member, with a detector set up as the organization's configuration says."""
    listed = all_members("guardduty", here.region_name, here.account_id)
    member = Member(account=account, email=email, joined_at=clock.iso_millis(clock.now()))
    set_members("guardduty", here.region_name, here.account_id, {**listed, account: member})
    there = backend_of(account, here.region_name)
    if there.detector is None:
        configured = here.detector.organization["features"] if here.detector else {}
        wanted = [_member_feature(name, each) for name, each in configured.items()]
        frequency = here.detector.frequency if here.detector else "SIX_HOURS"
        there.detector = new_detector(
            there, {"enable": True, "features": wanted, "findingPublishingFrequency": frequency}
        )


def disassociate_members(here: GuardDutyBackend, ask: Ask) -> Answer:
    """DisassociateMembers: they stay listed."""
    return _leave(here, ask, keep_listed=True)


def delete_members(here: GuardDutyBackend, ask: Ask) -> Answer:
    """DeleteMembers."""
    return _leave(here, ask, keep_listed=False)


def _leave(here: GuardDutyBackend, ask: Ask, *, keep_listed: bool) -> Answer:
    detector = here.owned(ask["DetectorId"])
    if detector.organization["members"] == "ALL":
        raise bad_request(INVALID_VALUE)
    listed = all_members("guardduty", here.region_name, here.account_id)
    leaving = {account: listed.pop(account) for account in ask["accountIds"] if account in listed}
    if keep_listed:
        listed.update({account: replace(member, associated=False) for account, member in leaving.items()})
    set_members("guardduty", here.region_name, here.account_id, listed)
    return {"unprocessedAccounts": _unprocessed(each for each in ask["accountIds"] if each not in leaving)}


def get_member_detectors(here: GuardDutyBackend, ask: Ask) -> Answer:
    """GetMemberDetectors."""
    here.owned(ask["DetectorId"])
    detectors = _member_detectors(here, ask)
    members = [
        {
            "accountId": account,
            "dataSources": features.shown_as_data_sources(detector),
            "features": [each for each in features.shown(detector) if each["name"] in features.OF_ORGANIZATIONS],
        }
        for account, detector in detectors.items()
    ]
    return {
        "members": members,
        "unprocessedAccounts": _unprocessed(each for each in ask["accountIds"] if each not in detectors),
    }


def update_member_detectors(here: GuardDutyBackend, ask: Ask) -> Answer:
    """UpdateMemberDetectors."""
    here.owned(ask["DetectorId"])
    detectors = _member_detectors(here, ask)
    moment = clock.now()
    for account, detector in detectors.items():
        changed = features.merged(here.region_name, detector.features, features.asked_features(ask), moment=moment)
        there = backend_of(account, here.region_name)
        there.detector = replace(detector, features=changed, updated_at=moment)
    return {"unprocessedAccounts": _unprocessed(each for each in ask["accountIds"] if each not in detectors)}


def _member_detectors(here: GuardDutyBackend, ask: Ask) -> dict[str, Detector]:
    members = members_of("guardduty", here.region_name, here.account_id)
    found = {each: backend_of(each, here.region_name).detector for each in ask["accountIds"] if each in members}
    return {account: detector for account, detector in found.items() if detector is not None}


def _unfit(here: GuardDutyBackend, account: str) -> str | None:
    if account == here.account_id:
        return OWN_ACCOUNT
    if administrator_of("guardduty", here.region_name, account):
        return ALREADY_A_MEMBER
    return None


def _member_feature(name: str, configured: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "status": _status(configured),
        "additionalConfiguration": [
            {"name": more["name"], "status": _status(more)} for more in configured.get("additionalConfiguration", [])
        ],
    }


def _status(configured: Mapping[str, Any]) -> str:
    return "DISABLED" if configured.get("autoEnable", "NONE") == "NONE" else "ENABLED"


def _unprocessed(accounts: Any) -> list[dict[str, str]]:
    return [{"accountId": account, "result": NOT_A_MEMBER} for account in accounts]


def _shown(here: GuardDutyBackend, member: Member) -> dict[str, Any]:
    detector = backend_of(member.account, here.region_name).detector
    return {
        "accountId": member.account,
        "masterId": here.account_id,
        "administratorId": here.account_id,
        "email": member.email,
        "relationshipStatus": "Enabled" if member.associated else "Removed",
        "invitedAt": member.joined_at,
        "updatedAt": member.joined_at,
        **({"detectorId": detector.id} if detector else {}),
    }


OPERATIONS = {
    "GetAdministratorAccount": get_administrator_account,
    "GetMasterAccount": get_master_account,
    "ListMembers": list_members,
    "GetMembers": get_members,
    "CreateMembers": create_members,
    "DisassociateMembers": disassociate_members,
    "DeleteMembers": delete_members,
    "GetMemberDetectors": get_member_detectors,
    "UpdateMemberDetectors": update_member_detectors,
}
