"""Tell what processes did on hosts and in containers, as Runtime Monitoring saw them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secguard.findings.forms.fields import inside, mappings
from secguard.findings.telling.case import Case
from secguard.findings.telling.words import listed, piece

Part = Mapping[Any, Any]

_DID = {
    "CGroupsReleaseAgentModified": (
        "changed a cgroup's release agent, which runs on the host",
        "releaseAgentPath",
    ),
    "ContainerMountsHostDirectory": ("was given a directory of the host inside a container", "mountSource"),
    "CryptoMinerExecuted": ("ran a program known from the mining of cryptocurrency", None),
    "DockerSocketAccessed": ("talked to the Docker daemon from inside a container", "socketPath"),
    "ElevationToRoot": ("became root", None),
    "FilelessExecution": ("ran from memory, with no file on disk", None),
    "KernelModuleLoaded": ("loaded a kernel module", "moduleName"),
    "MaliciousFileExecuted": ("ran a file known to be malware", "threatFilePath"),
    "NewBinaryExecuted": ("ran a program that was made or changed there a moment before", None),
    "NewLibraryLoaded": ("loaded a library that was made or changed there a moment before", "libraryPath"),
    "ProcessInjection": ("put code into another process", None),
    "PtraceAntiDebugging": ("used ptrace to keep debuggers away", None),
    "ReverseShell": ("opened a reverse shell", None),
    "RuncContainerEscape": ("changed the host's container runtime", "runcBinaryPath"),
    "SensitiveFileModified": ("changed a sensitive file", "filePath"),
    "SuspiciousCommand": ("ran a suspicious command", "commandLineExample"),
    "SuspiciousShellCreated": ("opened an interactive shell, which it does not normally do", None),
    "SuspiciousTool": ("ran a tool that attackers use", "toolName"),
    "UserfaultfdUsage": ("took over page faults with userfaultfd", None),
}
"""What the families say a process did, and which part of the context names what it did it with."""


def acted(case: Case) -> str | None:
    """What a process did: `process nc (/usr/bin/nc), run by root, on i-0abc opened a reverse shell`."""
    done = _DID.get(case.family)
    process, context = _process(case), inside(case.service, "runtimeDetails", "context")
    if done is None and not process:
        return None
    verb, key = done or ("did what it does not normally do", None)
    with_what = piece(context.get(key)) if key else None
    running = _running(process)
    told = (
        f"{f'{running},' if running else 'a process'} on {listed(case.targets, most=2) or case.what}{case.here} {verb}"
    )
    target = _name(inside(context, "targetProcess"))
    return told + (f": {with_what}" if with_what else "") + (f", {target}" if target else "") + _to(case)


def by_process(case: Case) -> str:
    """`, by process xmrig (/tmp/xmrig), run by root`, where the finding names one."""
    running = _running(_process(case))
    return f", by {running}" if running else ""


def lineage(case: Case) -> str:
    """The process's ancestors, its own parent first."""
    ancestors = mappings(inside(case.service, "runtimeDetails", "process").get("lineage"))
    return listed((_name(each) for each in ancestors), most=5)


def _process(case: Case) -> Part:
    return inside(case.service, "runtimeDetails", "process")


def _running(process: Part) -> str | None:
    name, user = _name(process), piece(process.get("user"))
    if name is None:
        return None
    return f"process {name}" + (f", run by {user}" if user else "")


def _name(process: Part) -> str | None:
    name, path = piece(process.get("name")), piece(process.get("executablePath"))
    return f"{name} ({path})" if name and path and name != path else name or path


def _to(case: Case) -> str:
    who = case.who({}) if case.family == "ReverseShell" else None
    return f" to {who}" if who else ""
