"""Processes that certainly end, cores, and what the machine is."""

import atexit
import ctypes
import os
import pathlib
import platform
import signal
import socket
import subprocess
import sys
import time

RELAY_CORE, PLAYER_CORE = 0, 1
_PR_SET_PDEATHSIG = 1
_running = []


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _prepare(cores, realtime):
    """What a child does before it becomes its program; made beforehand, for little is safe between fork and exec."""
    prctl = ctypes.CDLL(None).prctl

    def prepare():
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, cores)
        if realtime:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return prepare


def start(words, cores, realtime=False, **options):
    """Starts a program on these cores. It ends with this one, whatever happens."""
    process = subprocess.Popen(
        [str(word) for word in words], preexec_fn=_prepare(set(cores), realtime), **options)
    _running.append(process)
    return process


def stop(process, patience=5):
    if process is None:
        return
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()
    if process in _running:
        _running.remove(process)


def _stop_all():
    for process in list(_running):
        stop(process, 1)


atexit.register(_stop_all)
for _number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(_number, lambda number, _: sys.exit(128 + number))


class Stolen:
    """How much of the processors the host of a virtual machine kept for others, from the making on (proc(5))."""

    def __init__(self):
        self._began = self._times()

    @staticmethod
    def _times():
        with open("/proc/stat", encoding="ascii") as file:
            return [int(field) for field in file.readline().split()[1:9]]

    def share(self):
        """Of what was wanted, idle and waiting left out; 0 to 1."""
        spent = [now - before for now, before in zip(self._times(), self._began)]
        wanted = sum(spent) - spent[3] - spent[4]
        return spent[7] / wanted if wanted > 0 else 0.0


class Share:
    """Half of a core for a process, by a control group of the kernel's, so that a generator can send twice what it takes.

    `fraction` is 1 where this machine lets nobody make such a group.
    """

    _period_us = 4_000

    def __init__(self, process):
        self.fraction, self._group = 1, None
        quota = self._period_us // 2
        places = [(pathlib.Path("/sys/fs/cgroup/cpu"), {"cpu.cfs_period_us": self._period_us, "cpu.cfs_quota_us": quota}),
                  (pathlib.Path("/sys/fs/cgroup"), {"cpu.max": f"{quota} {self._period_us}"})]
        for place, settings in places:
            group = place / f"tidegate-bench-{os.getpid()}"
            try:
                group.mkdir()
                self._group = group
                for name, value in settings.items():
                    if not (group / name).exists():
                        raise OSError(f"no {name}")
                    (group / name).write_text(str(value))
                (group / "cgroup.procs").write_text(str(process.pid))
                self.fraction = 0.5
                return
            except OSError:
                self.end()

    def end(self):
        """Takes the group away again; what is in it goes back to where it was."""
        if not self._group:
            return
        try:
            for pid in (self._group / "cgroup.procs").read_text().split():
                (self._group.parent / "cgroup.procs").write_text(pid)
        except OSError:
            pass
        try:
            self._group.rmdir()
        except OSError:
            say(f"could not remove {self._group}")
        self._group = None


def media_socket(port=0):
    """The socket of a generator: every address of this machine, one port; children inherit it."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("0.0.0.0", port))
    made.set_inheritable(True)
    return made


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def address(number):
    return socket.inet_ntoa(number.to_bytes(4, "big"))


def number(text):
    return int.from_bytes(socket.inet_aton(text), "big")


def rss(pid):
    """Resident bytes."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def describe(root):
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "-C", root, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cores": os.cpu_count(), "cpu": model,
            "kernel": platform.release(), "commit": commit.stdout.strip() or "unknown"}
