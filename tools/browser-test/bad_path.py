"""A bad network path on one machine: a UDP proxy that loses, delays and reorders datagrams, from a seed.

`between()` is for two browsers with no server between them: each is told the proxy's address as the other's.
`before()` stands in front of a server that announces the proxy's address as its own. The path is clean until
`impair()`; from then on each datagram is lost with probability `loss`, and with probability `late` it comes late by
a time of its own between 0 and `jitter`, so that later ones overtake it.
"""

import asyncio
import contextlib
import os
import random
import threading


class Way:
    """One direction of one path, and what happened on it."""

    def __init__(self, loop, seed):
        self._loop = loop
        self._random = random.Random(seed)
        self._loss = self._late = self._jitter = 0.0
        self.clear()

    def clear(self):
        """Counts from here on: datagrams that came, were lost, were overtaken by a later one."""
        self.came = self.lost = self.overtaken = self._newest = 0

    def impair(self, loss, late, jitter):
        self._loss, self._late, self._jitter = loss, late, jitter

    def carry(self, deliver, data):
        self.came += 1
        if self._random.random() < self._loss:
            self.lost += 1
        elif self._random.random() >= self._late:
            self._arrive(deliver, data, self.came)
        else:
            self._loop.call_later(self._random.random() * self._jitter, self._arrive, deliver, data, self.came)

    def _arrive(self, deliver, data, number):
        self.overtaken += number < self._newest
        self._newest = max(self._newest, number)
        deliver(data)


class _End(asyncio.DatagramProtocol):
    """One socket of the proxy, and whoever spoke to it last."""

    def __init__(self, peer=None):
        self.peer = peer
        self.take = None
        self._transport = None

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, addr):
        self.take(data, addr)

    def send(self, data, to=None):
        to = to or self.peer
        if to is not None and not self._transport.is_closing():
            self._transport.sendto(data, to)

    @property
    def address(self):
        return self._transport.get_extra_info("sockname")

    def close(self):
        self._transport.close()


class BadPath:
    """The proxy, in a thread of its own. Use with `with`."""

    def __init__(self, seed=1):
        self._seed = seed
        self._loop = asyncio.new_event_loop()
        self._ends = []
        self._legs = {}
        self._thread = threading.Thread(target=self._work, daemon=True)

    def _work(self):
        # A network does not wait for a core. Where we may not say so, it is one among others.
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -10)
        self._loop.run_forever()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        async def close():
            for end in self._ends:
                end.close()
        self._run(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _open(self, local, peer=None):
        _, end = await self._loop.create_datagram_endpoint(lambda: _End(peer), local_addr=local)
        self._ends.append(end)
        return end

    def _way(self):
        self._seed += 1
        return Way(self._loop, self._seed)

    def impair(self, ways, loss, late, jitter):
        """From now on: `loss` and `late` are probabilities, `jitter` in seconds."""
        async def change():
            for way in ways:
                way.clear()
                way.impair(loss, late, jitter)
        self._run(change())

    def between(self, host):
        """A path between two: its two addresses, each for one of them to send to, and its two ways."""
        async def make():
            ends = [await self._open((host, 0)), await self._open((host, 0))]
            ways = [self._way(), self._way()]
            for here, there, way in ((*ends, ways[0]), (*reversed(ends), ways[1])):
                def take(data, address, here=here, there=there, way=way):
                    here.peer = address
                    way.carry(there.send, data)
                here.take = take
            return [end.address for end in ends], ways
        return self._run(make())

    def before(self, listen, server):
        """Listens where the server says that it is, and passes everything on: one socket for each client."""
        async def make():
            front = await self._open(listen)

            def take(data, client):
                if client not in self._legs:
                    ways = self._way(), self._way()
                    self._legs[client] = (self._loop.create_task(self._leg(front, client, server, ways[1])), *ways)
                opened, upwards, _ = self._legs[client]
                if opened.done():
                    upwards.carry(opened.result().send, data)
            front.take = take
        self._run(make())

    async def _leg(self, front, client, server, downwards):
        def deliver(data):
            front.send(data, client)
        end = await self._open((server[0], 0), peer=server)
        end.take = lambda data, _: downwards.carry(deliver, data)
        return end

    def leg(self, port):
        """Both ways, up and down, of the one whom the server sees at this port of the proxy."""
        return next([up, down] for opened, up, down in self._legs.values() if opened.result().address[1] == port)
