#!/usr/bin/env python3
"""Runs schemathesis against a server that has people, pairs, a report and a ban to speak of.

The admin API is asked over TCP, for schemathesis does not speak to Unix sockets: the routes are the same. The names of
what lives on the server are put into a copy of conf/openapi.yaml as examples, so that answers with content are checked
and not only refusals.
"""

import argparse
import base64
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import yaml

TOKEN = "check-api-token-of-forty-characters-long"
SOURCE_KEY = "check-api-source-key-of-forty-characters"

CONFIGURATION = """\
development = true
[http]
listen = "127.0.0.1:0"
[media]
listen = "127.0.0.1"
port = 0
[admin]
socket = ""
listen = "127.0.0.1:0"
token_file = "token"
[storage]
path = "records.sqlite"
[[reports.sources]]
name = "hotline.example"
kind = "hotline"
key_file = "source.key"
[hooks]
# Nobody is there.
events_url = "http://127.0.0.1:9/"
events = ["appeal.received"]
secret_file = "hooks.secret"
"""

LEFT_OUT = [
    # From then on nobody comes in, and whoever waits is sent away: the calls after it would find nobody.
    "drain", "undrain",
    # Takes over the file under the calls that follow, and two at once are 409.
    "reload",
    # The answer has no end.
    "events",
    # The answer streams for as long as it was told to, up to a minute.
    "capturePair",
]


class Trouble(Exception):
    pass


class Admin:
    def __init__(self, address):
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=15)
        all_headers = {"Authorization": f"Bearer {TOKEN}", **(headers or {})}
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, all_headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status >= 300:
            raise Trouble(f"{method} {path}: {answer.status} {content.decode(errors='replace')}")
        return json.loads(content)


def wait_for(what, condition, seconds=40):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise Trouble(f"no {what} within {seconds} s")


def start_server(program, folder):
    (folder / "tidegate.toml").write_text(CONFIGURATION)
    (folder / "token").write_text(TOKEN + "\n")
    (folder / "source.key").write_text(SOURCE_KEY + "\n")
    (folder / "hooks.secret").write_text("whsec_" + base64.b64encode(os.urandom(32)).decode() + "\n")
    log = open(folder / "server.log", "wb")
    server = subprocess.Popen(
        [program, "serve", "--config", "tidegate.toml"], cwd=folder, stdout=subprocess.PIPE, stderr=log)
    line = server.stdout.readline().decode()
    addresses = dict(re.findall(r"(\S+)=(\S+)", line))
    if "http" not in addresses:
        raise Trouble("the server does not start:\n" + (folder / "server.log").read_text()[-2000:])
    return server, addresses["http"], addresses["admin"]


def furnish(admin):
    """Makes a report and a ban, and says what there is."""
    pairs = wait_for("pairs", lambda: (p := admin.ask("GET", "/v1/pairs")["pairs"]) and len(p) >= 3 and p)
    reported, banned, alive = pairs[0], pairs[1], pairs[2]
    key = {"Tidegate-Source-Key": SOURCE_KEY}
    report = admin.ask("POST", "/v1/reports", {
        "pair": reported["pair"], "reason": "spam", "comment": "an advertisement", "signals": ["a link"]}, key)
    order = {"reason": "rule 3", "facts": "what happened", "until": "2099-01-01T00:00:00Z"}
    # Two: one is lifted by the run.
    bans = [admin.ask("POST", f"/v1/peers/{peer}/ban", order)["ban"] for peer in banned["peers"]]
    return {
        "pair": alive["pair"], "peer": alive["peers"][0], "report": report["report"], "ban": bans[0]}


def with_examples(document, names):
    """Puts the names of what there is into every parameter of the path, and what only this server knows into bodies."""
    schemas = document["components"]["schemas"]
    # In the future, which a schema cannot say.
    schemas["Until"] = {"enum": ["2099-01-01T00:00:00Z", "2098-12-31T23:59:59.5Z", None]}
    order = document["components"]["requestBodies"]["Order"]["content"]["application/json"]["schema"]
    # Who is of which pair a schema cannot say either.
    order["properties"]["from"] = {"enum": [None]}
    report = document["paths"]["/v1/reports"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    report["properties"]["reason"] = {"enum": ["spam", "nudity", "other"]}
    report["properties"]["peer"] = {"enum": [None]}
    report["properties"]["source"] = {"enum": ["hotline.example", None]}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for index, parameter in enumerate(operation.get("parameters", [])):
                if "$ref" in parameter:
                    kind = parameter["$ref"].rsplit("/", 1)[1]
                    parameter = dict(document["components"]["parameters"][kind])
                    operation["parameters"][index] = parameter
                name = names.get(parameter["name"])
                # Whoever is cut is gone for the calls after it.
                if parameter["in"] == "path" and name and not path.endswith(("/cut", "/ban")):
                    parameter["example"] = name
    return document


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", required=True, help="the folder with tidegate and tidegate-load")
    parser.add_argument("--schemathesis", required=True)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--examples", type=int, default=15, help="for each call; default: 15")
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    programs = pathlib.Path(arguments.programs).resolve()
    schemathesis = pathlib.Path(arguments.schemathesis).absolute()
    running = []
    with tempfile.TemporaryDirectory(prefix="tidegate-api-") as name:
        folder = pathlib.Path(name)
        try:
            server, website, address = start_server(programs / "tidegate", folder)
            running.append(server)
            crowd = subprocess.Popen(
                [programs / "tidegate-load", "--target", f"http://{website}", "--audio-only", "--pairs", "6",
                 "--duration", "120", "--mix", "stays=100", "--stay", "fixed:600", "--ptime", "60", "--quiet"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            running.append(crowd)
            names = furnish(Admin(address))
            document = with_examples(yaml.safe_load((root / "conf/openapi.yaml").read_text()), names)
            (folder / "openapi.json").write_text(json.dumps(document))
            left_out = [word for call in LEFT_OUT for word in ("--exclude-operation-id", call)]
            status = subprocess.run(
                [schemathesis, "run", "openapi.json", "--url", f"http://{address}",
                 "--header", f"Authorization: Bearer {TOKEN}", "--header", f"Tidegate-Source-Key: {SOURCE_KEY}",
                 "--phases", "examples,coverage,fuzzing", "--checks", "all",
                 "--max-examples", str(arguments.examples), "--seed", str(arguments.seed),
                 "--generation-deterministic", "--request-timeout", "15",
                 "--suppress-health-check", "all", "--continue-on-failure", "--warnings", "off", "--no-color",
                 *left_out],
                cwd=folder).returncode
            if server.poll() is not None:
                raise Trouble(
                    f"the server has ended with {server.returncode}:\n" + (folder / "server.log").read_text()[-2000:])
            return status
        except Trouble as trouble:
            print(f"check-api: {trouble}", file=sys.stderr)
            return 1
        finally:
            for process in reversed(running):
                process.terminate()
            for process in running:
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()


if __name__ == "__main__":
    sys.exit(main())
