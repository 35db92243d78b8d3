"""The head's REST interface: requests in, answers and streams out. Nothing is decided here.

Start at `app.py`, which lists every route. A route is a handler with its declaration (`route.py`), one file a noun or
verb: jobs, submit, stop, why, logs, curves, events, artifacts, blobs, workers, keys, me, login, health, metrics, docs,
home.

    site.py     how a request becomes a handler's call: who, may they, query, body
    call.py     what a handler gets
    guard.py    names, credentials, permissions, pages of others; bucket.py counts failures
    input.py    queries and bodies to checked structs
    errors.py   every error to application/problem+json; the only place that knows statuses
    sse.py      event streams, in turns (pacer.py); feed.py and activity.py encode once for all who follow
    views.py    jobs, encoded once for all who list them
    openapi.py  the description, from the declarations; docs.py shows it, page.py is how pages look
    server.py   the listening socket and its limits

Keys and roles are `tensorfleet.head.keyring` and `.roles`; what the numbers mean is `.prometheus`.
"""
