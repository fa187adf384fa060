"""That the servers of the tests are really there, and are one per run."""

import asyncio

import botocore.session
import nats
import pytest
import sqlalchemy as sa
from pyspark.sql import SparkSession

from beleef.store.records.database import Database
from tests.conftest import Bucket

pytestmark = pytest.mark.service


def test_a_fresh_database_is_empty_and_answers(database: Database) -> None:
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT 40 + 2")).scalar_one() == 42


def test_postgres_is_new_enough(postgres_address: str) -> None:
    engine = sa.create_engine(postgres_address, poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert int(connection.execute(sa.text("SHOW server_version_num")).scalar_one()) >= 150000


def test_a_bucket_keeps_what_is_put_in_it(bucket: Bucket) -> None:
    client = botocore.session.get_session().create_client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name="us-east-1",
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
    )
    client.put_object(Bucket=bucket.name, Key="facts/one", Body=b"kept")
    assert client.get_object(Bucket=bucket.name, Key="facts/one")["Body"].read() == b"kept"
    client.close()


def test_spark_answers_a_question(spark_remote: str) -> None:
    session = SparkSession.builder.remote(spark_remote).getOrCreate()
    assert session.sql("SELECT 40 + 2 AS answer").collect()[0]["answer"] == 42
    session.stop()


async def _stream_count(address: str) -> int:
    connection = await nats.connect(address)
    try:
        return int((await connection.jetstream().account_info()).streams)
    finally:
        await connection.close()


def test_nats_has_jetstream(nats_server: str) -> None:
    assert asyncio.run(_stream_count(nats_server)) >= 0
