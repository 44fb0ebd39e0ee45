"""The server under test, and the synthetic people that make its associations."""

import http.client
import json
import pathlib
import re
import select
import socket
import struct
import subprocess
import tempfile
import time

from machine import PLAYER_CORE, RELAY_CORE, address, free_port, media_socket, number, start, stop

_CONFIGURATION = """\
development = true

[http]
listen = "127.0.0.1:{http}"

[media]
listen = "127.0.0.1"
port = 0
workers = {workers}
legs_per_worker = {legs}
{extra}

[admin]
socket = "{directory}/admin.sock"

[storage]
path = "{directory}/tidegate.sqlite"

[policy]
unverified = "hold"
consent = "all"
match_wait = 0

[limits]
connections = 40000
peers = 40000

[log]
level = "warning"
"""


class Failed(Exception):
    """The server or the people did not do what they were told."""


class Server:
    """One `tidegate serve` in a directory of its own."""

    def __init__(self, binary, directory, cores=(RELAY_CORE,), workers=1, legs=1000, allocations=None, extra=""):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        configuration = self.directory / "tidegate.toml"
        configuration.write_text(_CONFIGURATION.format(
            http=free_port(), workers=workers, legs=legs, directory=self.directory, extra=extra))
        environment = None
        if allocations:
            library, self.allocations = allocations
            environment = {"LD_PRELOAD": str(library), "TIDEGATE_BENCH_ALLOCATIONS": str(self.allocations)}
        with open(self.directory / "server.log", "wb") as log:
            self.process = start([binary, "serve", "--config", configuration], cores, stdout=subprocess.PIPE, stderr=log,
                                 cwd=self.directory, env=environment)
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline().decode() if ready else ""
        found = re.match(r"tidegate ready http=\S+:(\d+) ", line)
        if not found:
            stop(self.process)
            raise Failed("the server did not become ready: "
                         + (self.directory / "server.log").read_text(errors="replace")[-1500:])
        self.port = int(found.group(1))

    @property
    def pid(self):
        return self.process.pid

    def admin(self, path, body=None):
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(20)
        connection.sock.connect(str(self.directory / "admin.sock"))
        connection.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body),
                           {"content-type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != 200:
            raise Failed(f"{path}: {answer.status} {text[:200]!r}")
        return json.loads(text)

    def allocated(self):
        """Allocations so far of each worker's thread, by name; needs the counting library."""
        return {name: count for name, (count, _) in self._by_worker().items()}

    def held(self):
        """Bytes that the workers' threads have taken and not given back; needs the counting library."""
        return sum(size for _, size in self._by_worker().values())

    def _by_worker(self):
        data = self.allocations.read_bytes()
        found = {}
        for thread, count, size in struct.iter_unpack("=QQq", data):
            comm = pathlib.Path(f"/proc/{self.pid}/task/{thread}/comm")
            if thread and comm.exists() and re.fullmatch(r"tidegate-\d+", name := comm.read_text().strip()):
                found[name] = (count, size)
        return found

    def end(self):
        stop(self.process, 10)


class People:
    """tools/bench/Driver: lines of JSON in, lines of JSON out."""

    def __init__(self, binary, server, base, profile="SRTP_AEAD_AES_128_GCM", cores=(PLAYER_CORE,)):
        self.socket = media_socket()
        self.process = start(
            [binary, "--socket", self.socket.fileno(), "--http", server.port, "--base", base, "--profile", profile],
            cores, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=[self.socket.fileno()])

    def send(self, command, **members):
        self.process.stdin.write(json.dumps({"command": command} | members) + "\n")
        self.process.stdin.flush()

    def answer(self, command):
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"the people ended at {command}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(f"{command}: {answer['error']}")
        return answer

    def tell(self, command, **members):
        self.send(command, **members)
        return self.answer(command)

    def end(self):
        stop(self.process, 1)
        self.socket.close()


class Tidegate:
    """A server with its pairs, in the shape of a relay that can be played at."""

    base = number("127.50.0.0")

    def __init__(self, programs, scratch, name, profile="SRTP_AEAD_AES_128_GCM", flows=500, accepted=True, **server):
        self.name, self.flows = name, flows
        self._server_binary, self._driver = programs
        self._profile, self._accepted, self._options = profile, accepted, server
        self._scratch = pathlib.Path(tempfile.mkdtemp(prefix="server-", dir=scratch))
        self._stream = None

    def begin(self):
        self.server = Server(self._server_binary, self._scratch, **self._options)
        self.people = People(self._driver, self.server, self.base, self._profile)
        self.process, self.socket = self.server.process, self.people.socket
        started = time.monotonic()
        self.people.tell("connect", count=self.flows)
        self.connect_seconds = time.monotonic() - started
        if self._accepted:
            self.open()
        self.people.tell("quiet")

    def open(self):
        """Everybody accepts, and a key frame goes through."""
        self.people.tell("listen")
        self.people.tell("accept")
        self.people.tell("prime")
        self.people.tell("quiet")

    def make(self, payload, packets, burst, stream="video"):
        file, flows = self._scratch / "packets", self._scratch / "flows"
        made = self.people.tell("make", payload=payload, count=packets, burst=burst, stream=stream, file=str(file),
                                flows=str(flows))
        self._stream = stream
        return {"length": made["length"], "packets": file, "flows": flows, "count": made["packets"]}

    def ports(self):
        """Where the legs are at home: a port is a worker."""
        made = self.make(160, self.flows, 1, "audio")
        return {line.split()[2] for line in made["flows"].read_text().splitlines()}

    def check(self, samples, count):
        return self.people.tell("check", file=str(samples), stream=self._stream, count=count // self.flows)

    def end(self):
        for part in ("people", "server"):
            if hasattr(self, part):
                getattr(self, part).end()


__all__ = ["Failed", "People", "Server", "Tidegate", "address"]
