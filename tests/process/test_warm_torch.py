"""Training code inside forked ranks: DDP, data-loader workers, child processes, compilation, randomness, threads."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attempts import log, task
from warmth import Warm, plainly, warm_agent

from tensorfleet.agent.output.gpumemory import gpu_ran_out

pytest.importorskip("torch")

DDP = """
import os, torch, torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
dist.init_process_group("gloo")
torch.manual_seed(0)
model = DistributedDataParallel(torch.nn.Linear(8, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
for step in range(5):
    torch.manual_seed(step * 10 + dist.get_rank())
    optimizer.zero_grad()
    loss = model(torch.randn(16, 8)).square().mean()
    loss.backward()
    optimizer.step()
total = loss.detach().clone()
dist.all_reduce(total)
print(dist.get_rank(), dist.get_world_size(), total.item().hex(), sum(p.sum().item() for p in model.parameters()).hex())
dist.destroy_process_group()
"""

LOADER = """
import os, torch
from torch.utils.data import DataLoader, Dataset
class Numbers(Dataset):
    def __len__(self): return 12
    def __getitem__(self, i): return torch.tensor([i, os.getpid()])
if __name__ == "__main__":
    for context in ("fork", "spawn"):
        loader = DataLoader(Numbers(), batch_size=2, num_workers=2, multiprocessing_context=context)
        rows = torch.cat(list(loader))
        print(context, rows[:, 0].tolist(), len(set(rows[:, 1].tolist())), os.getpid() in rows[:, 1])
"""

CHILDREN = """
import multiprocessing as mp, os, sys, torch
import torch.multiprocessing as tmp
def work(n, queue): queue.put((n, os.getpid() != n, sys.argv))
def spawned(index, base): print("spawned", index, base, torch.ones(2).sum().item(), flush=True)
if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        context = mp.get_context(method)
        queue = context.Queue()
        process = context.Process(target=work, args=(os.getpid(), queue))
        process.start(); print(method, queue.get()[1:]); process.join(); print(process.exitcode)
    with mp.Pool(2) as pool: print(pool.map(abs, [-1, 2]))
    tmp.spawn(spawned, args=(5,), nprocs=1)
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(1) as pool: print(pool.submit(abs, -7).result())
"""

COMPILE = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU())
compiled = torch.compile(model, backend="eager")
x = torch.ones(2, 4)
print(torch.equal(compiled(x), model(x)))
compiled(x).sum().backward()
torch.optim.SGD(model.parameters(), lr=0.1).step()
"""

CHANCE = """
import json, random, tempfile, torch, numpy, uuid, multiprocessing
print(json.dumps([random.random(), numpy.random.rand(), torch.rand(1).item(), str(uuid.uuid4()),
    tempfile.mktemp(), multiprocessing.current_process().authkey.hex()]))
"""

THREADS = """
import os, torch, numpy
a = numpy.random.rand(600, 600); a @ a
torch.randn(600, 600) @ torch.randn(600, 600)
print(torch.get_num_threads(), torch.cuda.is_initialized())
print(torch.backends.mkl.is_available(), os.environ.get("OPENBLAS_NUM_THREADS"))
"""


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    with warm_agent(tmp_path_factory.mktemp("warm")) as agent:
        assert agent.ranks.warm.states()
        yield agent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_ddp_over_gloo_gives_the_same_bits_as_a_plain_start(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(DDP)
    results = []
    for is_warm in (True, False):
        env = {
            "WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(free_port()),
            "GLOO_SOCKET_IFNAME": "lo",
            "OMP_NUM_THREADS": "1",
        }
        share = task(tmp_path, sys.executable, "train.py", count=2, env=env, warm=is_warm, name=f"w{is_warm}.1.0")
        started, report = warm.run(share)
        assert started.warm == is_warm
        said = [log(share, rank) for rank in range(2)]
        # A thread of Gloo's may abort a plain process of PyTorch 2.13 whose interpreter is being taken down, after all
        # it had to do (pytorch#179291). A warm rank leaves that part out, so it has no such excuse.
        assert not is_warm or [end.code for end in report.ranks] == [0, 0], said
        results.append([next(line for line in text.splitlines() if " 2 0x" in line) for text in said])
    assert results[0] == results[1]
    assert results[0][0].startswith("0 2 ")


@pytest.mark.parametrize("script", [LOADER, CHILDREN, COMPILE], ids=["loader", "children", "compile"])
def test_it_runs_as_under_python(warm: Warm, tmp_path: Path, script: str) -> None:
    (tmp_path / "train.py").write_text(script)
    env = {"OMP_NUM_THREADS": "1"}
    output, code, started = warm.python(tmp_path, "train.py", env=env)
    assert started.warm
    assert (output, code) == plainly(tmp_path, "train.py", env=env)


def test_ranks_share_no_randomness(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(CHANCE)
    draws = []
    for attempt in range(2):
        share = task(tmp_path, sys.executable, "train.py", count=2, warm=True, name=f"a{attempt}.1.0")
        assert warm.run(share)[0].warm
        draws += [json.loads(log(share, rank)) for rank in range(2)]
    for kind in zip(*draws, strict=True):
        assert len(set(kind)) == len(kind)


@pytest.mark.parametrize("threads", ["1", "2", ""])
def test_thread_counts_are_those_of_the_environment(warm: Warm, tmp_path: Path, threads: str) -> None:
    (tmp_path / "train.py").write_text(THREADS)
    env = {"OMP_NUM_THREADS": threads} if threads else {}
    output, code, started = warm.python(tmp_path, "train.py", env=env)
    assert started.warm
    assert (output, code) == plainly(tmp_path, "train.py", env=env)


def test_a_full_gpu_is_known_by_what_a_forked_rank_says_last(warm: Warm, tmp_path: Path) -> None:
    script = "import torch\nraise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 MiB.')\n"
    (tmp_path / "full.py").write_text(script)
    share = task(tmp_path, sys.executable, "full.py", warm=True)
    started, report = warm.run(share)
    assert started.warm, started.note
    assert gpu_ran_out(share.task_dir / "logs" / "rank-0.log", report.ranks[0].code, report.ranks[0].signal)
