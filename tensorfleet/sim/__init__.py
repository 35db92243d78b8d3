"""A whole fleet in one process, from one seed: the real brains of head and agents under simulated faults.

`world` puts it together: a `head` with a store that keeps what was committed and nothing else, `machine`s with agents,
shims and ranks, `people` who submit and stop, `links` that delay and break, `faults` that befall all of them, on one
`timeline`. `checks` says what must hold, `story` tells what happened. `python -m tensorfleet.sim --seed 7` replays one.
"""
