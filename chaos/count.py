"""Counts what became of a run, and shares no code with Faultline.

Reads what intake acknowledged, the API server's audit log, what was asked of BMCs and of the webhook, what subscribers
and the collector of traces were told, and the topics (fetched by kcat, decoded by fastavro with the registry's schemas);
writes one JSON object. Its only argument is a JSON object that says where all of that is.
"""

import collections
import json
import time

from faults import count_faults
from told import count_told
from witnesses import dead_letters, distinct, lines_of, place, records_of, seconds

ISOLATION = "faultline.dev/maintenance"
WAITING = "waitingForPerson"


def count_reports():
    acknowledged = {line["reportId"]: line for line in lines_of(place["acknowledged"])}
    fates = collections.Counter()
    known = set()
    for record in distinct(records_of("fault.report-fates")):
        for decided in record["value"]["decided"]:
            if decided["reportId"] not in known and decided["reportId"] in acknowledged:
                fates[decided["fate"]] += 1
            known.add(decided["reportId"])
    letters = {record["headers"].get("ce_id") for record in dead_letters()}
    lost = [line for identifier, line in acknowledged.items() if identifier not in known | letters]
    return {"acknowledged": len(acknowledged), "fates": dict(fates), "deadLetters": len(letters), "lost": lost}


def read_processes():
    """What the topics tell of each process: its stage, since when, its commands, and how it ended."""
    processes = {}
    events = distinct(records_of("maintenance.events"))
    for record in sorted(events, key=lambda one: (one["key"], one["headers"].get("ce_sequence", ""))):
        value = record["value"]
        identifier = value["processId"]
        if identifier is None:
            continue
        process = processes.setdefault(
            identifier, {"node": record["key"], "stage": None, "since": 0, "ended": None, "commands": {}}
        )
        if value["type"] in ("ProcessStarted", "StageEntered", "WorkflowChanged"):
            process.update(stage=value["stage"], since=seconds(value["at"]))
        if value["type"] == "ProcessEnded":
            process["ended"] = value["data"].get("outcome")
        for command in json.loads(value["data"].get("commands", "[]")):
            process["commands"][command["id"]] = command["type"]
    for record in records_of("maintenance.outcomes"):
        process = processes.get(record["value"]["processId"])
        if process is not None:
            process["ended"] = record["value"]["outcome"]
    return processes


def faultline_writes():
    """Requests that changed something, from the audit log."""
    for event in lines_of(place["audit"]):
        if event.get("stage") != "ResponseComplete" or event["verb"] in ("get", "list", "watch"):
            continue
        if 200 <= event.get("responseStatus", {}).get("code", 0) < 300 and "objectRef" in event:
            yield event


def isolated_by(operation):
    """Process whose isolation a step of a JSON patch puts on a node, if it does."""
    if operation.get("op") not in ("add", "replace"):
        return None
    value = operation.get("value")
    for taint in value if isinstance(value, list) else [value]:
        if isinstance(taint, dict) and taint.get("key") == ISOLATION:
            return taint["value"].split(".", 1)[1]
    return None


def count_effects(processes):
    effects = collections.Counter()
    told = collections.Counter()
    isolations = collections.Counter()
    taints = {}
    for event in faultline_writes():
        what, node = event["objectRef"], event["objectRef"].get("name")
        request = event.get("requestObject")
        if what["resource"] == "nodes" and not what.get("subresource"):
            after = event.get("responseObject", {})
            if after.get("kind") == "Node":
                taints[node] = [taint for taint in after["spec"].get("taints", []) if taint["key"] == ISOLATION]
        if event["user"]["username"] != place["user"]:
            continue
        if what["resource"] == "nodes" and event["verb"] == "patch":
            owners = {isolated_by(step) for step in request} - {None}
            effects["isolate" if owners else "patch node"] += 1
            isolations.update(owners)
        elif what["resource"] == "pods" and event["verb"] in ("create", "delete"):
            options = request.get("deleteOptions", request)
            effects["evict" if what.get("subresource") == "eviction" else "delete pod"] += 1
            told[f"{event['verb']} pod {options['preconditions']['uid']}"] += 1
        elif what["resource"] == "pods":
            effects["patch pod"] += 1
    for order in lines_of(place["bmcs"]):
        if order["path"].endswith("ComputerSystem.Reset") and order["status"] < 300:
            kind = json.loads(order["body"])["ResetType"]
            effects[kind] += 1
            told[f"{kind} for {order.get('command')}"] += 1
    for order in lines_of(place["webhook"]):
        if order["status"] not in (201, 202):
            continue
        body = json.loads(order["body"])
        effects[body.get("action", "ticket")] += 1
        told[f"{body.get('action', 'ticket')} for {body.get('commandId', body.get('idempotencyKey'))}"] += 1
    doubled = [f"{what}: {times} times" for what, times in told.items() if times > 1]
    doubled += [what for what in told if what.endswith(" for None")]
    for process, times in isolations.items():
        kinds = processes.get(process, {"commands": {}})["commands"].values()
        wanted = sum(kind in ("isolateNode", "reclaimNode") for kind in kinds)
        if times > wanted:
            doubled.append(f"isolation by {process}: {times} times, {wanted} commands")
    return {"effects": dict(effects), "doubled": doubled}, taints


def count_processes(processes, taints):
    now = time.time()
    open_ones = {name: one for name, one in processes.items() if one["ended"] is None}
    waiting = [name for name, one in open_ones.items() if one["stage"] == WAITING]
    stuck = [
        f"{name} of {one['node']}: {one['stage']} for {now - one['since']:.0f} s"
        for name, one in open_ones.items()
        if one["stage"] != WAITING and now - one["since"] > place["stageMaximumAgeSeconds"]
    ]
    outcomes = collections.Counter(one["ended"] for one in processes.values() if one["ended"] is not None)
    left = []
    for node, ours in taints.items():
        for taint in ours:
            owner = processes.get(taint["value"].split(".", 1)[1])
            if owner is not None and owner["ended"] in ("RECOVERED", "CANCELLED"):
                left.append(f"{node}: {taint['value']}")
    return {
        "processes": len(processes),
        "open": len(open_ones),
        "waitingForPerson": len(waiting),
        "outcomes": dict(outcomes),
        "commands": sum(len(one["commands"]) for one in processes.values()),
        "stuck": stuck,
        "isolatedLeft": left,
    }


known_processes = read_processes()
counted_effects, last_taints = count_effects(known_processes)
counted_processes = count_processes(known_processes, last_taints)
counted_faults = count_faults()
stuck_ones = {"stuck": counted_processes["stuck"] + counted_faults["stuck"]}
whole = count_reports() | counted_faults | counted_effects | counted_processes | stuck_ones | count_told()
print(json.dumps({"countedAt": place["countedAt"]} | whole))
