"""What a process says about itself.

logging     set-up, the two formats, and `fields` for `extra=`
redact      keeps secrets out of it
"""
