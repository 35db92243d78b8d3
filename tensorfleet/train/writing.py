"""The half of a save that runs beside the training: state to files, digests, manifest, rename."""

# mypy: untyped-calls-exclude=torch

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from tensorfleet.train.accord import Accord
from tensorfleet.train.saved import CheckpointError, Entry, entry_of, find, publish, remove, seal, sweep


@dataclass(frozen=True)
class Site:
    """Where the ranks of a gang keep a checkpoint.

    folder: this rank's, shared with all ranks of its node. node and parts: 0 and 1 where all nodes share it. lead: the
    rank that puts its node's part together. failures: a file in which an agent looks for saves that went wrong. keep:
    checkpoints that are kept here, or 0 where somebody else sees to it.
    """

    folder: Path
    node: int
    parts: int
    lead: bool
    attempt: int
    failures: Optional[Path]
    keep: int

    @classmethod
    def of(cls, environ: Mapping[str, str], rank: int, attempt: int) -> "Site":
        folder = Path(environ.get("TENSORFLEET_CHECKPOINT_DIR") or "checkpoints").absolute()
        run_dir = environ.get("TENSORFLEET_RUN_DIR")
        in_fleet = bool(run_dir and environ.get("TENSORFLEET_JOB_ID"))
        apart = in_fleet and not environ.get("TENSORFLEET_CHECKPOINT_SHARED")
        return cls(
            folder=folder,
            node=int(environ.get("TENSORFLEET_NODE_RANK", "0")) if apart else 0,
            parts=int(environ.get("TENSORFLEET_NODES", "1")) if apart else 1,
            lead=environ.get("LOCAL_RANK", "0") == "0" if apart else rank == 0,
            attempt=attempt,
            failures=Path(run_dir).absolute() / "checkpoint-failures.jsonl" if in_fleet and run_dir else None,
            keep=0 if in_fleet else int(environ.get("TENSORFLEET_CHECKPOINT_KEEP", "3")),
        )


@dataclass
class Order:
    """One save: what `Site.of` does not know."""

    step: int
    serial: int
    metrics: Dict[str, float]
    at: float


def write(site: Site, accord: Accord, order: Order, state: Dict[str, Any]) -> str:
    """Saves `state`, whole or not at all; a sentence about what went wrong, or nothing. Every rank calls it alike.

    What goes wrong on one rank is told on all of them, and the others wait for nobody who has given up.
    """
    partial = site.folder / f"step-{order.step}.partial"
    trouble = _first(accord.gather(_attempt(_clean, partial) if site.lead else ""))
    entries: List[Entry] = []
    if not trouble:
        trouble = _attempt(_store, state, partial, accord)  # its own collectives fail everywhere alike
        mine, wrong = ([], trouble) if trouble else _digests(partial, accord)
        gathered = accord.gather((site.node, mine, wrong))
        trouble = _first([said for _, _, said in gathered])
        entries = [entry for node, part, _ in gathered if node == site.node for entry in part]
    if not trouble:
        trouble = _first(accord.gather(_attempt(_finish, site, partial, order, entries) if site.lead else ""))
    if trouble and site.lead:
        remove(partial)
        report(site, order.step, trouble)
    return trouble


def report(site: Site, step: int, trouble: str, damaged: Optional[Tuple[int, int]] = None) -> None:
    """Tells people, and the agent where there is one. Never raises.

    damaged: attempt and serial number of one that was saved once and cannot be loaded now.
    """
    what = "was not saved" if damaged is None else "cannot be used"
    try:
        sys.stderr.write(f"tensorfleet: the checkpoint of step {step} {what}: {trouble}\n")
    except (OSError, ValueError, AttributeError):  # closed, or none at all
        pass
    if site.failures is not None:
        line = json.dumps({"t": time.time(), "step": step, "error": trouble[:1000], "damaged": damaged}) + "\n"
        try:
            with open(site.failures, "a", encoding="ascii") as file:
                file.write(line)
        except OSError:
            pass


def quiet() -> None:
    """A lone process is told by every save that it is alone. Called where a program's filters may have changed."""
    warnings.filterwarnings("ignore", "torch.distributed is disabled", UserWarning)


def _clean(partial: Path) -> None:
    sweep(partial.parent)
    partial.mkdir(parents=True)


def _store(state: Dict[str, Any], partial: Path, accord: Accord) -> None:
    from torch.distributed.checkpoint import FileSystemWriter  # type: ignore[attr-defined]
    from torch.distributed.checkpoint.api import CheckpointException
    from torch.distributed.checkpoint.state_dict_saver import save

    writer = FileSystemWriter(str(partial), single_file_per_rank=True, sync_files=True)
    try:
        save(state, storage_writer=writer, process_group=accord.group)
    except CheckpointException as error:  # no Exception by birth
        raise CheckpointError(sentence(error)) from None


def _digests(partial: Path, accord: Accord) -> Tuple[List[Entry], str]:
    names = [path for path in partial.iterdir() if path.name.startswith(f"__{accord.rank}_")]
    if accord.rank == 0:
        names.append(partial / ".metadata")
    try:
        return [entry_of(path, partial) for path in names], ""
    except OSError as error:
        return [], sentence(error)


def _finish(site: Site, partial: Path, order: Order, entries: List[Entry]) -> None:
    about = {
        "step": order.step,
        "attempt": site.attempt,
        "at": order.at,
        "metrics": order.metrics,
        "serial": order.serial,
        "parts": site.parts,
    }
    seal(partial, site.node, about, entries)
    publish(partial, order.step)
    for old in find(site.folder)[site.keep :] if site.keep else []:
        remove(old.path)


def _attempt(work: Any, *given: Any) -> str:
    """What went wrong in `work`, in a sentence. A save must never end a training, whatever a library raises."""
    try:
        work(*given)
    except Exception as error:
        return sentence(error)
    return ""


def _first(said: List[str]) -> str:
    return next((sentence for sentence in said if sentence), "")


def sentence(error: BaseException) -> str:
    """Why, for a person: the innermost reason, which is the operating system's where it has one."""
    if isinstance(error, CheckpointError):
        return str(error)
    # A CheckpointException carries one error for each rank that had one, which may be another of its kind.
    while isinstance(getattr(error, "failures", None), dict) and error.failures:  # type: ignore[attr-defined]
        first = next(iter(error.failures.values()))  # type: ignore[attr-defined]
        error = first[0] if isinstance(first, tuple) else first
    while not isinstance(error, OSError) and (error.__cause__ or error.__context__):
        error = error.__cause__ or error.__context__ or error
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({os.fspath(error.filename)!s})" if error.filename else error.strerror
    return f"{type(error).__name__}: {str(error).strip() or 'no reason given'}"[:500]
