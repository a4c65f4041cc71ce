"""The two tables, the item every other item derives from, and conditional single writes.

Key strings are built by named functions in each feature's `tables.py`, nowhere else.
"""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from botocore.config import Config
from botocore.exceptions import ClientError
from django.conf import settings
from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection.base import Connection
from pynamodb.constants import NULL, STREAM_NEW_AND_OLD_IMAGE
from pynamodb.exceptions import GetError, PutError, PynamoDBException, QueryError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, Index
from pynamodb.models import Model

from crm.core import aws, errors
from crm.core.agent import USER_AGENT

CONDITION_FAILED = "ConditionalCheckFailedException"
THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TransactionConflictException",
    }
)

# Epoch seconds. Other numbers under this name, such as a lease's milliseconds, lie too far ahead to mean anything.
EXPIRES_AT = "expires_at"
# DynamoDB's limits on keys, in bytes.
_MAX_PK, _MAX_SK = 2_048, 1_024


class CrmItem(Model):
    """An item of the single table `crm`. `version` orders projections and nothing else."""

    class Meta:
        table_name = settings.CRM_TABLE
        billing_mode = "PAY_PER_REQUEST"
        stream_view_type = STREAM_NEW_AND_OLD_IMAGE
        max_pool_connections = 64
        connect_timeout_seconds = 3
        read_timeout_seconds = 5

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    type = DiscriminatorAttribute()
    version = NumberAttribute(default=1)


class DueIndex(GlobalSecondaryIndex["OutboxItem"]):
    """Sparse: only mails that are not final carry `due_pk`."""

    class Meta:
        index_name = "due"
        projection = AllProjection()

    due_pk = UnicodeAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class OutboxItem(Model):
    """An item of the table `crm_outbox`: one mail to one person."""

    class Meta:
        table_name = settings.CRM_OUTBOX_TABLE
        billing_mode = "PAY_PER_REQUEST"
        stream_view_type = STREAM_NEW_AND_OLD_IMAGE
        max_pool_connections = 64
        connect_timeout_seconds = 3
        read_timeout_seconds = 5

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    type = DiscriminatorAttribute()
    version = NumberAttribute(default=1)
    due_pk = UnicodeAttribute(null=True)
    due_at = NumberAttribute(null=True)
    due = DueIndex()


Item = CrmItem | OutboxItem
TABLES: tuple[type[CrmItem] | type[OutboxItem], ...] = (CrmItem, OutboxItem)


class ConditionFailed(Exception):
    """A condition of a single write did not hold. A business answer, never retried as it stands."""


def error_code(error: PynamoDBException) -> str | None:
    """Return DynamoDB's code of a failure, or None where no answer came.

    PynamoDB's own `cause_response_code` raises AttributeError for a connection that closed before the answer.
    """
    cause = error.cause
    return cause.response["Error"]["Code"] if isinstance(cause, ClientError) else None


def connection() -> Connection:
    """Return the process's one connection. Item types share it because they inherit it from `CrmItem`."""
    return CrmItem._get_connection().connection


def warm_up() -> None:
    """Build both clients once, before threads do it side by side (200 cold threads took 49 s)."""
    for table in TABLES:
        connected = table._get_connection().connection
        connected.session.set_default_client_config(Config(user_agent=USER_AGENT))
        aws.share(connected.session)
        assert connected.client is not None


def create_tables() -> None:
    """Create what is missing of the tables, and have DynamoDB delete what expired. Running it again is harmless.

    Raises:
        botocore.exceptions.ClientError: the role may not do what is missing, or another attribute is the table's
            time to live, which DynamoDB changes only by hand.
    """
    for table in TABLES:
        if not table.exists():
            table.create_table(wait=True)
    _delete_expired(CrmItem.Meta.table_name)


def _delete_expired(table: str) -> None:
    """Switch on what deletes items within days after their `expires_at`. Mails in `crm_outbox` stay for ever."""
    # PynamoDB types its client by the private names that it uses itself.
    client = cast("Any", connection().client)
    told = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if told["TimeToLiveStatus"] in ("ENABLED", "ENABLING") and told.get("AttributeName") == EXPIRES_AT:
        return
    # Told twice within an hour, or of another attribute, DynamoDB refuses.
    client.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": EXPIRES_AT})


def put_new(item: Item, or_if: Condition | None = None) -> bool:
    """Put an item that must not exist, unless `or_if` holds for the one that does. Return False where it was not put.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    absent = type(item).pk.does_not_exist()
    try:
        item.save(condition=absent if or_if is None else absent | or_if)
    except PutError as error:
        if error_code(error) == CONDITION_FAILED:
            return False
        raise translated(error) from error
    return True


def update(item: Item, actions: Sequence[Action], condition: Condition) -> None:
    """Change one item under a condition, adding 1 to its version.

    The SDK may resend an update whose answer was lost, so a failed condition can be our own first try:
    callers that must tell re-read and look for their mark.

    Raises:
        ConditionFailed: the condition did not hold.
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    try:
        # Not `item.update`: it would have the whole item sent back, and read, after each change.
        item._get_connection().update_item(
            item.pk, item.sk, actions=[*actions, type(item).version.add(1)], condition=condition
        )
    except UpdateError as error:
        if error_code(error) == CONDITION_FAILED:
            raise ConditionFailed from error
        raise translated(error) from error


def get[Kind: Model](kind: type[Kind], pk: str, sk: str) -> Kind | None:
    """Read one item consistently, or None. A key longer than DynamoDB takes (2,048 and 1,024 bytes) names nothing.

    Raises:
        errors.Busy: DynamoDB throttled the read beyond the SDK's retries, or gave no answer.
    """
    if not _can_be_key(pk, sk):
        return None
    try:
        return kind.get(pk, sk, consistent_read=True)
    except kind.DoesNotExist:
        return None
    except GetError as error:
        raise _read_failed(error) from error


def image(table: type[CrmItem] | type[OutboxItem], pk: str, sk: str) -> dict[str, dict[str, Any]] | None:
    """Read one item consistently as it is stored, also one that cannot be decoded; None: there is none.

    Raises:
        errors.Busy: DynamoDB throttled the read beyond the SDK's retries, or gave no answer.
    """
    try:
        found: dict[str, Any] = table._get_connection().get_item(pk, sk, consistent_read=True)
    except GetError as error:
        raise _read_failed(error) from error
    return found.get("Item")


def query[Kind: Model](
    kind: type[Kind],
    pk: str,
    condition: Condition | None = None,
    **options: Any,  # noqa: ANN401 - PynamoDB's
) -> Iterator[Kind]:
    """Query one partition consistently; the options are PynamoDB's. Raises as `get` does, while iterating."""
    try:
        yield from kind.query(pk, condition, consistent_read=True, **options)
    except QueryError as error:
        raise _read_failed(error) from error


def query_index[Kind: Model](
    index: Index[Kind],
    pk: str,
    condition: Condition | None = None,
    **options: Any,  # noqa: ANN401 - PynamoDB's
) -> Iterator[Kind]:
    """Query one partition of an index, whose answers may be a moment old. Raises as `get` does, while iterating."""
    try:
        yield from index.query(pk, condition, **options)
    except QueryError as error:
        raise _read_failed(error) from error


def get_many[Kind: Item](kind: type[Kind], keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Kind]:
    """Read items consistently by key, in batches of 100; missing ones are left out."""
    wanted = [key for key in dict.fromkeys(keys) if _can_be_key(*key)]
    found = cast("Iterator[Kind]", kind.batch_get(wanted, consistent_read=True))
    try:
        return {(item.pk, item.sk): item for item in found}
    except GetError as error:
        raise _read_failed(error) from error


def _can_be_key(pk: str, sk: str) -> bool:
    return len(pk.encode()) <= _MAX_PK and len(sk.encode()) <= _MAX_SK


def _read_failed(error: PynamoDBException) -> Exception:
    # Reading again is harmless, so a lost answer is as good as a throttled one.
    return errors.Busy() if error_code(error) is None else translated(error)


def translated(error: PynamoDBException) -> Exception:
    """Return `errors.Busy` for a throttled call, any other failure as it is."""
    return errors.Busy() if error_code(error) in THROTTLED else error


def from_json(image: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return a stored image that came as JSON, where binary values are base64, as boto3 gives it.

    None of them stands within a list or map here.
    """
    return {name: {"B": b64decode(value["B"])} if "B" in value else value for name, value in image.items()}


def decode(image: dict[str, dict[str, Any]], table: type[CrmItem] | type[OutboxItem]) -> Item:
    """Turn a stored image (as streams carry it) into the item type that its discriminator names.

    The same as `from_raw_data` in half the time, which a rebuild spends a million times.

    Raises:
        ValueError, TypeError, AttributeDeserializationError: the image is not of a known type, or a value not of its.
    """
    kind = table.type.deserialize(table.type.get_value(image["type"]))
    item: Item = kind(_user_instantiated=False)
    for name, attribute in kind.get_attributes().items():
        value = image.get(attribute.attr_name)
        if value and NULL not in value:
            item.attribute_values[name] = attribute.deserialize(attribute.get_value(value))
    return item
