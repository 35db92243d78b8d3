"""The certificate that anybody may present: it proves nothing and opens nothing.

The head's gRPC port asks every client for a certificate, and gRPC can only ask all or none. A machine that is not
a node yet has none of the fleet's, so it shows this one. Its private key is here for all to read, on purpose:
whoever uses it has proved nothing, and `head/rpc/peer.py` lets it call Join, Pair and PairStatus only. What such a
call may do is decided by the join token or by the people who compare the pairing words.

The certificate is issued by a CA of its own whose key was thrown away, not by itself: gRPC takes any certificate
signed by a trust anchor's key, even if the anchor says it is no CA, so a published anchor key could sign a
certificate in the name of any node. For the same reason the head also checks that a node's certificate was signed
by the fleet's CA, and does not rely on the handshake alone.
"""

from __future__ import annotations

from typing import Final

CA_PEM: Final = b"""\
-----BEGIN CERTIFICATE-----
MIIBjzCCATWgAwIBAgIUYljKQOl7FKay6QzRDZIrXFdDTtIwCgYIKoZIzj0EAwIw
IzEhMB8GA1UEAwwYVGVuc29yRmxlZXQgYW5vbnltb3VzIENBMCAXDTIwMDEwMTAw
MDAwMFoYDzk5OTkxMjMxMjM1OTU5WjAjMSEwHwYDVQQDDBhUZW5zb3JGbGVldCBh
bm9ueW1vdXMgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATgX0HM0J56STXF
1a3SlrgI7d865XxewH8rz6n9G98hDd8Z1LebefsE2KBdE0Xq/BCwBVgga1yQbdmc
M75q64Tio0UwQzASBgNVHRMBAf8ECDAGAQH/AgEAMA4GA1UdDwEB/wQEAwICBDAd
BgNVHQ4EFgQUh965uGZb5EhiS8r4OzUSKSaG8zkwCgYIKoZIzj0EAwIDSAAwRQIg
CuGDdEvvvu+3tGRus9aEIie11z7EFoHgB36wPClmeUQCIQCGDM9KU6n7m/2rFpsY
Rbe1DAIgOrMXUej1EapcNzJR+A==
-----END CERTIFICATE-----
"""

CERTIFICATE_PEM: Final = b"""\
-----BEGIN CERTIFICATE-----
MIIBnjCCAUOgAwIBAgIUDX0VNtZDWH7asPdWXDfPgO/B+HUwCgYIKoZIzj0EAwIw
IzEhMB8GA1UEAwwYVGVuc29yRmxlZXQgYW5vbnltb3VzIENBMCAXDTIwMDEwMTAw
MDAwMFoYDzk5OTkxMjMxMjM1OTU5WjAgMR4wHAYDVQQDDBVUZW5zb3JGbGVldCBh
bm9ueW1vdXMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQdOpupeQ1s1kT7p8Om
4/+PegXhCUfZgFcpMSk139AUegpEDN50zGiE27scRtkkm8E0KvdR7pBnPrwB0ZnZ
4NsZo1YwVDAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAK
BggrBgEFBQcDAjAfBgNVHSMEGDAWgBSH3rm4ZlvkSGJLyvg7NRIpJobzOTAKBggq
hkjOPQQDAgNJADBGAiEApydgsB76UmDs/T5SOft+GX97TsD+IzzWspFJNQ3FdwkC
IQCLSBGll3hrqrXSHx7wsDka9T/FITaqEJOxKFa50Tp3Zw==
-----END CERTIFICATE-----
"""

KEY_PEM: Final = b"""\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZQ2lKn6v6qoqH6SP
B528t7KW40kxepBGxwhM3EGp9amhRANCAAQdOpupeQ1s1kT7p8Om4/+PegXhCUfZ
gFcpMSk139AUegpEDN50zGiE27scRtkkm8E0KvdR7pBnPrwB0ZnZ4NsZ
-----END PRIVATE KEY-----
"""
