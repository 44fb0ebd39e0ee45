"""How much of the processors a host kept from this machine: a virtual machine's figures say little while it is much."""

_STEAL = 7  # user nice system idle iowait irq softirq steal (proc(5))


def _times():
    with open("/proc/stat", encoding="ascii") as file:
        return [int(field) for field in file.readline().split()[1:9]]


class Watch:
    """From its making on."""

    def __init__(self):
        self._began = _times()

    def stolen(self):
        """The share of what was wanted and not given, from 0 to 1."""
        spent = [now - before for now, before in zip(_times(), self._began)]
        wanted = sum(spent) - spent[3] - spent[4]
        return spent[_STEAL] / wanted if wanted > 0 else 0.0
