"""What is done the short way for the sake of a hundred thousand findings comes to the same as the long way."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote

from asff_made import asff, guardduty, read
from hypothesis import given
from hypothesis import strategies as st

from secguard.findings.forms.console import console_url
from secguard.findings.forms.fields import text
from secguard.findings.listing import in_full
from secguard.findings.ranking import rank
from secguard.model import timestamp

ARNS = st.from_regex(r"arn:aws:[a-z]{2,9}:us-east-1:[0-9]{12}:[A-Za-z0-9:/_.~-]{1,40}", fullmatch=True)


@given(st.one_of(ARNS, st.text(min_size=1)))
def test_a_link_holds_the_id_quoted_twice(finding_id):
    url = console_url(
        finding_id, product_arn="arn:aws:securityhub:us-east-1::product/aws/inspector", region="us-east-1"
    )
    assert url.endswith(quote(quote(finding_id, safe=""), safe=""))


@given(st.text())
def test_a_text_is_kept_unless_nothing_is_in_it(value):
    assert text(value) == (value if value.strip() else None)


@given(st.floats(-1e9, 1e11), st.integers(-14, 14))
def test_a_time_is_spelled_in_utc_to_the_second(epoch, hours):
    moment = datetime.fromtimestamp(epoch, timezone(timedelta(hours=hours)))
    assert timestamp(moment) == moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_finding_in_full_is_the_ranked_one_with_its_playbooks():
    now = datetime(2026, 11, 23, tzinfo=UTC)
    for finding in (read(asff(1)), read(guardduty(2)), read(guardduty(3, Sample=True))):
        ranked, full = rank(finding, now=now), in_full(finding, now=now, answers=lambda _finding: ("block-ip",))
        assert (full.priority, full.priority_reasons) == (ranked.priority, ranked.priority_reasons)
        assert full.playbooks == ("block-ip",)
