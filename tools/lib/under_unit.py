#!/usr/bin/python3
"""Runs a command under the system-call filter of a systemd unit: `under_unit.py UNIT COMMAND...`.

systemd itself need not run. What the unit forbids ends the command with SIGSYS, where the unit itself would have it
answered with an error: a call that a new version of a library makes must be seen, not survived.
"""

import os
import subprocess
import sys

import seccomp


def members(name, seen=()):
    """The system calls of a set such as @system-service, as this machine's systemd has it."""
    listing = subprocess.run(
        ["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True, timeout=30)
    calls = set()
    for line in listing.stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= members(word) if word not in seen else set()
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def permitted(unit):
    """The system calls that the unit's SystemCallFilter lines leave, applied in their order (systemd.exec(5))."""
    calls = members("@default")
    for line in open(unit, encoding="utf-8"):
        key, _, value = line.strip().partition("=")
        if key != "SystemCallFilter":
            continue
        forbids = value.startswith("~")
        for word in value.removeprefix("~").split():
            named = members(word) if word.startswith("@") else {word}
            calls = calls - named if forbids else calls | named
    return calls


def main():
    unit, command = sys.argv[1], sys.argv[2:]
    rules = seccomp.SyscallFilter(defaction=seccomp.KILL_PROCESS)
    # What systemd does before it starts the program, done here after the filter is there.
    for name in permitted(unit) | {"execve"}:
        try:
            rules.add_rule(seccomp.ALLOW, name)
        except RuntimeError:
            continue  # A call that this processor does not have.
    rules.load()
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
