"""Prints hardware faults and outcomes until it is stopped.

At least once: what was printed after the last commit is printed again after a crash, so whoever acts on events remembers
the ce_id (with ce_source) of those that he acted on.
"""

import io
import json
import os
import struct
import urllib.request

import fastavro
from confluent_kafka import Consumer

user = os.environ["USER_NAME"]
consumer = Consumer(
    {
        "bootstrap.servers": os.environ["BROKERS"],
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": os.environ["AUTHORITY"],
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": user,
        "sasl.password": os.environ["PASSWORD"],
        "group.id": f"{user}.python",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
)
schemas = {}


def schema_of(identifier):
    if identifier not in schemas:
        with urllib.request.urlopen(f"{os.environ['REGISTRY']}/schemas/ids/{identifier}") as answer:
            schemas[identifier] = fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
    return schemas[identifier]


def decoded(value):
    """Confluent's wire format: a zero byte, four bytes of schema id, Avro."""
    magic, identifier = struct.unpack(">bI", value[:5])
    if magic != 0:
        raise ValueError("not in Confluent's wire format")
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), schema_of(identifier))


consumer.subscribe(["fault.hardware", "maintenance.outcomes"])
while True:
    message = consumer.poll(1.0)
    if message is None:
        continue
    if message.error():
        raise SystemExit(str(message.error()))
    event = decoded(message.value())
    headers = dict(message.headers())
    if message.topic() == "fault.hardware":
        what = f"{event['type']} {event['change']}"
    else:
        what = f"{event['workflow']} {event['outcome']}"
    print(headers["ce_id"].decode(), message.key().decode(), what, flush=True)
    consumer.commit(message, asynchronous=False)
