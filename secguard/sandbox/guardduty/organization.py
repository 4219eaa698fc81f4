"""The organization's administrator for GuardDuty, and how its members are set up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from secguard.sandbox.guardduty import features
from secguard.sandbox.guardduty.backend import Detector, GuardDutyBackend, backend_of
from secguard.sandbox.guardduty.detectors import new_detector
from secguard.sandbox.guardduty.members import add_member
from secguard.sandbox.guardduty.refusals import (
    INVALID_VALUE,
    NOT_DELEGATED,
    NOT_IN_ORGANIZATION,
    NOT_MANAGEMENT,
    OTHER_ADMINISTRATOR,
    bad_request,
)
from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.shared import all_members, designated, dismiss, members_of, organization_of, shared


def list_admin_accounts(here: GuardDutyBackend, ask: Ask) -> Answer:
    """ListOrganizationAdminAccounts: one at most."""
    del ask
    account = designated("guardduty", here.region_name)
    known = account is not None and organization_of(account) == organization_of(here.account_id)
    return {"adminAccounts": [{"adminAccountId": account, "adminStatus": "ENABLED"}] if known else []}


def enable_admin_account(here: GuardDutyBackend, ask: Ask) -> Answer:
    """EnableOrganizationAdminAccount: turns GuardDuty on in that account, in this Region."""
    account = ask["adminAccountId"]
    _refuse_unless_management(here, account)
    present = designated("guardduty", here.region_name)
    if present not in (None, account):
        raise bad_request(OTHER_ADMINISTRATOR)
    shared().designated["guardduty", here.region_name] = account
    there = backend_of(account, here.region_name)
    there.detector = there.detector or new_detector(there, {"enable": True})
    return {}


def disable_admin_account(here: GuardDutyBackend, ask: Ask) -> Answer:
    """DisableOrganizationAdminAccount: in this Region. GuardDuty stays on in the members."""
    account = ask["adminAccountId"]
    _refuse_unless_management(here, account)
    if designated("guardduty", here.region_name) != account:
        raise bad_request(INVALID_VALUE)
    dismiss("guardduty", here.region_name)
    return {}


def _refuse_unless_management(here: GuardDutyBackend, account: str) -> None:
    organization = organization_of(here.account_id)
    if organization is None or account not in organization.accounts:
        raise bad_request(NOT_IN_ORGANIZATION)
    if organization.management != here.account_id:
        raise bad_request(NOT_MANAGEMENT)


def describe_configuration(here: GuardDutyBackend, ask: Ask) -> Answer:
    """DescribeOrganizationConfiguration: for the delegated administrator."""
    detector = _of_administrator(here, ask)
    configured = detector.organization["features"]
    listed = [
        {"name": name, "autoEnable": "NONE", **configured.get(name, {})}
        for name in features.offered(here.region_name)
        if name in features.OF_ORGANIZATIONS
    ]
    on = {each["name"]: each["autoEnable"] != "NONE" for each in listed}
    volumes = {"autoEnable": on.get("EBS_MALWARE_PROTECTION", False)}
    return {
        "autoEnable": detector.organization["members"] != "NONE",
        "autoEnableOrganizationMembers": detector.organization["members"],
        "memberAccountLimitReached": False,
        "features": listed,
        "dataSources": {
            "s3Logs": {"autoEnable": on.get("S3_DATA_EVENTS", False)},
            "kubernetes": {"auditLogs": {"autoEnable": on.get("EKS_AUDIT_LOGS", False)}},
            "malwareProtection": {"scanEc2InstanceWithFindings": {"ebsVolumes": volumes}},
        },
    }


def update_configuration(here: GuardDutyBackend, ask: Ask) -> Answer:
    """UpdateOrganizationConfiguration: ALL brings in the accounts that the organization has already."""
    detector = _of_administrator(here, ask)
    if {"autoEnable", "autoEnableOrganizationMembers"} <= ask.keys():
        raise bad_request(INVALID_VALUE)
    members = ask.get("autoEnableOrganizationMembers", detector.organization["members"])
    if "autoEnable" in ask:
        members = "NEW" if ask["autoEnable"] else "NONE"
    configured = {**detector.organization["features"], **_asked(here, ask)}
    here.detector = replace(detector, organization={"members": members, "features": configured})
    if members == "ALL":
        _bring_in_everyone(here)
    return {}


def _asked(here: GuardDutyBackend, ask: Ask) -> dict[str, dict[str, Any]]:
    asked = {each.get("name", ""): each for each in ask.get("features", [])}
    offered = features.OF_ORGANIZATIONS & set(features.offered(here.region_name))
    if asked.keys() - offered or asked.keys() >= features.EITHER_OR:
        raise bad_request(INVALID_VALUE)
    return asked


def _bring_in_everyone(here: GuardDutyBackend) -> None:
    organization = organization_of(here.account_id)
    listed = all_members("guardduty", here.region_name, here.account_id)
    for account, email in (organization.accounts if organization else {}).items():
        if account != here.account_id and (account not in listed or not listed[account].associated):
            add_member(here, account, email)


def _of_administrator(here: GuardDutyBackend, ask: Ask) -> Detector:
    detector = here.owned(ask["DetectorId"])
    administers = members_of("guardduty", here.region_name, here.account_id)
    if designated("guardduty", here.region_name) != here.account_id and not administers:
        raise bad_request(NOT_DELEGATED)
    return detector


OPERATIONS = {
    "ListOrganizationAdminAccounts": list_admin_accounts,
    "EnableOrganizationAdminAccount": enable_admin_account,
    "DisableOrganizationAdminAccount": disable_admin_account,
    "DescribeOrganizationConfiguration": describe_configuration,
    "UpdateOrganizationConfiguration": update_configuration,
}
