"""Times, sizes and shapes as people say them."""

from __future__ import annotations

import time

from tensorfleet.core.resources import Kind, Request
from tensorfleet.wire.rest import JobView


def span(seconds: float) -> str:
    """Two units at most: `45s`, `3m 20s`, `2h 5m`, `3d 4h`."""
    left = max(0, int(seconds))
    days, hours, minutes, rest = left // 86400, left // 3600 % 24, left // 60 % 60, left % 60
    if days:
        return f"{days}d {hours}h"
    if hours:
        return f"{hours}h {minutes}m"
    return f"{minutes}m {rest}s" if minutes else f"{rest}s"


def ago(at: float | None) -> str:
    return f"{span(time.time() - at)} ago" if at else "never"


def clock(at: float) -> str:
    """Local time, with the date unless it is today's."""
    then, now = time.localtime(at), time.localtime()
    return time.strftime("%H:%M:%S" if then[:3] == now[:3] else "%Y-%m-%d %H:%M:%S", then)


def size(count: float) -> str:
    """Bytes in decimal units, three digits."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def shape(request: Request) -> str:
    """`8 gpus`, `2x4 A100`, `4+2+2 H100|A100`, `1-4x2 gpu`, `1 slot`."""
    word = request.gpu_model or ("gpu" if request.kind is Kind.GPU else "slot")
    if request.shape:
        return f"{'+'.join(map(str, request.shape))} {word}"
    if request.min_nodes:
        return f"{request.min_nodes}-{request.nodes}x{request.per_node} {word}"
    if request.nodes > 1:
        return f"{request.nodes}x{request.per_node} {word}"
    return f"{request.ranks} {word}{'' if request.ranks == 1 or request.gpu_model else 's'}"


def duration(job: JobView) -> str:
    """How long the job has been in its state, or ran where it is over."""
    if job.ended:
        return span(job.ended - (job.started or job.ended))
    return span(time.time() - (job.started or job.since))
