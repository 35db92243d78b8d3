"""Starting, owning and ending ranks on this node. `ranks.py` is what the rest of the agent uses.

The processes: agent -> nursery or warm worker -> shim -> ranks. Shims outlive the agent, which adopts them again.

In the agent    ranks, shim_handle (one shim as the agent holds it), task (what goes in and comes out), nursery, warm,
                eligible (may this command be forked?), containment (control groups), lost (a shim that vanished)
In children     cradle (nursery and warm worker), shim, rank, capture (logs), uplink (the line to the agent), linux,
                processes, durable, preload, program, reseed: these are loaded by path, under any Python from 3.9 on,
                and import nothing but the standard library and each other
"""
