"""Reads what the witnesses of a run have seen: log files, and topics fetched by kcat and decoded by fastavro.

`place` is the JSON object in the only argument; it says where all of that is.
"""

import collections
import datetime
import functools
import json
import subprocess
import sys

place = json.loads(sys.argv[1])
FAULT_TOPICS = ("fault.hardware", "fault.system", "fault.component")
FACT_TOPICS = (
    *FAULT_TOPICS,
    "maintenance.events",
    "maintenance.outcomes",
    "migration.requests",
)
TOPICS = (*FACT_TOPICS, "fault.report-fates", "guard.pauses", "node.state")


@functools.cache
def lines_of(path):
    """Read once: a log goes on being written, and would hold more when it is read again than what was counted before."""
    lines = []
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                # The last line may be half written, and a killed server may leave one in the middle.
                try:
                    lines.append(json.loads(line))
                except ValueError:
                    continue
    except FileNotFoundError:
        pass
    return tuple(lines)


def start_fetching(topic):
    fetch = [place["kcat"], "-b", place["brokers"], "-C", "-t", topic, "-o", "beginning", "-e", "-q"]
    return subprocess.Popen(fetch + ["-f", "%T\\t%t\\t%p\\t%o\\t%k\\t%h\\n%R%s"], stdout=subprocess.PIPE)


def fetched(topics):
    """What kcat gives of each, fetched at the same time."""
    programs = [start_fetching(topic) for topic in topics]
    outputs = [program.communicate()[0] for program in programs]
    for topic, program in zip(topics, programs):
        if program.returncode != 0:
            sys.exit(f"{topic} could not be read: kcat ended with {program.returncode}")
    return b"".join(outputs)


@functools.cache
def read(topics, *flags):
    """Records by topic, partition by partition in the order of the log."""
    decode = [place["python"], place["decoder"], place["registry"], *flags]
    decoded = subprocess.run(decode, input=fetched(topics), check=True, capture_output=True).stdout
    records = {topic: [] for topic in topics}
    for line in decoded.splitlines():
        record = json.loads(line)
        records[record["topic"]].append(record)
    for one in records.values():
        one.sort(key=lambda record: (record["partition"], record["offset"]))
    return records


def records_of(topic):
    return read(TOPICS)[topic]


def dead_letters():
    return read(("fault.reports.dlt",), "--raw")["fault.reports.dlt"]


def identifier_of(record):
    return record["headers"].get("ce_id")


def sequence_of(record):
    return record["headers"].get("ce_sequence", "")


def distinct(records):
    """Once each by their event id, where it stands first: what was published twice is the same event."""
    first = {}
    for record in records:
        first.setdefault(identifier_of(record), record)
    return list(first.values())


def by_node(topics):
    """Events of each node in the order of their sequence."""
    nodes = collections.defaultdict(list)
    for topic in topics:
        for record in distinct(records_of(topic)):
            nodes[record["key"]].append((sequence_of(record), topic, record))
    for events in nodes.values():
        events.sort(key=lambda event: event[:2])
    return nodes


def seconds(text):
    return datetime.datetime.fromisoformat(text).timestamp()
