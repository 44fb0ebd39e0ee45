"""Builds the C tools, and plays packets at a relay."""

import json
import os
import pathlib
import subprocess

from machine import PLAYER_CORE, start, stop

FOLDER = pathlib.Path(__file__).resolve().parent
WINDOW = 512
_PROGRAMS = {"player": ["player.c"], "relay": ["relay.c", "-lcrypto"],
             "allocations.so": ["-shared", "-fPIC", "allocations.c"]}


def build(output):
    """Compiles what has changed."""
    output.mkdir(parents=True, exist_ok=True)
    for name, words in _PROGRAMS.items():
        target = output / name
        source = FOLDER / next(word for word in words if word.endswith(".c"))
        if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
            continue
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", target,
                        *(str(FOLDER / word) if word.endswith(".c") else word for word in words)], check=True)


class Play:
    """One run of the player, under way."""

    def __init__(self, tools, relay, made, burst=1, window=None, rates=None, stamps=False, samples=None,
                 flow_report=None, sleeps=False):
        words = [tools / "player", "--socket", relay.socket.fileno(), "--flows", made["flows"], "--packets",
                 made["packets"], "--length", made["length"], "--burst", burst, "--watch", relay.process.pid]
        words += ["--window", window] if window else ["--rates", ",".join(f"{r:.0f}:{s}" for r, s in rates)]
        words += ["--stamps"] * stamps + ["--sleep"] * sleeps
        if samples:
            words += ["--samples", samples, "--sample-every", 997]
        if flow_report:
            words += ["--flow-report", flow_report]
        self._packets = made["packets"]
        self._process = start(words, {PLAYER_CORE}, realtime=sleeps and os.geteuid() == 0, stdout=subprocess.PIPE,
                              text=True, pass_fds=[relay.socket.fileno()])

    def result(self):
        text = self._process.stdout.read()
        status = self._process.wait()
        stop(self._process)
        pathlib.Path(self._packets).unlink(missing_ok=True)  # Each packet can be played once only.
        if status:
            raise RuntimeError(f"the player ended with {status}")
        return json.loads(text)


def play(tools, relay, payload, burst=1, packets=None, window=None, rates=None, stream="video", **options):
    if packets is None:
        packets = int(sum(rate * seconds for rate, seconds in rates))
    made = relay.make(payload, packets, burst, stream)
    return Play(tools, relay, made, burst, window, rates, **options).result() | {"made": made["count"]}
