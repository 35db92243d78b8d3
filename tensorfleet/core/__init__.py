"""The pure heart: what a fleet is and how it decides. No clock, no chance, no input or output.

Nouns      resources, job, node, event
Moves      lifecycle (the one table of job states and how they follow each other)
Planning   schedule (reads like a contents page) over queue, feasible, gang and seats
Deciding   control (the head's brain): inputs in, actions out; explain and verdict word the results
Checking   invariants (run after every step of every test)

Time and ids come in as arguments. Whoever wants a thing done reads it from `actions` and does it.
Start at `control.py`.
"""
