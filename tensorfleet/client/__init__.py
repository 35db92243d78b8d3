"""The one client of a head: REST and server-sent events, synchronous, for shells, notebooks and the console.

    from tensorfleet.client import Client, connect

    client = connect()                                  # finds the head as the command line does
    job = client.run(["python", "train.py"], slots=2)   # uploads the work directory
    job = client.wait(job)

`api.py` has a method for each route, `transport.py` sends and understands failures, `sse.py` and `stream.py` follow
without a gap, `locate.py` finds head and credential, `login.py` trusts a new one; `ignore.py`, `tree.py`, `hashes.py`
and `upload.py` bring a work directory over, `download.py` brings artifacts back, `prepare.py` makes a request
complete. Nothing in here prints.
"""

from tensorfleet.client.api import Client
from tensorfleet.client.locate import connect

__all__ = ["Client", "connect"]
