"""The queue's policy: who goes next, where, at whose expense, and why the others wait.

`policy` holds the settings, `ask` what the scheduler knows of a job, `line` the order, `usage` who had how much,
`grid` what the nodes have left, `pass_` … each file one noun. `scheduler` puts them together and reads like a
contents page. Nothing in here knows of attempts, agents or the store: the head's brain and the trace-driven
simulator (`tensorfleet simulate`) drive the very same code.
"""
