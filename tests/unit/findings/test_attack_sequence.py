from acts_made import SEQUENCE, sequence

from secguard.findings.forms.attack_sequence import Sequence, sequence_of

SIGNAL = {
    "uid": "arn:aws:guardduty:us-east-1:1:detector/d/finding/f",
    "name": "A:B/C",
    "count": 4,
    "firstSeenAt": 1795446237,
}


def test_the_same_is_read_from_every_form():
    direct = {"service": {"detection": {"sequence": {"signals": [SIGNAL]}}}}
    pascal = {
        "Service": {
            "Detection": {"Sequence": {"Signals": [{key[:1].upper() + key[1:]: SIGNAL[key] for key in SIGNAL}]}}
        }
    }
    hub = {
        "Detection": {
            "Sequence": {"Signals": [{"Id": SIGNAL["uid"], "Name": "A:B/C", "Count": 4, "FirstSeenAt": 1795446237}]}
        }
    }
    flattened = {"ProductFields": {f"{SEQUENCE}/signals.0_/{key}": str(value) for key, value in SIGNAL.items()}}
    read = [sequence_of(form) for form in (direct, pascal, hub, flattened)]

    assert all(one == read[0] for one in read)
    (signal,) = read[0].signals
    assert (signal.uid, signal.count, str(signal.first_seen)) == (SIGNAL["uid"], 4, "2026-11-23 15:03:57+00:00")


def test_ocsf_lists_signals_as_related_events():
    item = {"finding_info": {"related_events": [{"uid": "u", "title": "GetObject", "first_seen_time": 1795446237000}]}}
    (signal,) = sequence_of(item).signals

    assert (signal.name, str(signal.first_seen)) == ("GetObject", "2026-11-23 15:03:57+00:00")


def test_more_than_ten_of_a_list_keep_their_order():
    found = sequence(1, [{"uid": f"u{n}"} for n in range(12)])

    assert [signal.uid for signal in sequence_of(found.raw).signals] == [f"u{n}" for n in range(12)]


def test_what_is_no_sequence_lists_nothing():
    for raw in ({}, None, [], {"ProductFields": {"detection/sequence/uid": "x"}}, {"Detection": "x"}):
        assert sequence_of(raw) == Sequence()


def test_fields_that_contradict_one_another_break_nothing():
    fields = {f"{SEQUENCE}/signals": "x", f"{SEQUENCE}/signals.0_/uid": "u", f"{SEQUENCE}/signals.0_/uid/more": "y"}

    sequence_of({"ProductFields": fields})
    sequence_of({"ProductFields": dict(reversed(fields.items()))})
