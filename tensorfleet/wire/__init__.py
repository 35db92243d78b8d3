"""What crosses a process boundary, and nothing that moves it: no sockets here.

messages    what head and agents say to each other on the session stream
codec       msgpack bytes to messages and back, with caps on everything
jobfile     the job file and the body of POST /api/v1/jobs: checked and turned into a core JobSpec
units       sizes (16GB) and durations (12h) as people write them
rest        the JSON that REST answers with
manifest    a directory as a list of files cut into content-addressed chunks
telemetry   what a node measures about itself
join, credential, pairing, anonymous    how a machine becomes a node
"""
