"""The chaos rig: campaigns on a stack whose parts are killed and whose services fail, counted by two ledgers.

`README.md` beside this file says how to run it and how to read what it prints.
"""
