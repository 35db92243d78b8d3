"""What goes over each network interface."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

from tensorfleet.agent.probes.rate import Rates
from tensorfleet.wire.telemetry import InterfaceTelemetry

MOST = 32
"""A machine full of containers has hundreds of interfaces; the busiest are sent."""


class NetworkProbe:
    """Every interface but the loopback. clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rates = Rates()

    def sample(self) -> tuple[InterfaceTelemetry, ...]:
        counters = psutil.net_io_counters(pernic=True, nowrap=False)
        counters.pop("lo", None)
        busiest = sorted(counters, key=lambda name: -(counters[name].bytes_recv + counters[name].bytes_sent))[:MOST]
        links = psutil.net_if_stats()
        now = self._clock()
        self._rates.keep({f"{name} {way}" for name in busiest for way in ("in", "out")})
        return tuple(
            InterfaceTelemetry(
                name=name,
                receive_rate=self._rates.per_second(f"{name} in", counters[name].bytes_recv, now),
                send_rate=self._rates.per_second(f"{name} out", counters[name].bytes_sent, now),
                errors=sum(counters[name][4:8]),
                speed_mbit=(links[name].speed or None) if name in links else None,
            )
            for name in busiest
        )
