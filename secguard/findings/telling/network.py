"""Tell of connections, port probes and questions to the DNS. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secguard.findings.forms.fields import inside, mappings, text
from secguard.findings.forms.guardduty import remote_end
from secguard.findings.telling.case import Case
from secguard.findings.telling.runtime import by_process
from secguard.findings.telling.words import end, listed, piece

Part = Mapping[Any, Any]

_GUESSED = {"SSHBruteForce": "SSH", "RDPBruteForce": "RDP", "WinRMBruteForce": "WinRM"}
_TALKED = {
    "BitcoinTool": "{what} talked to {who}, known from the mining or trading of cryptocurrency",
    "BlackholeTraffic": "{what} tried to reach {who}, an address known to lead nowhere",
    "C&CActivity": "{what} talked to {who}, known as a command and control server",
    "DenialOfService": "{what} sent {who} traffic that looks like a denial of service attack",
    "DropPoint": "{what} talked to {who}, known as a place where malware leaves what it stole",
    "MaliciousIPCaller": "{what} exchanged traffic with {who}, which is on a threat list of yours",
    "NetworkPortUnusual": "{what} talked to {who} in a way that it never did before",
    "PortSweep": "{what} tried the same port on many addresses, {who} among them",
    "Portscan": "{what} scanned the ports of {who}",
    "Spambot": "{what} talked to the mail server {who} the way a spam bot does",
    "TorClient": "{what} connected to {who}, an entry to the Tor network",
    "TorIPCaller": "{who}, an exit of the Tor network, reached {what}",
    "TorRelay": "{what} talked to {who} the way a relay of the Tor network does",
    "TrafficVolumeUnusual": "{what} sent unusually much traffic to {who}",
    "UnusualDNSResolver": "{what} asked {who}, a DNS resolver that it does not normally use",
    "UnusualDoHActivity": "{what} sent DNS over HTTPS to {who}, which it does not normally do",
    "UnusualDoTActivity": "{what} sent DNS over TLS to {who}, which it does not normally do",
    "XORDDOS": "{what} talked to {who}, known from the malware XOR DDoS",
}
"""What the families of threats say of the resource and the other end."""
_ASKED = {
    "AbusedDomainRequest": "which is known to be abused",
    "BitcoinDomainRequest": "known from the mining or trading of cryptocurrency",
    "BitcoinTool": "known from the mining or trading of cryptocurrency",
    "BlackholeTraffic": "which leads to an address known to lead nowhere",
    "C&CActivity": "known as a command and control server",
    "DGADomainRequest": "a name that looks made by an algorithm, as malware makes them",
    "DNSDataExfiltration": "with questions that seem to carry data out",
    "DriveBySourceTraffic": "known to serve drive-by downloads",
    "DropPoint": "known as a place where malware leaves what it stole",
    "MaliciousDomainRequest": "known to be malicious",
    "MetadataDNSRebind": "a name that leads to the instance metadata address",
    "PhishingDomainRequest": "known from phishing",
    "SuspiciousDomainRequest": "which looks suspicious",
}


def connected(case: Case) -> str | None:
    """A connection, in or out: `i-0abc talked to 198.51.100.7, known as a command and control server`."""
    action = case.action("networkConnectionAction")
    if not action or (case.first("AwsIamAccessKey") and not case.who(action)):
        return None
    who = case.who(action) or "an address that is not named"
    protocol = _GUESSED.get(case.family)
    if protocol:
        guesser, guessed = (case.what_here, who) if case.resource_acts else (who, case.what_here)
        return f"{guesser} tried to guess {protocol} logins of {guessed}{_blocked(action)}"
    told = _TALKED.get(case.family, _direction(action)).format(what=case.what_here, who=who)
    return f"{told}{_port(action)}{by_process(case)}{_blocked(action)}"


def probed(case: Case) -> str | None:
    """Probes of ports: `198.51.100.7 and 2 more probed port 80 (HTTP) of i-0abc`."""
    action = case.action("portProbeAction")
    probes = mappings(action.get("portProbeDetails"))
    if not probes:
        return None
    who = listed(end(remote_end(inside(probe, "remoteIpDetails"))) for probe in probes)
    ports = listed(port_named(inside(probe, "localPortDetails")) for probe in probes)
    return f"{who or 'Someone'} probed {ports or 'an open port'} of {case.what_here}{_blocked(action)}"


def asked(case: Case) -> str | None:
    """A question to the DNS: `i-0abc asked the DNS for pool.example, known from …`."""
    action = case.action("dnsRequestAction")
    domain = piece(action.get("domain")) or piece(action.get("domainWithSuffix"))
    if domain is None:
        return None
    known = _ASKED.get(case.family)
    if case.family == "MaliciousDomainRequest" and case.threat and case.threat.mechanism == "Custom":
        known = "which is on a threat list of yours"
    told = f"{case.what_here} asked the DNS for {domain}" + (f", {known}" if known else "")
    return f"{told}{by_process(case)}{_blocked(action)}"


def _direction(action: Part) -> str:
    match (text(action.get("connectionDirection")) or "").upper():
        case "INBOUND" | "IN":
            return "{who} connected to {what}"
        case "OUTBOUND" | "OUT":
            return "{what} connected to {who}"
        case _:
            return "{what} exchanged traffic with {who}"


def _port(action: Part) -> str:
    """The port that was asked for: one's own of what came in, else the other end's."""
    inward = (text(action.get("connectionDirection")) or "").upper() in ("IN", "INBOUND")
    named = port_named(inside(action, "localPortDetails" if inward else "remotePortDetails"))
    protocol = piece(action.get("protocol"))
    if named is None:
        return f", over {protocol}" if protocol else ""
    return f", on {named}" + (f" over {protocol}" if protocol else "")


def port_named(port: Part) -> str | None:
    """`port 22 (SSH)`."""
    number, name = piece(port.get("port")), piece(port.get("portName"))
    if number is None:
        return None
    return f"port {number} ({name})" if name and name.lower() != "unknown" else f"port {number}"


def _blocked(action: Part) -> str:
    return " (blocked)" if (text(str(action.get("blocked"))) or "").lower() == "true" else ""
