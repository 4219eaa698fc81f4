"""When a playbook must not act: every rule, by the facts that decide it."""

import ipaddress

import pytest
from findings_made import finding, instance
from hypothesis import given
from hypothesis import strategies as st

from secguard.engine.guardrails import Allowances
from secguard.playbooks.case import Case
from secguard.playbooks.rules import (
    dead_instance,
    foreign_account,
    no_room,
    not_a_user,
    not_an_outsider,
    own_instance,
    sample,
    unfit_range,
)

CASE = Case(finding=finding(resources=[instance()]))


def why_not(address, *, never_block=(), vpc_ranges=(), own=()):
    case = Case(finding=CASE.finding, never_block=tuple(never_block))
    refusal = not_an_outsider(address, case=case, vpc_ranges=vpc_ranges, own=own)
    return refusal and refusal.why


def test_a_public_address_of_nobody_here_may_be_denied():
    assert why_not("45.155.205.233") is None


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.5.5",
        "192.168.1.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "203.0.113.9",
        "::1",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "2002:0a00:0001::1",
        "not-an-address",
        "45.155.205.233/24",
        "",
    ],
)
def test_a_private_or_reserved_address_is_never_denied_however_it_is_written(address):
    assert why_not(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="224.0.0.0/4"))
def test_no_address_of_a_reserved_block_slips_through(address):
    assert why_not(str(address))


def test_the_allow_list_of_the_configuration_holds_and_is_named():
    assert "198.18" not in str(why_not("45.155.205.233", never_block=["198.18.0.0/15"]))
    assert "45.155.0.0/16" in why_not("45.155.205.233", never_block=["45.155.0.0/16"])


def test_a_public_range_that_a_vpc_uses_is_its_own():
    assert "VPC" in why_not("45.155.205.233", vpc_ranges=["45.155.205.0/24"])


def test_an_elastic_ip_of_the_account_is_its_own():
    assert "own" in why_not("45.155.205.233", own=["45.155.205.233"])


def test_a_range_is_refused_when_it_holds_what_is_protected():
    case = Case(finding=CASE.finding, never_block=("45.155.205.7/32",))

    assert unfit_range("45.155.205.0/24", case).rule == "own-address"
    assert unfit_range("45.155.206.0/24", case) is None
    assert unfit_range("0.0.0.0/0", case) is not None


@given(st.ip_addresses(v=4), st.integers(8, 32))
def test_a_range_that_may_be_denied_lies_outside_every_private_one(address, prefix):
    network = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
    if unfit_range(str(network), CASE) is None:
        assert not any(
            network.overlaps(ipaddress.ip_network(p))
            for p in ("10.0.0.0/8", "192.168.0.0/16", "127.0.0.0/8", "224.0.0.0/4")
        )


@pytest.mark.parametrize(
    ("kind", "word"),
    [("root", "root"), ("role", "sessions"), ("federated", "sign"), ("service", "service"), ("account", "account")],
)
def test_whoever_is_no_user_is_refused_with_what_to_do_instead(kind, word):
    refusal = not_a_user({"kind": kind, "name": "someone", "key": None})

    assert refusal.rule == "unsupported-target"
    assert word in refusal.why


def test_a_key_of_unknown_kind_is_looked_up_rather_than_refused():
    assert not_a_user({"kind": "unknown", "name": None, "key": "AKIAIOSFODNN7EXAMPLE"}) is None
    assert not_a_user({"kind": "unknown", "name": None, "key": None}) is not None


def test_what_is_about_a_sample_is_made_up():
    assert sample(Case(finding=finding(sample=True))).rule == "sample"
    assert sample(CASE) is None


def test_a_resource_of_another_account_is_not_the_findings():
    assert foreign_account("instance i-1", "999999999999", CASE).rule == "foreign-account"
    assert foreign_account("instance i-1", CASE.finding.account, CASE) is None
    assert foreign_account("instance i-1", None, CASE) is None


def test_secguard_does_not_cut_off_the_instance_it_runs_on():
    hop = "arn:aws:sts::123456789012:assumed-role/Responder/i-0123456789abcdef0"
    case = Case(finding=CASE.finding, hops=(hop,))

    assert own_instance({"id": "i-0123456789abcdef0"}, case).rule == "own-identity"
    assert own_instance({"id": "i-0fedcba9876543210"}, case) is None


@pytest.mark.parametrize(
    ("state", "gone"), [("terminated", True), ("shutting-down", True), ("running", False), ("stopped", False)]
)
def test_only_an_instance_that_is_gone_is_beyond_containing(state, gone):
    assert bool(dead_instance({"id": "i-1", "state": state})) is gone


def test_a_full_network_acl_says_how_full_it_is():
    door = {"acl": "acl-1", "direction": "ingress", "cidr": "45.155.205.233/32", "free": [], "used": 20, "quota": 20}

    (refusal,) = no_room([door, {**door, "free": [99]}])

    assert refusal.rule == "quota"
    assert "20 rules of 20" in refusal.why


def test_an_allowance_lifts_its_own_rule_for_what_it_names():
    refusal = foreign_account("instance i-1", "999999999999", CASE)

    def standing(*allow):
        return Case(finding=CASE.finding, allowances=Allowances.parse(allow)).standing(refusal)

    assert standing() == (refusal,)
    assert standing("foreign-account=i-2") == (refusal,)
    assert standing("foreign-account=i-1") == ()
    assert standing("foreign-account") == ()


def test_no_allowance_lifts_what_cannot_work():
    refusal = not_a_user({"kind": "root", "name": "root", "key": None})
    case = Case(finding=CASE.finding, allowances=Allowances(given=("website", "sample", "protected")))

    assert case.standing(refusal) == (refusal,)
