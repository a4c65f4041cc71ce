"""Loaded before Django's settings are read (`-p` in pyproject.toml), so that no test talks to a real endpoint."""

import atexit
import os
import shutil
import tempfile

from tests.engines import environment as engines

# What a test writes by accident lands here, never in the data of a stack that was started in this folder.
_FOLDER = tempfile.mkdtemp(prefix="crm-tests-")
# Where collected static files would lie; whitenoise warns for every client where it is missing.
os.mkdir(f"{_FOLDER}/static")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)

os.environ.update(
    DATA_DIR=_FOLDER,
    DEMO="1",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    OUTBOX_SHARDS="1",
    # Nobody listens there: what is only a hint must not be needed.
    REDIS_URL="redis://127.0.0.1:1/0",
)

# Real engines, where the run was given some. DynamoDB Local keeps each access key's tables apart.
if dynamodb := engines.dynamodb():
    os.environ.update(AWS_ENDPOINT_URL_DYNAMODB=dynamodb, AWS_ENDPOINT_URL_DYNAMODB_STREAMS=dynamodb)
    os.environ["AWS_ACCESS_KEY_ID"] += os.environ.get("PYTEST_XDIST_WORKER", "")
