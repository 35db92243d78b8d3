"""What a head says of itself on the local network: the names in its mDNS service. It is a hint, never a proof."""

from __future__ import annotations

from typing import Final

SERVICE_TYPE: Final = "_tensorfleet._tcp.local."
"""DNS-SD (RFC 6763). The service's port is the head's HTTP port."""

FLEET: Final = "id"
"""TXT key: the fleet's id."""

VERSION: Final = "version"
"""TXT key: the head's release."""

RPC_PORT: Final = "rpc"
"""TXT key: the agents' port."""

CA_PREFIX: Final = "ca"
"""TXT key: the first PREFIX hex digits of the SHA-256 of the fleet's CA, as many as a join token pins."""

PREFIX: Final = 32
