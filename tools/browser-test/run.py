#!/usr/bin/python3
"""Real browsers against a real server: `run.py --server PATH --ctl PATH --output DIR [--only NAME]`.

Prints one line for each test with what it measured, then `N passed, N failed`; writes figures.json and the
pictures to the output directory. Exit status: 0 all passed, 1 some failed, 2 it could not be run.
"""

import sys

sys.dont_write_bytecode = True

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import time
import traceback

try:
    import browsers
    import claims
    import comparisons
    import moves
    import pictures
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}: apt-get install python3-selenium python3-websockets, and run this with /usr/bin/python3")
import namespace
from person import Person
from server import Server

TESTS = [
    claims.held_before_proof, claims.quiet_while_held, claims.alive_while_held, claims.open_after_proof,
    claims.bands_apart,
    claims.report_cuts, claims.next_partner, claims.operator_holds, claims.resumed, pictures.keyboard,
    pictures.every_state, claims.firefox_with_chromium,
    moves.other_worker,
]
# Measured by name, with --only: on a busy machine they say more about its codecs than about the server.
COMPARISONS = [comparisons.alive_as_direct, comparisons.bad_path_as_direct]
NAMES = ", ".join(test.__name__ for test in TESTS + COMPARISONS)


class House:
    """What tests share: the programs, the output, and Chromium for each person, started once."""

    def __init__(self, arguments, directory):
        self._programs = (arguments.server, arguments.ctl)
        self._output = arguments.output
        self._directory = directory
        self._chromium = []
        self._servers = 0

    def persons(self, count):
        while len(self._chromium) < count:
            self._chromium.append(browsers.Chromium())
        return [Person(browser, name) for browser, name in zip(self._chromium[:count], ("Ann", "Bob", "Cid"))]

    def server(self, **settings):
        self._servers += 1
        return Server(self._programs, self._directory / f"server-{self._servers}", **settings)

    @contextlib.contextmanager
    def firefox(self):
        browser = browsers.Firefox()
        try:
            yield browser
        finally:
            browser.close()

    def path(self, name):
        return self._output / f"{name}.png"

    def picture(self, person, name):
        person.browser.screenshot(self.path(name))

    def rest(self):
        """Between tests no page is left that would look for a server."""
        for browser in self._chromium:
            browser.open("about:blank")

    def last_log(self):
        logs = sorted(self._directory.glob("server-*/server.log"), key=lambda path: path.stat().st_mtime)
        return logs[-1].read_text(errors="replace")[-3_000:] if logs else ""

    def close(self):
        for browser in self._chromium:
            browser.close()


def run(arguments):
    figures, failures = {}, 0
    chosen = [test for test in TESTS + COMPARISONS if test.__name__ == arguments.only] if arguments.only else TESTS
    if not chosen:
        sys.exit(f"there is no test {arguments.only}; there are {NAMES}")
    with tempfile.TemporaryDirectory(prefix="tidegate-browser-test-") as directory:
        house = House(arguments, pathlib.Path(directory))
        try:
            for test in chosen:
                began = time.monotonic()
                claims.begin()
                try:
                    found = test(house)
                    figures[test.__name__] = found
                    verdict, told = "passed", json.dumps(found)
                except Exception as error:  # pylint: disable=broad-exception-caught
                    failures += 1
                    verdict, told = "FAILED", f"{type(error).__name__}: {error}"
                    if not isinstance(error, claims.Failed):
                        traceback.print_exc()
                    print(house.last_log(), file=sys.stderr)
                took = time.monotonic() - began
                print(f"{verdict} {test.__name__} ({took:.1f} s): {test.__doc__}: {told}", flush=True)
                with contextlib.suppress(Exception):
                    house.rest()
        finally:
            house.close()
    (arguments.output / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(f"{len(chosen) - failures} passed, {failures} failed", flush=True)
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", type=pathlib.Path, required=True, help="the program tidegate")
    parser.add_argument("--ctl", type=pathlib.Path, required=True, help="the program tidegatectl")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="where figures and pictures go")
    parser.add_argument("--only", default="", help=f"one test: {NAMES}")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    for name in ("server", "ctl", "output"):
        setattr(arguments, name, getattr(arguments, name).resolve())
    for program in (arguments.server, arguments.ctl):
        if not os.access(program, os.X_OK):
            sys.exit(f"{program} is not there: build it first, with swift build -c release")
    arguments.output.mkdir(parents=True, exist_ok=True)
    if not arguments.inside:
        if reason := namespace.available():
            print(f"a network namespace cannot be made here ({reason}); run as root", file=sys.stderr)
            return 2
        command = [sys.executable, *sys.argv, "--inside"]
        return subprocess.run(namespace.outside(command), timeout=1_800, check=False).returncode
    namespace.furnish()
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
