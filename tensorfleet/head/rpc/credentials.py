"""TLS of the agents' port: always mutual, 1.2 or later (gRPC's own floor)."""

from __future__ import annotations

import grpc

from tensorfleet.head.authority import Authority
from tensorfleet.wire import anonymous


def server_credentials(authority: Authority) -> grpc.ServerCredentials:
    """Asks every client for a certificate of the fleet's CA, or for the anonymous one.

    What a client may do after the handshake is `peer.Gate`'s to say: a server with these credentials has to have
    one among its interceptors.
    """
    return grpc.ssl_server_credentials(
        [(authority.server_key, authority.server_chain)],
        root_certificates=authority.ca_pem + anonymous.CA_PEM,
        require_client_auth=True,
    )
