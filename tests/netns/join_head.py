"""Finds a head by mDNS and joins it as an agent does; prints the node's id and the CA it is pinned to.

Arguments: the agent's folder, and a join token or nothing. An error is printed as its code.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tensorfleet.agent.joining.enrol import enrol
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.config.agent import AgentSettings
from tensorfleet.errors import TensorFleetError


async def main(folder: Path, token: str | None = None) -> None:
    try:
        async with asyncio.timeout(20):
            enrolled = await enrol(AgentSettings(data_dir=folder, join=token, name="rack-1"))
            await enrolled.find()
    except TensorFleetError as error:
        print(error.code)
    else:
        identity = Identity(folder / "identity")
        print(identity.node_id, identity.fingerprint)


asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
