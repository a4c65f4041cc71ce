"""Mails counted as they are stored, for tests that compare them with what was to become of them."""

from collections import Counter

from crm.deliveries.tables import DeliveryItem, delivery_pk


def count_states(source: str, shards: int) -> Counter[str]:
    """Count a campaign's mails by state, read consistently."""
    partitions = (DeliveryItem.query(delivery_pk(source, shard), consistent_read=True) for shard in range(shards))
    return Counter(str(item.state) for partition in partitions for item in partition)
