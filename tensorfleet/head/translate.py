"""The brain's words and the wire's: commands to agents become messages, agents' messages become inputs."""

from __future__ import annotations

from tensorfleet.core.actions import AnswerCheckpoint, Assign, Command, Forget, Halt, Launch
from tensorfleet.core.attempts import alloc_of, current
from tensorfleet.core.checkpoint import Checkpoint
from tensorfleet.core.checkpoints import newest
from tensorfleet.core.inputs import Facts, NodeConnected, TaskEnded, TaskFact
from tensorfleet.core.job import RankExit, TaskPhase
from tensorfleet.core.node import Fill, Gpu, GpuState
from tensorfleet.wire.messages import (
    AssignTask,
    CheckpointAnswer,
    ForgetTask,
    HaltTask,
    HeadMessage,
    LaunchTask,
    NodeFacts,
    ReportTaskCompletion,
    Resume,
    TaskState,
)

CHOICES = 2
"""Checkpoints that an attempt is offered: the newest, and the one before should that be damaged."""


def to_message(command: Command) -> HeadMessage:
    """`command` as its agent gets it."""
    match command:
        case Launch():
            return LaunchTask(command.alloc, command.master)
        case Halt():
            return HaltTask(command.alloc, command.grace, command.ask)
        case Forget():
            return ForgetTask(command.alloc)
        case AnswerCheckpoint():
            return CheckpointAnswer(command.alloc, command.serial, command.accepted, command.keep)
        case Assign():
            job, share, attempt = command.job, command.share, current(command.job)
            return AssignTask(
                alloc=alloc_of(job, share),
                job=job.id,
                name=job.spec.name,
                attempt=attempt.number,
                node_rank=share.node_rank,
                first_rank=share.first_rank,
                local_ranks=tuple(s.ranks for s in attempt.shares),
                gpus=share.gpus,
                run=job.spec.run,
                env=dict(job.spec.env),
                code=job.spec.code,
                venv=job.spec.python.venv,
                warm=job.spec.warm,
                solo=command.solo,
                watch_factor=job.spec.watchdog.factor,
                watch_floor=job.spec.watchdog.floor,
                resume=tuple(_resume(checkpoint) for checkpoint in newest(job)[:CHOICES]),
                checkpoint_dir=job.spec.checkpoint.dir,
                checkpoint_every=job.spec.checkpoint.every,
            )


def _resume(checkpoint: Checkpoint) -> Resume:
    parts = () if checkpoint.path else tuple(part.digest for part in checkpoint.parts)
    return Resume(checkpoint.attempt, checkpoint.serial, checkpoint.step, parts, checkpoint.path)


def connected(node: str, facts: NodeFacts, tasks: tuple[TaskState, ...]) -> NodeConnected:
    """What `node` says of itself, and all it knows of."""
    gpus = tuple(Gpu(gpu.uuid, gpu.index, gpu.model, gpu.memory, GpuState(gpu.state), gpu.note) for gpu in facts.gpus)
    return NodeConnected(
        node,
        Facts(
            facts.hostname,
            facts.machine,
            facts.addresses,
            facts.version,
            facts.slots,
            facts.cpus,
            facts.memory,
            gpus,
            facts.containment,
            facts.labels,
            Fill(facts.disk),
        ),
        tuple(TaskFact(task.alloc, TaskPhase(task.phase)) for task in tasks),
    )


def ended(node: str, done: ReportTaskCompletion) -> TaskEnded:
    """What `node` says of the end of a share."""
    exits = tuple(RankExit(e.rank, e.code, e.signal, e.at, e.error, e.oom, e.gpu_oom) for e in done.exits)
    return TaskEnded(
        node,
        done.alloc,
        exits,
        done.first_failed,
        done.error,
        done.fault,
        done.outputs,
        done.leftover,
        done.heard,
        done.hang,
        done.sure,
    )
