"""Faults that nobody took up, by the topics: neither a process, nor a person, nor an end."""

import json
import time

from witnesses import FAULT_TOPICS, by_node, distinct, place, records_of, seconds


def untended(events):
    """Open faults of a node that has no process, each with the moment since when it could have had one."""
    opened, process, free_since = {}, None, 0
    for _, topic, record in events:
        value = record["value"]
        if topic in FAULT_TOPICS:
            if value["change"] == "OPENED":
                opened[value["faultId"]] = value
            elif value["change"] == "CLEARED":
                opened.pop(value["faultId"], None)
        elif value["type"] == "ProcessStarted":
            process = value["processId"]
        elif value["type"] == "ProcessEnded":
            process, free_since = None, seconds(value["at"])
        elif value["type"] == "FaultLeft" and value["data"].get("left") == "handedOver":
            opened.pop(json.loads(value["data"]["fault"])["id"], None)
    if process is not None:
        return
    for fault in opened.values():
        yield fault, max(seconds(fault["at"]), free_since)


def untold():
    """What is said to have opened a fault, and is on no topic of faults."""
    known = {record["value"]["faultId"] for topic in FAULT_TOPICS for record in records_of(topic)}
    for record in distinct(records_of("fault.report-fates")):
        for decided in record["value"]["decided"]:
            if decided["fate"] == "OPENED" and decided["faultId"] not in known:
                yield decided, seconds(decided["at"])


def count_faults():
    """Faults that are nobody's, and those of them that have been for longer than a stage may last."""
    now = time.time()
    nobodys = [
        (f"fault {fault['faultId']} of {node}: {fault['type']} without a process for {now - since:.0f} s", since)
        for node, events in by_node((*FAULT_TOPICS, "maintenance.events")).items()
        for fault, since in untended(events)
    ]
    nobodys += [
        (f"fault {one['faultId']} of {one['cluster']}/{one['node']}: said to be opened, and on no topic", since)
        for one, since in untold()
    ]
    stuck = [fault for fault, since in nobodys if now - since > place["stageMaximumAgeSeconds"]]
    return {"untended": len(nobodys), "stuck": stuck}
