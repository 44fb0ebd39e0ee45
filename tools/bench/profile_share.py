"""Samples of perf(1), sorted into kernel, ciphers and everything else."""

import os
import shutil
import subprocess

from machine import PLAYER_CORE, start, stop
from play import WINDOW, Play
from relays import Absent

# libsrtp2 of Debian brings all of NSS and NSPR.
_CIPHERS = ("libcrypto", "libsrtp", "libnss", "libnspr", "libpl", "libfreebl", "libsoftokn")
_C_LIBRARY = ("libc.", "libc-", "libm.", "ld-", "linux-vdso")


def share(bench, relay, payload, stream):
    program = shutil.which("perf")
    if not program:
        raise Absent("perf is not installed")
    data = bench.scratch / "perf.data"
    made = relay.make(payload, bench.packets, 1, stream)
    # cpu-clock: virtual machines often have no hardware counters.
    recording = start([program, "record", "-e", "cpu-clock", "-F", "1999", "-o", data, "-p", relay.process.pid],
                      {PLAYER_CORE}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    played = Play(bench.tools, relay, made, window=WINDOW).result()
    if recording.poll() is not None:
        said = recording.stderr.read().strip()[:200]
        raise Absent(f"perf ended too early, with {recording.returncode}: {said or 'it gave no reason'}")
    recording.send_signal(2)
    recording.wait(20)
    stop(recording)
    report = subprocess.run(
        [program, "report", "-i", data, "--no-children", "--sort", "dso,symbol", "--stdio", "-g", "none",
         "--percent-limit", "0.02", "-F", "overhead,dso,symbol"], capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"})
    shares = {"kernel": 0.0, "cipher": 0.0, "own": 0.0, "C library": 0.0, "other libraries": 0.0}
    top = []
    for line in report.stdout.splitlines():
        words = line.split(maxsplit=2)
        if len(words) < 3 or not words[0].endswith("%"):
            continue
        part, library, symbol = float(words[0][:-1]), words[1], words[2].strip()
        kind = ("kernel" if library.startswith("[") else "cipher" if library.startswith(_CIPHERS)
                else "C library" if library.startswith(_C_LIBRARY)
                else "own" if library.startswith("tidegate") or "swift" in library else "other libraries")
        shares[kind] += part
        if kind == "own" and len(top) < 15:
            top.append(f"{part:.2f} % {symbol[:120]}")
    if not sum(shares.values()):
        raise Absent(f"perf saw nothing: {report.stderr.strip()[:200]}")
    cpu = played["middle"]["cpu_ns"]
    return {"percent": shares, "ns": {kind: cpu * part / 100 for kind, part in shares.items()}, "own": top}
