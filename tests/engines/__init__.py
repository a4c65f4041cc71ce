"""The real engines under the tests: DynamoDB Local and an OpenSearch node, fetched from Maven Central."""
