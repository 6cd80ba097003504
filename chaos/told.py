"""Holds what Faultline tells others against what stands on its topics: webhooks, states of nodes, traces."""

import base64
import collections
import hashlib
import hmac

from witnesses import FACT_TOPICS, by_node, distinct, identifier_of, lines_of, place, records_of, sequence_of

WEBHOOK_TOPICS = (*FACT_TOPICS, "fault.report-fates", "guard.pauses")
# What each subscriber has asked for.
SUBSCRIBERS = {
    "everything": lambda topic, value: True,
    "recovered": lambda topic, value: topic == "maintenance.outcomes" and value["outcome"] == "RECOVERED",
}
# Whoever was refused is asked again after 1 s, 2 s, …
UNDER_WAY_MS = 10_000
told_until = place["countedAt"] - UNDER_WAY_MS


def is_signed(line):
    """As Standard Webhooks has it."""
    key = base64.b64decode(place["webhookSecret"].removeprefix("whsec_"))
    text = f"{line['id']}.{line['timestamp']}.{line['body']}".encode()
    wanted = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in line["signature"].split(" ")


def count_subscriber(subscriber, wants):
    wanted = {
        (topic, identifier_of(record)): record
        for topic in WEBHOOK_TOPICS
        for record in distinct(records_of(topic))
        if wants(topic, record["value"])
    }
    lines = collections.defaultdict(list)
    for (topic, identifier), record in wanted.items():
        lines[topic, record["key"]].append((topic, identifier))
    before = {event: earlier for line in lines.values() for earlier, event in zip(line, line[1:])}
    accepted, tried, tries = set(), set(), 0
    misdelivered, disordered = [], []
    for line in lines_of(place["deliveries"]):
        if line["subscriber"] != subscriber:
            continue
        tries += 1
        event = (line["topic"], line["id"])
        if not is_signed(line):
            misdelivered.append(f"{line['id']} to {subscriber}: its signature is wrong")
        # What was published since the topics were read is on none.
        if event not in wanted and line.get("at", 0) < told_until:
            misdelivered.append(f"{line['id']} to {subscriber}: not on {line['topic']}, or not asked for")
        earlier = before.get(event)
        if event not in tried and earlier is not None and earlier not in accepted:
            disordered.append(f"{line['id']} came to {subscriber} before {earlier[1]} was accepted")
        tried.add(event)
        # No status: it was taken, and the answer never got there.
        if line["status"] is not None and line["status"] < 300:
            accepted.add(event)
    undelivered = [
        f"{event[1]} to {subscriber}"
        for event, record in wanted.items()
        if event not in accepted and record["appendedAt"] < told_until
    ]
    return {
        "events": len(wanted),
        "tries": tries,
        "undelivered": undelivered,
        "misdelivered": misdelivered,
        "disordered": disordered,
    }


def count_webhooks():
    counts = [count_subscriber(name, wants) for name, wants in SUBSCRIBERS.items()]
    total = {name: sum(count[name] for count in counts) for name in ("events", "tries")}
    lists = ("undelivered", "misdelivered", "disordered")
    return {"webhooks": total} | {name: [one for count in counts for one in count[name]] for name in lists}


def expected_state(events):
    """Process and open faults of a node, as its events tell of them."""
    process, faults = None, set()
    for _, topic, record in events:
        value = record["value"]
        if topic.startswith("fault."):
            (faults.discard if value["change"] == "CLEARED" else faults.add)(value["type"])
        elif topic == "maintenance.events" and value["type"] == "ProcessEnded":
            process = None
        elif topic == "maintenance.events" and value["processId"] is not None and value["stage"] is not None:
            process = (value["processId"], value["stage"])
    return process, faults


def healths_of(process, faults):
    if process is None:
        return ("FAULTY",) if faults else ("HEALTHY",)
    return ("WAITING", "PARKED") if process[1] == "waitingForPerson" else ("IN_MAINTENANCE", "WAITING", "PARKED")


def wrong_state(state, events):
    """What is wrong with the last state of a node; None: nothing."""
    due = [event for event in events if event[2]["appendedAt"] < told_until]
    if state is None:
        return "no state at all" if due else None
    sequence, value = sequence_of(state), state["value"]
    if due and due[-1][0] > sequence:
        return f"it is of {sequence}, and {due[-1][0]} has been published"
    # Of what is in a state that has just been told some may still have to be published.
    if state["appendedAt"] >= told_until:
        return None
    if not events or events[-1][0] < sequence:
        return f"nothing published is of {sequence}"
    process, faults = expected_state([event for event in events if event[0] <= sequence])
    told = value["process"] and (value["process"]["processId"], value["process"]["stage"])
    if told != process or set(value["faults"]) != faults:
        return f"it tells {told} and {value['faults']}, its events {process} and {sorted(faults)}"
    return None if value["health"] in healths_of(process, faults) else f"{value['health']} in {process}"


def uncovered():
    """States that say that everything before an offset is in the states up to here, where something is not."""
    facts = {
        (topic, partition): [record for record in records_of(topic) if record["partition"] == partition]
        for topic in FACT_TOPICS
        for partition in {record["partition"] for record in records_of(topic)}
    }
    seen = collections.Counter()
    sequences = {}
    wrong = []
    for state in records_of("node.state"):
        node = state["key"]
        sequences[node] = max(sequences.get(node, ""), sequence_of(state))
        for cover in filter(None, state["headers"].get("state_covers", "").split(",")):
            topic, offset = cover.split("=")
            records = facts.get((topic, state["partition"]), [])
            while seen[topic, state["partition"]] < len(records):
                record = records[seen[topic, state["partition"]]]
                if record["offset"] >= int(offset):
                    break
                seen[topic, state["partition"]] += 1
                if sequence_of(record) > sequences.get(record["key"], ""):
                    wrong.append(f"{record['key']}: {identifier_of(record)} is said to be in the states, and is not")
    return wrong


def count_states():
    last = {}
    for record in records_of("node.state"):
        last[record["key"]] = record
    events = by_node(FACT_TOPICS)
    problems = {node: wrong_state(last.get(node), events[node]) for node in events.keys() | last.keys()}
    wrong = [f"{node}: {problem}" for node, problem in sorted(problems.items()) if problem is not None]
    return {"states": len(records_of("node.state")), "wrongStates": wrong + uncovered()}


def trace_of(record):
    _, trace, span, _ = record["headers"]["traceparent"].split("-")
    return trace, span


def due_spans():
    """Names of what is over, by the ids that the records themselves carry in their `traceparent`."""
    for events in by_node(["maintenance.events"]).values():
        running = collections.defaultdict(list)
        for _, _, record in events:
            value = record["value"]
            process, kind = value["processId"], value["type"]
            if kind in ("StageEntered", "ProcessEnded") and record["appendedAt"] < told_until:
                yield from running.pop(process, [])
            if kind in ("StageEntered", "CommandSettled"):
                name = f"stage {value['stage']}" if kind == "StageEntered" else value["data"]["type"]
                running[process].append((trace_of(record), name))


def count_spans():
    told, accepted, retold, tries = {}, set(), [], 0
    for line in lines_of(place["spans"]):
        span = (line["traceId"], line["spanId"])
        tries += 1
        if told.setdefault(span, line["name"]) != line["name"]:
            retold.append(f"{line['spanId']}: told as {told[span]} and as {line['name']}")
        if line["status"] is not None and line["status"] < 300:
            accepted.add(span)
    untold = [f"{name}, {'/'.join(span)}" for span, name in due_spans() if span not in accepted]
    roots = {trace for trace, span in accepted if told[trace, span].startswith("maintenance ")}
    for record in distinct(records_of("maintenance.outcomes")):
        trace, span = trace_of(record)
        if record["appendedAt"] < told_until and not (trace in roots and (trace, span) in accepted):
            untold.append(f"end of {record['value']['processId']}, {trace}/{span}")
    return {"spans": {"told": len(told), "tries": tries}, "untold": untold + retold}


def count_told():
    return count_webhooks() | count_states() | count_spans()
