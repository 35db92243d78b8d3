"""Settings: typed, documented on the field, read once at the edge.

`paths.py` knows the default places, `load.py` merges file < environment < flags and remembers where each value came
from; `head.py`, `agent.py` and `client.py` are the three things that have settings. Nobody else reads os.environ.
"""
