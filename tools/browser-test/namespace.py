"""A network of the tests' own: loopback and one more address, and nothing of this machine's network.

Firefox never pairs with a remote 127.0.0.1, so the server needs another address that only it has; and the
camera wants a page from localhost. Inside one namespace both are there. The process ids have a namespace, too:
whatever the tests start ends with them, even when they are killed.
"""

import os
import subprocess

ADDRESS = "10.77.0.1"
# Where a proxy may stand in front of the server: an address that can be bound, and that no interface shows.
PROXY = "10.77.1.1"

_UNSHARE = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]


def outside(command):
    """How to run a command inside a new namespace: as root, or as anybody whom the kernel lets."""
    if os.geteuid() == 0:
        return [*_UNSHARE, *command]
    return [*_UNSHARE, "--user", "--map-root-user", *command]


def available():
    """Whether this machine lets us make one; else, why not."""
    tried = subprocess.run(outside(["true"]), capture_output=True, text=True, timeout=20, check=False)
    return None if tried.returncode == 0 else tried.stderr.strip() or "unshare failed"


def furnish():
    """Brings the addresses up, from inside."""
    for words in (
        "link set lo up",
        "link add tide0 type veth peer name tide1",
        f"addr add {ADDRESS}/24 dev tide0",
        "link set tide0 up",
        "link set tide1 up",
        # Browsers take as their own the address that leads to the world, so there must be a way to it.
        "route add default dev tide0",
        f"route add local {PROXY} dev lo",
    ):
        done = subprocess.run(["ip", *words.split()], capture_output=True, text=True, timeout=20, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"ip {words}: {done.stderr.strip()}")
