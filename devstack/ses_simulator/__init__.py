"""An SES of our own for demos and tests: takes mails as SES v2 does, keeps a ledger, and reports what became of them.

`python -m devstack.ses_simulator --port 4566 --data var/ses`. Nothing leaves the machine. It knows nothing of the
product but its two addresses: where notifications go, and where the links in mails lead.
"""
