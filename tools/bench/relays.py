"""What is measured beside Tidegate: the C floor, coturn, rtpengine. Each can make packets and names its process."""

import base64
import os
import random
import shutil
import socket
import struct
import subprocess
import time

from machine import RELAY_CORE, address, free_port, media_socket, number, start, stop

HEADER, TAG = 24, 16


class Absent(Exception):
    """Cannot be measured here, and why."""


class Floor:
    """tools/bench/relay.c. The runs variant uses UDP_GRO and UDP_SEGMENT."""

    base = number("127.20.0.0")
    cores = {RELAY_CORE}

    def __init__(self, tools, scratch, name, cipher, runs=False, flows=500):
        self.name, self.flows = name, flows
        self._tools, self._cipher, self._runs = tools, cipher, runs
        self._packets, self._list = scratch / f"{id(self)}.packets", scratch / f"{id(self)}.flows"

    def begin(self):
        words = [self._tools / "relay", "--base", address(self.base), "--flows", self.flows, "--cipher", self._cipher]
        self.process = start(words + (["--gso"] if self._runs else []), self.cores, stdout=subprocess.PIPE, text=True)
        self._port = int(self.process.stdout.readline().split()[1])
        self.socket = media_socket()

    def make(self, payload, packets, burst, stream="video"):
        length = HEADER + payload + TAG
        subprocess.run(
            [self._tools / "relay", "--make", self._packets, "--cipher", self._cipher, "--flows", str(self.flows),
             "--count", str(packets), "--length", str(length), "--burst", str(burst)], check=True)
        self._list.write_text("".join(
            f"{address(self.base + flow)} 127.0.0.1 {self._port} 0 {flow ^ 1}\n" for flow in range(self.flows)))
        return {"length": length, "packets": self._packets, "flows": self._list, "count": packets}

    def end(self):
        stop(self.process)
        self.socket.close()


def _exchange(media, source, target, request, is_answer, tries=5):
    """Sends from one of this machine's addresses and waits for what is answered there."""
    information = struct.pack("@I4s4s", 0, socket.inet_aton(source), bytes(4))
    for _ in range(tries):
        media.sendmsg([request], [(socket.IPPROTO_IP, socket.IP_PKTINFO if hasattr(socket, "IP_PKTINFO") else 8,
                                   information)], 0, target)
        media.settimeout(1)
        try:
            while True:
                answer = media.recv(4096)
                if is_answer(answer):
                    return answer
        except TimeoutError:
            continue
        finally:
            media.settimeout(None)
    raise Absent("no answer")


class Coturn:
    """Client to peer through a channel (RFC 8656 §12), which takes no cipher at all."""

    name = "coturn, client to peer, no cipher"
    base = number("127.30.0.0")
    _cookie = bytes.fromhex("2112a442")

    def __init__(self, tools, scratch, flows=200):
        self.flows, self._tools, self._scratch = flows, tools, scratch
        self._packets, self._list = scratch / "coturn.packets", scratch / "coturn.flows"

    def begin(self):
        program = shutil.which("turnserver")
        if not program:
            raise Absent("coturn is not installed (apt install coturn)")
        self._port = free_port(socket.SOCK_DGRAM)
        folder = self._scratch / "coturn"
        folder.mkdir(exist_ok=True)
        log = open(folder / "log", "wb")
        self.process = start(
            [program, "-n", "--no-auth", "--no-cli", "--no-tls", "--no-dtls", "--no-tcp", "--no-tcp-relay",
             "--allow-loopback-peers", "-m", "1", "--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1",
             "--listening-port", self._port, "--min-port", "41000", "--max-port", "41999", "--realm", "bench",
             "--userdb", folder / "db", "--pidfile", folder / "pid", "--log-file", "stdout", "--no-stdout-log"],
            {RELAY_CORE}, stdout=log, stderr=log, cwd=folder)
        log.close()
        self.socket = media_socket()
        time.sleep(1)
        for flow in range(self.flows):
            self._allocate(flow)

    def _request(self, kind, attributes):
        body = b"".join(struct.pack("!HH", name, len(value)) + value + bytes(-len(value) % 4)
                        for name, value in attributes)
        return struct.pack("!HH", kind, len(body)) + self._cookie + os.urandom(12) + body

    def _ask(self, flow, kind, attributes):
        request = self._request(kind, attributes)
        answer = _exchange(self.socket, address(self.base + flow), ("127.0.0.1", self._port), request,
                           lambda answer: answer[8:20] == request[8:20])
        if struct.unpack("!H", answer[:2])[0] & 0x0110 != 0x0100:
            raise Absent(f"coturn refused request {kind:#x}: {answer.hex()}")

    def _allocate(self, flow):
        self._ask(flow, 0x0003, [(0x0019, bytes([17, 0, 0, 0])), (0x000d, struct.pack("!I", 3600))])
        port = self.socket.getsockname()[1] ^ 0x2112
        peer = (self.base + (flow ^ 1)) ^ 0x2112a442
        self._ask(flow, 0x0009, [(0x000c, struct.pack("!HH", 0x4000 + flow, 0)),
                                 (0x0012, struct.pack("!BBHI", 0, 1, port, peer))])

    def make(self, payload, packets, burst, stream="video"):
        length = 4 + HEADER + payload + TAG
        subprocess.run(
            [self._tools / "relay", "--make", self._packets, "--channel-data", "4", "--flows", str(self.flows),
             "--count", str(packets), "--length", str(length), "--burst", str(burst)], check=True)
        self._list.write_text("".join(
            f"{address(self.base + flow)} 127.0.0.1 {self._port} 0 {flow ^ 1}\n" for flow in range(self.flows)))
        return {"length": length, "packets": self._packets, "flows": self._list, "count": packets}

    def end(self):
        stop(getattr(self, "process", None))
        if hasattr(self, "socket"):
            self.socket.close()


def _bencode(value):
    if isinstance(value, dict):
        return b"d" + b"".join(_bencode(key) + _bencode(value[key]) for key in sorted(value)) + b"e"
    if isinstance(value, list):
        return b"l" + b"".join(_bencode(item) for item in value) + b"e"
    if isinstance(value, int):
        return b"i%de" % value
    data = value if isinstance(value, bytes) else value.encode()
    return b"%d:%s" % (len(data), data)


class RTPEngine:
    """In user space, GCM-128 on one side and GCM-256 on the other: with one suite it copies keys and ciphers nothing."""

    name = "rtpengine in user space, GCM-128 to GCM-256"
    base = number("127.40.0.0")

    def __init__(self, tools, scratch, flows=200):
        self.flows, self._tools, self._scratch = flows, tools, scratch
        self._packets, self._list, self._keys = (scratch / f"rtpengine.{kind}" for kind in ("packets", "flows", "keys"))
        self._first = 0

    def begin(self):
        program = shutil.which("rtpengine")
        if not program:
            raise Absent("rtpengine is not installed (apt install ngcp-rtpengine-daemon)")
        control = free_port(socket.SOCK_DGRAM)
        log = open(self._scratch / "rtpengine.log", "wb")
        self.process = start(
            [program, "--config-file=none", "--table=-1", "--interface=127.0.0.1", f"--listen-ng=127.0.0.1:{control}",
             "--foreground", "--log-stderr", "--log-level=4", "--port-min=42000", "--port-max=45999",
             "--num-threads=1", "--timeout=3600"], {RELAY_CORE}, stdout=log, stderr=log)
        log.close()
        self.socket = media_socket()
        self._control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._control.connect(("127.0.0.1", control))
        time.sleep(1)
        generator, keys, self._ports = random.Random(7), [], []
        for call in range(0, self.flows, 2):
            mine = [generator.randbytes(28), generator.randbytes(44)]
            keys += mine
            self._ports += self._call(call, mine)
        self._keys.write_text("".join(key.hex() + "\n" for key in keys))

    def _sdp(self, flow, suite, key):
        return (f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 {address(self.base + flow)}\r\nt=0 0\r\n"
                f"m=audio {self.socket.getsockname()[1]} RTP/SAVP 96\r\na=rtpmap:96 opus/48000/2\r\na=rtcp-mux\r\n"
                f"a=crypto:1 {suite} inline:{base64.b64encode(key).decode()}\r\n")

    def _ask(self, command):
        cookie = os.urandom(8).hex().encode()
        self._control.settimeout(3)
        self._control.send(cookie + b" " + _bencode(command))
        answer = self._control.recv(65536)
        if b"6:result2:ok" not in answer:
            raise Absent(f"rtpengine refused: {answer[:300]!r}")
        text = answer.decode(errors="replace")
        port = next(line.split()[1] for line in text.splitlines() if line.startswith("m=audio"))
        return int(port), text

    def _call(self, flow, keys):
        call = {"call-id": f"bench{flow}", "from-tag": "a", "ICE": "remove", "rtcp-mux": ["accept"],
                "transport-protocol": "RTP/SAVP", "flags": ["trust-address"], "replace": ["origin"]}
        towards_b, offer = self._ask(call | {
            "command": "offer", "sdp": self._sdp(flow, "AEAD_AES_128_GCM", keys[0])})
        line = next(line for line in offer.splitlines() if line.startswith("a=crypto") and "AEAD_AES_256_GCM" in line)
        chosen = line.split()[0]  # Its tag says which of the offered suites the answer takes (RFC 4568 §5.1.2).
        answer = self._sdp(flow + 1, "AEAD_AES_256_GCM", keys[1]).replace("a=crypto:1", chosen)
        towards_a, text = self._ask(call | {"command": "answer", "to-tag": "b", "sdp": answer})
        if "AEAD_AES_128_GCM" not in text:
            raise Absent(f"rtpengine chose another suite: {text[:300]!r}")
        return [towards_a, towards_b]

    def make(self, payload, packets, burst, stream="video"):
        length = HEADER + payload + TAG
        subprocess.run(
            [self._tools / "relay", "--make", self._packets, "--cipher", "gcm", "--srtp-keys", self._keys,
             "--flows", str(self.flows), "--count", str(packets), "--length", str(length), "--burst", str(burst),
             "--first", str(self._first)], check=True)
        self._list.write_text("".join(
            f"{address(self.base + flow)} 127.0.0.1 {self._ports[flow]} {self._first % 65536} {flow ^ 1}\n"
            for flow in range(self.flows)))
        self._first += packets // self.flows + burst
        return {"length": length, "packets": self._packets, "flows": self._list, "count": packets}

    def end(self):
        stop(getattr(self, "process", None))
        for name in ("socket", "_control"):
            if hasattr(self, name):
                getattr(self, name).close()
