"""Suppression rules made for tests."""

from datetime import UTC, datetime

from secguard.findings.suppression.rule import rule_of

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def rule(name="scanner", *, reason="our own scanner", owner="ann", expires="2027-01-31", by="auto", **match):
    """A rule; keywords beside its own are filters: `control=["S3.2"]`."""
    return rule_of({
        "name": name, "reason": reason, "owner": owner, "expires": expires, "by": by, "match": match or WIDE,
    })  # fmt: skip


WIDE = {"severity": ["low"]}
