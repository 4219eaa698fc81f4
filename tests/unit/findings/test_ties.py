import pytest
from acts_made import OTHER, SEQUENCE, THIEF, TOR, act, attempt, instance, key, sequence
from asff_made import ACCOUNT, asff, detected, ocsf, read
from hypothesis import given
from odd_made import ODD

from secguard.findings.forms.asff import Unreadable, read_asff
from secguard.findings.forms.guardduty import read_guardduty
from secguard.findings.forms.ocsf import read_ocsf
from secguard.findings.incidents.ties import Key, Kind, is_act, is_attempt, keys_of


def ties(finding, *kinds):
    return {key for key in keys_of(finding) if key.kind in (kinds or set(Kind) - {Kind.SEQUENCE})}


def values(finding, kind):
    return {key.value for key in ties(finding, kind)}


def from_network(ip, **organization):
    base = "aws/guardduty/service/action/networkConnectionAction/remoteIpDetails"
    told = {f"{base}/organization/{name}": value for name, value in organization.items()}
    return act(1, fields={f"{base}/ipAddressV4": ip, **told})


@pytest.mark.parametrize("over", [{}, {"ProductName": "Prowler", "Compliance": {"Status": "FAILED"}}])
def test_a_control_tells_of_no_act(over):
    assert not is_act(read(asff(1, **over)))


@pytest.mark.parametrize(
    ("types", "tells"),
    [
        (["TTPs/Initial Access"], True),
        (["Effects/Data Exfiltration"], True),
        (["Unusual Behaviors/User"], True),
        (["Unusual Behaviors"], True),
        (["Effects/Data Exposure/External Access Granted"], False),
        (["Software and Configuration Checks/Vulnerabilities/CVE"], False),
        (["Sensitive Data Identifications/PII"], False),
        ([], False),
    ],
)
def test_of_other_products_the_category_tells_an_act(types, tells):
    made = asff(1, Compliance=None, ProductName="Watcher", Types=types, GeneratorId="watcher")

    assert is_act(read(made)) is tells


def test_an_attack_on_record_in_ocsf_is_an_act():
    attacks = [{"tactic": {"name": "Exfiltration", "uid": "TA0010"}}]

    assert is_act(read_ocsf(ocsf(1, attacks=attacks), position=""))
    assert not is_act(read_ocsf(ocsf(1), position=""))


@pytest.mark.parametrize("ip", ["10.0.0.1", "192.168.1.1", "172.16.0.9", "100.64.0.1", "169.254.169.254", "127.0.0.1"])
def test_a_private_address_ties_nothing(ip):
    assert values(from_network(ip), Kind.ADDRESS) == set()


@pytest.mark.parametrize("ip", ["80.94.92.65", "198.51.100.7", "2a00:1450:4001:81b::200e"])
def test_a_public_address_ties(ip):
    assert values(from_network(ip), Kind.ADDRESS) == {ip}


@pytest.mark.parametrize(
    "organization", [{"asn": "16509"}, {"asn": "AS14618"}, {"asn": "13335"}, {"asnOrg": "Tor exit relays"}]
)
def test_an_address_that_thousands_share_ties_nothing(organization):
    assert values(from_network(THIEF, **organization), Kind.ADDRESS) == set()


def test_an_autonomous_system_alone_ties_nothing():
    base = "aws/guardduty/service/action/networkConnectionAction/remoteIpDetails"

    assert ties(act(1, fields={f"{base}/organization/asn": "208046"})) == set()


def test_what_came_over_tor_is_not_tied_by_its_exit():
    assert values(act(1, kind="UnauthorizedAccess:IAMUser/TorIPCaller", ip=TOR), Kind.ADDRESS) == set()


def test_every_address_that_probed_ties():
    base = "aws/guardduty/service/action/portProbeAction/portProbeDetails"
    fields = {f"{base}.{n}_/remoteIpDetails/ipAddressV4": ip for n, ip in enumerate((THIEF, OTHER))}

    assert values(act(1, fields=fields), Kind.ADDRESS) == {THIEF, OTHER}


def test_a_key_ties_by_itself_and_by_whose_it_is():
    assert ties(act(1, on=[key()])) == {
        Key(Kind.KEY, "AKIAIOSFODNN7EXAMPLE"),
        Key(Kind.USER, f"{ACCOUNT}/deploy-bot"),
    }


def test_a_user_is_the_same_by_key_and_by_arn():
    user = {"Type": "AwsIamUser", "Id": f"arn:aws:iam::{ACCOUNT}:user/bots/deploy-bot"}

    assert ties(act(1, on=[user])) == {Key(Kind.USER, f"{ACCOUNT}/deploy-bot")}


def test_root_is_the_accounts_own():
    found = act(1, on=[key("", name="Root", kind="Root", principal=ACCOUNT)], AwsAccountId="222222222222")

    assert ties(found) == {Key(Kind.USER, "222222222222/root")}


def test_of_a_role_the_session_ties_and_never_the_role():
    session = act(1, on=[key("ASIAIOSFODNN7EXAMPLE", name="deploy", principal="AROAX:alice", kind="AssumedRole")])
    nobody = act(2, on=[key("", name="deploy", principal="AROAX", kind="AssumedRole")])

    assert values(session, Kind.SESSION) == {"AROAX:alice"}
    assert ties(nobody) == set()


def test_an_instances_own_credentials_tie_to_the_instance():
    stolen = act(1, on=[key("ASIA0000000000000001", principal="AROAX:i-0abc12345678def01", kind="AssumedRole")])

    assert ties(stolen) & ties(act(2, on=[instance()])) == {Key(Kind.RESOURCE, "i-0abc12345678def01")}


@pytest.mark.parametrize(
    "resource",
    [
        {"Type": "AwsAccount", "Id": f"AWS::::Account:{ACCOUNT}"},
        {"Type": "AwsEc2Vpc", "Id": f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-1"},
        {"Type": "AwsEc2Image", "Id": "ami-1"},
        {"Type": "Other", "Id": "whatever"},
        {"Type": "AwsIamRole", "Id": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/X"},
        {"Type": "AwsIamRole", "Id": f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/Admins"},
        {"Type": "AwsS3Bucket", "Id": ""},
    ],
)
def test_what_too_many_share_ties_nothing(resource):
    assert ties(act(1, on=[resource])) == set()


def test_a_cluster_ties_only_where_nothing_in_it_is_named():
    cluster = {"Type": "AwsEksCluster", "Id": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/shop"}
    pod = {"Type": "KubernetesWorkload", "Id": "default/web"}

    assert values(act(1, on=[cluster]), Kind.RESOURCE) == {cluster["Id"]}
    assert cluster["Id"] not in values(act(1, on=[cluster, pod]), Kind.RESOURCE)


def test_a_bare_name_is_another_in_each_account_and_region():
    pod = {"Type": "KubernetesWorkload", "Id": "default/web"}
    here, there = act(1, on=[pod]), act(2, on=[pod], AwsAccountId="222222222222")
    elsewhere = act(3, on=[pod], Region="eu-west-1")

    assert len({*ties(here), *ties(there), *ties(elsewhere)}) == 3


def test_the_same_finding_has_the_same_ties_from_every_source():
    """An instance that talks to a controller, as Security Hub, GuardDuty and the new Security Hub have it."""
    name, ip = "i-0abc12345678def01", OTHER
    remote = {"ipAddressV4": ip}
    direct = detected(
        7,
        "Backdoor:EC2/C&CActivity.B",
        resource={"resourceType": "Instance", "instanceDetails": {"instanceId": name}},
        service={
            "action": {"actionType": "NETWORK_CONNECTION", "networkConnectionAction": {"remoteIpDetails": remote}}
        },
    )
    new = ocsf(
        7,
        finding_info={"uid": direct["arn"], "title": "C&C"},
        metadata={
            "uid": "f" * 64,
            "product": {"name": "GuardDuty", "uid": "arn:aws:securityhub:x::productv2/aws/guardduty"},
        },
        evidences=[{"dst_endpoint": {"ip": ip}, "connection_info": {"direction": "Outbound"}}],
        resources=[{"type": "AWS::EC2::Instance", "uid": name}],
    )
    base = "aws/guardduty/service/action/networkConnectionAction/remoteIpDetails/ipAddressV4"
    hub = act(7, kind="Backdoor:EC2/C&CActivity.B", on=[instance(name)], fields={base: ip}, Id=direct["arn"])
    found = [hub, read_guardduty(direct, position=""), read_ocsf(new, position="")]

    assert len({frozenset(keys_of(each)) for each in found}) == 1
    assert set(keys_of(hub)) == {
        Key(Kind.RESOURCE, name),
        Key(Kind.ADDRESS, ip),
        Key(Kind.SEQUENCE, f"{7:032x}"),
    }


def test_pascal_case_of_guarddutys_api_ties_as_its_events_do():
    resource = {"accessKeyDetails": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "ada", "userType": "IAMUser"}}
    event = detected(1, "Discovery:IAMUser/AnomalousBehavior", resource={"resourceType": "AccessKey", **resource})

    def pascal(value):
        if isinstance(value, dict):
            return {key[:1].upper() + key[1:]: pascal(part) for key, part in value.items()}
        return [pascal(part) for part in value] if isinstance(value, list) else value

    said = [read_guardduty(form, position="") for form in (event, pascal(event))]

    assert keys_of(said[0]) == keys_of(said[1])
    assert Key(Kind.USER, f"{ACCOUNT}/ada") in keys_of(said[0])


@pytest.mark.parametrize("role", ["TARGET", "ACTOR"])
def test_an_inbound_connection_to_the_target_is_an_attempt(role):
    made = attempt(1, ip=THIEF, on=instance())
    base = "aws/guardduty/service"
    fields = {**made.raw["ProductFields"], f"{base}/resourceRole": role}

    assert is_attempt(act(1, fields=fields)) is (role == "TARGET")


def test_a_failed_login_is_an_attempt_and_one_that_succeeded_is_not():
    assert is_attempt(act(1, kind="CredentialAccess:RDS/AnomalousBehavior.FailedLogin"))
    assert not is_attempt(act(1, kind="CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin"))


def test_a_probed_port_is_an_attempt_in_each_form():
    action = {"actionType": "PORT_PROBE", "portProbeAction": {"portProbeDetails": []}}
    direct = detected(1, "Recon:EC2/PortProbeUnprotectedPort", service={"action": action})
    hub = act(1, fields={"aws/guardduty/service/action/actionType": "PORT_PROBE"})

    assert is_attempt(read_guardduty(direct, position=""))
    assert is_attempt(hub)


def test_a_sequence_ties_to_what_it_lists_by_arn_or_by_bare_id():
    listed = act(5)
    by_arn = sequence(1, [{"uid": listed.id, "type": "FINDING"}])
    by_id = sequence(2, [{"uid": listed.id.rpartition("/")[2], "type": "FINDING"}])

    for one in (by_arn, by_id):
        assert set(keys_of(one)) & set(keys_of(listed)) == {Key(Kind.SEQUENCE, f"{5:032x}")}


def test_who_and_from_where_a_sequence_lists_tie_as_any():
    user = {f"{SEQUENCE}/actors.0_/user/{name}": value for name, value in USER.items()}
    fields = {**user, f"{SEQUENCE}/endpoints.0_/ip": THIEF}
    found = act(1, kind="AttackSequence:IAM/CompromisedCredentials", fields=fields)

    assert ties(found) == {
        Key(Kind.USER, "222222222222/ada"),
        Key(Kind.KEY, "AKIAIOSFODNN7EXAMPLE"),
        Key(Kind.ADDRESS, THIEF),
    }


USER = {"name": "ada", "type": "IAMUser", "credentialUid": "AKIAIOSFODNN7EXAMPLE", "account/uid": "222222222222"}


def test_a_finding_names_the_sequence_that_it_is_of():
    event = detected(1, associatedAttackSequenceArn="arn:aws:guardduty:us-east-1:1:detector/d/finding/beef")

    assert Key(Kind.SEQUENCE, "beef") in keys_of(read_guardduty(event, position=""))


@given(ODD)
def test_nothing_in_a_finding_breaks_the_reading_of_its_ties(odd):
    item = asff(1, **dict.fromkeys(("ProductFields", "Action", "Resources", "Detection", "Network", "Types"), odd))
    found = read_asff({**item, "Compliance": None}, position="")
    if not isinstance(found, Unreadable):
        keys_of(found)
        is_attempt(found)


@given(ODD)
def test_nothing_in_guarddutys_form_does_either(odd):
    for name in ("service", "resource", "type"):
        found = read_guardduty(detected(1, **{name: odd}), position="")
        if not isinstance(found, Unreadable):
            keys_of(found)
            is_attempt(found)
