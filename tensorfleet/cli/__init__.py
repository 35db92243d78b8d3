"""The command line: one file per verb, each imported only when it is the one that was typed.

`main.py` is the door: it knows the verbs, turns errors into two lines and an exit code, and owns Ctrl-C. `session.py`
is what every verb that talks to a head shares: the options, the client, and where output goes. `table.py`, `human.py`,
`bar.py`, `lines.py`, `curves.py` and `card.py` are the things that get drawn; `attach.py` stays with a job to its end.
"""
