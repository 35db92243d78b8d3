"""Checkpoints on a node: found where ranks leave them, brought to the head, and laid out for the next attempt.

    found.py     what in a directory is a checkpoint: the SDK's, by its manifest, or anybody's, by its name
    index.py     what became of each, remembered over a restart of the agent
    shipping.py  brings a task's checkpoints home, in the background
    restore.py   lays out the one to go on from: from this node's disk where it can, else from the head
    keeper.py    Checkpoints: the door for the rest of the agent

Not here: which of them count (the head), and how a rank saves (tensorfleet.train).
"""
