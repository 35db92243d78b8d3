"""The environment a rank starts with. Pure: everything it depends on is an argument.

The variables are those of torchrun (PyTorch manual, "torchrun (Elastic Launch)"), so that a script written for it
runs unchanged, and TensorFleet's own. Of the agent's own environment only what a program needs to find its way is
handed on, so that no secret of the agent's reaches a job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tensorfleet.wire.messages import AssignTask

INHERITED = frozenset(
    {
        *("HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR"),
        *("LD_LIBRARY_PATH", "CUDA_HOME", "XDG_CACHE_HOME", "HF_HOME", "TORCH_HOME"),
        *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a share runs. bin: the directory of the job's Python. interface: the network interface that reaches the
    other nodes. threads: CPU threads that are a rank's share. sdk: a directory for PYTHONPATH, or empty. resume:
    checkpoints to go on from, the best choice first."""

    run_dir: str
    output_dir: str
    checkpoint_dir: str
    bin: str
    interface: str
    threads: int
    sdk: str = ""
    venv: str = ""
    resume: tuple[str, ...] = ()


def rank_environment(
    assign: AssignTask, local_rank: int, master: str, place: Place, own: Mapping[str, str]
) -> dict[str, str]:
    """What rank `assign.first_rank + local_rank` starts with. own: the agent's environment. master: `host:port`."""
    host, _, port = master.rpartition(":")
    local_world = assign.local_ranks[assign.node_rank]
    env = {name: value for name, value in own.items() if name in INHERITED or name.startswith("LC_")}
    path = own.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    env["PATH"] = f"{place.bin}:{path}" if place.bin else path
    env["PYTHONUNBUFFERED"] = "1"
    env["OMP_NUM_THREADS"] = str(max(1, place.threads))
    env["NCCL_SOCKET_IFNAME"] = env["GLOO_SOCKET_IFNAME"] = place.interface
    if place.venv:
        env["VIRTUAL_ENV"] = place.venv
    env.update(assign.env)
    if place.sdk:
        env["PYTHONPATH"] = ":".join(part for part in (env.get("PYTHONPATH", ""), place.sdk) if part)
    env.update(
        RANK=str(assign.first_rank + local_rank),
        LOCAL_RANK=str(local_rank),
        WORLD_SIZE=str(sum(assign.local_ranks)),
        LOCAL_WORLD_SIZE=str(local_world),
        GROUP_RANK=str(assign.node_rank),
        GROUP_WORLD_SIZE=str(len(assign.local_ranks)),
        ROLE_RANK=str(assign.first_rank + local_rank),
        ROLE_WORLD_SIZE=str(sum(assign.local_ranks)),
        ROLE_NAME="default",
        MASTER_ADDR=host,
        MASTER_PORT=port,
        TORCHELASTIC_RUN_ID=assign.job,
        TORCHELASTIC_RESTART_COUNT=str(assign.attempt - 1),
        TORCHELASTIC_MAX_RESTARTS="0",
        CUDA_VISIBLE_DEVICES=",".join(assign.gpus),
        TENSORFLEET_JOB_ID=assign.job,
        TENSORFLEET_JOB_NAME=assign.name,
        TENSORFLEET_ATTEMPT=str(assign.attempt),
        TENSORFLEET_ALLOC=assign.alloc,
        TENSORFLEET_NODE_RANK=str(assign.node_rank),
        TENSORFLEET_NODES=str(len(assign.local_ranks)),
        TENSORFLEET_RUN_DIR=place.run_dir,
        TENSORFLEET_OUTPUT_DIR=place.output_dir,
        TENSORFLEET_CHECKPOINT_DIR=place.checkpoint_dir,
        TENSORFLEET_CHECKPOINT_EVERY=f"{assign.checkpoint_every:g}",
    )
    if assign.checkpoint_dir:
        env["TENSORFLEET_CHECKPOINT_SHARED"] = "1"
    env.update(zip(("TENSORFLEET_RESUME_FROM", "TENSORFLEET_RESUME_FALLBACK"), place.resume, strict=False))
    return env
