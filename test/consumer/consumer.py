#!/usr/bin/env python3
"""Reads header-events.v1 as a stranger would: kafka-python, pyarrow and the published JSON Schemas, nothing of ours.

Prints one JSON line a record: {"partition", "offset", "key", "agent", "seq", "account", "rows": [...]}.
Exits 1 with a message on the first record that does not keep to what is published.
"""
import argparse
import json
import re
import sys
import zlib
from datetime import datetime, timezone

import pyarrow as pa
from jsonschema import Draft202012Validator
from kafka import KafkaConsumer, TopicPartition

HEADERS = ["content-type", "headwater-schema", "headwater-agent", "headwater-seq", "headwater-crc32", "headwater-account"]


def refuse(message):
    sys.exit(f"consumer.py: {message}")


def rfc3339(ns):
    seconds, rest = divmod(ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:09d}Z"


def convert(value, prop, header_actions):
    arrow = prop["x-arrow"]
    if value == arrow.get("absent", object()):
        return None
    if arrow["type"].startswith("timestamp"):
        return rfc3339(value)
    if arrow["type"].startswith("list"):
        return [{"name": h["name"], "value": h["value"], "action": header_actions[h["action"]]} for h in value]
    if arrow["type"] == "uint64":
        return str(value)
    if prop["type"] == "array":
        return [name for bit, name in enumerate(prop["items"]["enum"]) if value >> bit & 1]
    if "enum" in prop:
        return prop["enum"][value]
    return value


def rows_of(value, schema, where):
    with pa.ipc.open_stream(value) as reader:
        if reader.schema.metadata.get(b"headwater.schema") != b"1":
            refuse(f"{where}: schema metadata {reader.schema.metadata}")
        table = reader.read_all()
    table.validate(full=True)
    actions = schema["$defs"]["header"]["properties"]["action"]["enum"]
    columns = {}
    for name, prop in schema["properties"].items():
        column = table.column(name)
        published = re.match(r"\w+", prop["x-arrow"]["type"]).group()
        if not str(column.type).startswith(published):
            refuse(f"{where}: column {name} is {column.type}, published as {prop['x-arrow']['type']}")
        if pa.types.is_timestamp(column.type):
            if column.type != pa.timestamp("ns", tz="UTC"):
                refuse(f"{where}: column {name} is {column.type}")
            column = column.cast(pa.int64())
        columns[name] = [convert(v, prop, actions) for v in column.to_pylist()]
    return [{n: c[i] for n, c in columns.items() if c[i] is not None} for i in range(table.num_rows)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--schemas", required=True, help="directory of the published *.schema.json")
    options = parser.parse_args()

    with open(f"{options.schemas}/header-event.v1.schema.json") as f:
        event_schema = json.load(f)
    with open(f"{options.schemas}/batch-account.v1.schema.json") as f:
        account_schema = json.load(f)
    event, account = Draft202012Validator(event_schema), Draft202012Validator(account_schema)

    consumer = KafkaConsumer(bootstrap_servers=options.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False, consumer_timeout_ms=20_000)
    partitions = [TopicPartition(options.topic, p) for p in sorted(consumer.partitions_for_topic(options.topic) or [])]
    if not partitions:
        refuse(f"topic {options.topic} does not exist")
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    left = {tp: end for tp, end in consumer.end_offsets(partitions).items() if end > 0}
    while left:
        for tp, records in consumer.poll(timeout_ms=1000).items():
            for record in records:
                where = f"{tp.topic}/{tp.partition}/{record.offset}"
                headers = dict(record.headers)
                for name in HEADERS:
                    if name not in headers:
                        refuse(f"{where}: header {name} is missing")
                if headers["content-type"] != b"application/vnd.apache.arrow.stream":
                    refuse(f"{where}: content-type {headers['content-type']}")
                crc = zlib.crc32(record.value, zlib.crc32(headers["headwater-account"]))
                if headers["headwater-crc32"].decode() != f"{crc:08x}":
                    refuse(f"{where}: checksum {headers['headwater-crc32']}, the bytes give {crc:08x}")
                told = json.loads(headers["headwater-account"])
                for error in account.iter_errors(told):
                    refuse(f"{where}: account {error.json_path}: {error.message}")
                rows = rows_of(record.value, event_schema, where)
                for row in rows:
                    for error in event.iter_errors(row):
                        refuse(f"{where}: row {error.json_path}: {error.message}")
                print(json.dumps({
                    "partition": tp.partition, "offset": record.offset, "key": record.key.decode(),
                    "agent": headers["headwater-agent"].decode(), "seq": int(headers["headwater-seq"]), "account": told, "rows": rows,
                }))
        left = {tp: end for tp, end in left.items() if consumer.position(tp) < end}
    consumer.close()


if __name__ == "__main__":
    main()
