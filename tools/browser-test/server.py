"""One `tidegate serve` on free ports in a directory of its own, with its admin API and its `tidegatectl`."""

import http.client
import json
import os
import pathlib
import re
import select
import signal
import socket
import sqlite3
import subprocess
import time

import namespace
from browsers import stop

_CONFIGURATION = """\
development = true

[http]
listen = "127.0.0.1:{http}"

[media]
listen = "{media_listen}"
announce = {announce}
port = {media}
{media_more}

[admin]
socket = "{directory}/admin.sock"

[storage]
path = "{directory}/tidegate.sqlite"

[policy]
unverified = "{unverified}"
consent = "{consent}"
avoid_recent = {avoid_recent}
match_wait = 1
"""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Use with `with`: whatever happens, the process has ended afterwards."""

    def __init__(self, programs, directory, unverified="hold", consent="video", avoid_recent=10,
                 media_listen="auto", media_more="", proxy=None):
        self._binary, self._ctl = programs
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self._configuration = self.directory / "tidegate.toml"
        media, announce = _free_port(socket.SOCK_DGRAM), []
        if proxy is not None:
            # Browsers are told the proxy's address, with the server's port.
            media_listen, announce = namespace.ADDRESS, [namespace.PROXY]
            proxy.before((namespace.PROXY, media), (namespace.ADDRESS, media))
        self._configuration.write_text(_CONFIGURATION.format(
            http=_free_port(socket.SOCK_STREAM), media=media, directory=self.directory,
            unverified=unverified, consent=consent, avoid_recent=avoid_recent, media_listen=media_listen,
            announce=json.dumps(announce), media_more=media_more))
        self.log = self.directory / "server.log"
        self.process = None
        self.url = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.end()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self._binary, "serve", "--config", self._configuration], cwd=self.directory,
                stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        ready, _, _ = select.select([self.process.stdout], [], [], 20)
        line = self.process.stdout.readline().decode() if ready else ""
        found = re.match(r"tidegate ready http=(\S+) media=(\S+) admin=(\S+)", line)
        if not found:
            self.end()
            tail = self.log.read_text(errors="replace")[-2_000:]
            raise RuntimeError(f"the server did not become ready: {line!r}\n{tail}")
        self.url = f"http://localhost:{found.group(1).rsplit(':', 1)[1]}"

    def kill(self):
        """`kill -9`, and gone when this returns."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def end(self):
        stop(self.process, 15)

    def admin(self, path, method="GET", body=None):
        connection = _UnixConnection(str(self.directory / "admin.sock"))
        try:
            connection.request(
                method, path, None if body is None else json.dumps(body), {"content-type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]!r}")
            return json.loads(text)
        finally:
            connection.close()

    def pair(self, pair):
        return self.admin(f"/v1/pairs/{pair}")

    def ctl(self, *words):
        """Runs `tidegatectl` as an operator would, and gives what `--json` prints."""
        done = subprocess.run(
            [self._ctl, *words, "--json", "--socket", str(self.directory / "admin.sock")],
            capture_output=True, text=True, timeout=20, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"tidegatectl {' '.join(words)}: {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def reports(self):
        """What is in the database, read as it lies on the disk."""
        with sqlite3.connect(self.directory / "tidegate.sqlite") as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute("SELECT * FROM report ORDER BY received_at")]

    def wait_for(self, condition, seconds=10, why=""):
        end = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > end:
                raise RuntimeError(f"not within {seconds} s: {why}")
            time.sleep(0.05)
        return value
