"""The names of the products whose findings Security Hub holds. Pure."""

from __future__ import annotations

GUARDDUTY = "GuardDuty"
SECURITY_HUB = "Security Hub"

NAMES = {
    "access-analyzer": "IAM Access Analyzer",
    "config": "Config",
    "firewall-manager": "Firewall Manager",
    "guardduty": GUARDDUTY,
    "health": "Health",
    "inspector": "Inspector",
    "iot-device-defender": "IoT Device Defender",
    "macie": "Macie",
    "securityhub": SECURITY_HUB,
    "ssm-patch-manager": "Systems Manager Patch Manager",
}
"""What `ProductName` says of the findings of `arn:…::product/aws/NAME`."""


def known_product(typed: str) -> str | None:
    """The name of AWS's own product that an operator means: `guardduty`, `Security Hub`, `access-analyzer`."""
    meant = plain(typed)
    return next((name for key, name in NAMES.items() if meant in (plain(key), plain(name))), None)


def plain(name: str) -> str:
    """A product's name in the form in which two spellings of it are equal."""
    return "".join(char for char in name.casefold() if char.isalnum())
