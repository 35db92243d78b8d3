"""How a machine finds its head, comes to trust it, and becomes a node.

enrol puts it together: discover (mDNS) or an address, handshake (whose certificate, before anything is said),
join (by token or by words), identity (key, certificate and pinned CA on disk), channel (gRPC with all that).
"""
