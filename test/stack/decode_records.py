"""Reads records as kcat prints them with -f '%T\t%t\t%p\t%o\t%k\t%h\n%R%s' and writes each as a line of JSON.

Values are decoded by the schema that the registry gives for the id in the record: nothing of Faultline is asked.
"""

import io
import json
import re
import struct
import sys
import urllib.request

import fastavro

registry = sys.argv[1]
stream = sys.stdin.buffer
schemas = {}


def schema_of(identifier):
    if identifier not in schemas:
        with urllib.request.urlopen(f"{registry}/schemas/ids/{identifier}") as answer:
            schemas[identifier] = fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
    return schemas[identifier]


def decoded(value):
    if len(value) < 5 or value[0] != 0:
        return None
    (identifier,) = struct.unpack(">I", value[1:5])
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), schema_of(identifier))


for line in iter(stream.readline, b""):
    appended_at, topic, partition, offset, key, headers = line.decode(errors="replace").rstrip("\n").split("\t", 5)
    (length,) = struct.unpack(">i", stream.read(4))
    value = stream.read(max(length, 0))
    if "--raw" in sys.argv:
        body = {"size": len(value), "hexadecimal": value[:64].hex()}
    else:
        body = decoded(value)
    # A value may hold commas of its own: the next header begins where a name and a sign follow.
    pairs = [pair.split("=", 1) for pair in re.split(r",(?=[\w-]+=)", headers) if "=" in pair]
    where = {"topic": topic, "partition": int(partition), "offset": int(offset), "appendedAt": int(appended_at)}
    print(json.dumps({**where, "key": key, "headers": dict(pairs), "value": body}, default=str))
