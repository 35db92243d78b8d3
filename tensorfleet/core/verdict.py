"""From how the ranks ended to the cause of a job's end, in one sentence with something to try."""

from __future__ import annotations

import signal as signals

from tensorfleet.core.job import Attempt, Cause, CauseCode, RankExit, Share

_SIGNAL_HINTS = {
    9: "Signal 9 often is the kernel's out-of-memory killer: look at the node's memory in `tensorfleet nodes`.",
    11: "A segmentation fault comes from native code; `python -X faulthandler` shows where.",
    6: "An abort comes from native code, such as a failed CUDA or NCCL check; the last lines tell which.",
    7: "A bus error often is a full /dev/shm: use fewer data-loader workers.",
}


def judge(attempt: Attempt) -> Cause:
    """Why `attempt` ended, all of its shares being over."""
    share = _blamed(attempt)
    if share is None:
        return Cause(CauseCode.DONE, "Every rank ended with exit code 0.", "user")
    rank = _first(share)
    if share.hang:
        return Cause(
            CauseCode.HANG,
            f"It hung on {share.node_name}: {share.hang}",
            "user",
            "The stacks of all its ranks are among its artifacts, in hang/.",
            share.first_failed,
            share.node_name,
            137,
        )
    if share.fault or (share.error and rank is None):
        return Cause(
            CauseCode.NODE,
            f"Node {share.node_name} could not run its share: {share.error}",
            "infra" if share.fault else "user",
            "`tensorfleet events` tells what the node went through." if share.fault else "",
            node=share.node_name,
            exit_code=1,
        )
    if rank is None:
        return Cause(CauseCode.NODE, f"Node {share.node_name} reported no exits.", "platform", exit_code=1)
    return _rank_cause(rank, share.node_name)


def _rank_cause(rank: RankExit, node: str) -> Cause:
    where = f"Rank {rank.rank} on {node}"
    if rank.error:
        return Cause(
            CauseCode.START,
            f"{where} could not start: {rank.error}",
            "user",
            "Check that the command exists on the node and that the work directory holds the script.",
            rank.rank,
            node,
            rank.code or 127,
        )
    if rank.oom:
        return Cause(
            CauseCode.OOM,
            f"{where} was killed because it ran out of memory.",
            "user",
            "Use a smaller batch or fewer data-loader workers, or ask for more with `memory:`.",
            rank.rank,
            node,
            137,
        )
    if rank.gpu_oom:
        return Cause(
            CauseCode.OOM,
            f"{where} ran out of GPU memory.",
            "user",
            "Use a smaller batch, with gradient accumulation if it must not change, or ask for a GPU with more memory.",
            rank.rank,
            node,
            rank.code or 128 + (rank.signal or 0),
        )
    if rank.signal is not None:
        name = signals.Signals(rank.signal).name if rank.signal in set(signals.Signals) else f"signal {rank.signal}"
        return Cause(
            CauseCode.SIGNAL,
            f"{where} was ended by {name} (signal {rank.signal}).",
            "user",
            _SIGNAL_HINTS.get(rank.signal, ""),
            rank.rank,
            node,
            128 + rank.signal,
        )
    return Cause(
        CauseCode.EXIT,
        f"{where} ended with exit code {rank.code}.",
        "user",
        "The last lines of that rank tell more.",
        rank.rank,
        node,
        rank.code or 1,
    )


def _blamed(attempt: Attempt) -> Share | None:
    """The share where it began. A rank that loses a killed sibling fails by itself soon after, and its node may be the
    first to report: so what cannot be a consequence goes before what can, and only then who reported first."""
    bad = [share for share in attempt.shares if went_wrong(share)]
    return min(bad, key=lambda s: (-_weight(s), s.node_rank != attempt.blame, s.node_rank), default=None)


def _weight(share: Share) -> int:
    """How far from a mere consequence."""
    if share.fault:
        return 4
    if share.hang:
        return 3 if share.sure else 1
    rank = _first(share)
    if share.first_failed is None or rank is None:
        return 0
    return 2 if rank.oom or rank.gpu_oom or rank.signal == signals.SIGKILL else 1


def went_wrong(share: Share) -> bool:
    """Whether `share`, being over, did not end well."""
    return bool(share.error or share.hang) or share.fault or any(e.code != 0 for e in share.exits) or not share.exits


def _first(share: Share) -> RankExit | None:
    failed = [e for e in share.exits if e.code != 0]
    for exit_ in failed:
        if exit_.rank == share.first_failed:
            return exit_
    return min(failed, key=lambda e: e.at, default=None)
