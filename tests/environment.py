"""Loaded before Django's settings are read (`-p` in pyproject.toml), so that no test talks to a real endpoint."""

import os

os.environ.update(
    DEMO="1",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    OUTBOX_SHARDS="1",
    # Nobody listens there: what is only a hint must not be needed.
    REDIS_URL="redis://127.0.0.1:1/0",
)
