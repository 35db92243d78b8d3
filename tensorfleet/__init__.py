"""TensorFleet: one package turns a room of bare-metal GPU machines into one training computer.

The fifteen-minute tour
=======================

**See it work (2 minutes).** `tensorfleet demo` starts a head and two agents on this machine, trains a real
two-rank job over them and draws its loss curve. Nothing to configure, nothing left behind.

**Your own fleet (5 minutes).** On one machine, which needs no GPU:

    tensorfleet head --host 0.0.0.0

It prints where to look and the line to type on the others. With the join token, or without one by comparing two
words on both screens, each of them becomes a node:

    tensorfleet agent

**Your own job (3 minutes).** A script that runs under `torchrun` runs here unchanged:

    tensorfleet run --gpus 16 -- python train.py --lr 0.1
    tensorfleet ps                       what runs, what waits
    tensorfleet logs JOB -f              what it prints, from every rank
    tensorfleet metrics JOB              its curves, drawn in the terminal
    tensorfleet artifacts get JOB        the files it left in TENSORFLEET_OUTPUT_DIR

**Inside the job (2 minutes).** Three calls, all optional; on a laptop without a fleet they do nothing and cost nothing:

    import tensorfleet

    run = tensorfleet.init()
    for step, batch in enumerate(loader):
        loss = train(batch)
        run.log(loss=loss, step=step)
        if run.should_stop():
            break

**How it is made (3 minutes).** Two kinds of process, each a pure brain in a shell. Start with `core` (what is decided),
then `head` (who carries it out), then `agent` (where ranks live); `wire` is what they say to each other:

    errors    the one tree of errors             client   REST and events, used by cli and tui
    core      pure: nouns, lifecycle, schedule   cli      one file per verb
    wire      messages and shapes                train    what runs inside a user's job
    config    settings and where they came from  recipes  built-in trainers, each an ordinary script
    store     documents; objects: blobs          agent    supervisor, shim, warm workers, probes
    head      brain's shell, REST, gRPC          obs      logs, metrics, redaction

This file imports nothing: every command starts through it, and so does every rank that logs, on any Python from 3.9 on.
"""

__version__ = "0.1.0"

__all__ = ["Run", "__version__", "init", "log", "should_stop"]

# Type checkers take a variable of this name for true; importing typing for it would cost every start 5 ms.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from tensorfleet.train.run import Run, init, log, should_stop
else:  # hidden from type checkers, which would take every name for an object

    def __getattr__(name: str) -> object:
        """The names of the SDK, imported when first used."""
        if name not in ("Run", "init", "log", "should_stop"):
            raise AttributeError(f"module 'tensorfleet' has no attribute {name!r}")
        from tensorfleet.train import run

        value: object = getattr(run, name)
        globals()[name] = value
        return value
