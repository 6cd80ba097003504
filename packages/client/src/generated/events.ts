// Generated from `schemas/` by `npm run docs`.

/** One raw observation of one node, as intake acknowledged it. Key: <cluster>/<node>. */
export interface ReportReceived {
  /** UUID given by intake; also the cause id by which the input is deduplicated. */
  readonly reportId: string;
  /** Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters. */
  readonly cluster: string;
  /** Name of the Node object: DNS-1123 subdomain, at most 253 characters. */
  readonly node: string;
  /** Fault type, for instance DiskFailure. An unknown type is recorded as such, never dropped. */
  readonly type: string;
  /** Whether the source sees the problem or sees that it is over. */
  readonly status: 'UNKNOWN' | 'FIRING' | 'CLEARED';
  /** Who says so: name of an agent, the detector, an alert or a person. */
  readonly source: string;
  /** Boot id of the node when this was observed; tells stale reports. */
  readonly bootId: null | string;
  /** The source's own counter within one boot, not negative. */
  readonly sequence: null | number;
  /** RFC 3339 time by the source's clock. Only data: never orders anything. */
  readonly observedAt: null | string;
  /** Text for people. */
  readonly message: null | string;
  /** Details by name, as the source gave them. */
  readonly evidence: null | Readonly<Record<string, string>>;
}

/** Any input to maintenance other than a report. Exactly the nested record that kind names is set. Key: <cluster>/<node>. */
export interface Signal {
  /** Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters. */
  readonly cluster: string;
  /** Name of the Node object: DNS-1123 subdomain, at most 253 characters. */
  readonly node: string;
  /** Names the nested record that is set. */
  readonly kind: 'UNKNOWN' | 'COMMAND_RESULT' | 'TIMER_FIRED' | 'ORDER' | 'NODE_CHANGED' | 'MIGRATION_ANNOUNCED' | 'RETRY_PARKED' | 'INPUT_LOST' | 'ORPHAN_FOUND' | 'MODE_ACTIVATED';
  /** Set when kind is COMMAND_RESULT. */
  readonly commandResult: null | { readonly commandId: string; readonly commandType: string; readonly processId: string; readonly stageEntry: number; readonly status: 'UNKNOWN' | 'DONE' | 'FAILED' | 'UNSEEN' | 'UNNEEDED' | 'WITHHELD' | 'REVOKED'; readonly reason: null | string; readonly observation: null | { readonly nodeUid: string; readonly bootId: null | string; readonly machineId: null | string; readonly ready: 'UNKNOWN' | 'TRUE' | 'FALSE'; readonly conditions: Readonly<Record<string, 'UNKNOWN' | 'TRUE' | 'FALSE'>>; readonly unschedulable: boolean; readonly isolatedBy: null | string; readonly hold: null | string; readonly image: null | string; readonly pool: null | string; }; readonly pods: null | readonly ({ readonly namespace: string; readonly name: string; readonly uid: string; })[]; readonly ticket: null | string; readonly repaired: null | boolean; readonly nodeGone: null | boolean; readonly hold: null | string; readonly cordoned: null | boolean; };
  /** Set when kind is TIMER_FIRED. */
  readonly timerFired: null | { readonly processId: string; readonly stageEntry: number; readonly timer: string; };
  /** Set when kind is ORDER. */
  readonly order: null | { readonly kind: 'UNKNOWN' | 'RETRY' | 'SKIP' | 'ABORT' | 'REPAIRED' | 'DISMISS'; readonly processId: string; readonly subject: string; readonly reason: string; };
  /** Set when kind is NODE_CHANGED. */
  readonly nodeChanged: null | { readonly change: 'UNKNOWN' | 'APPEARED' | 'DELETED' | 'REBOOTED' | 'RELABELLED'; readonly nodeUid: null | string; readonly bootId: null | string; readonly machineId: null | string; readonly pool: null | string; };
  /** Set when kind is MIGRATION_ANNOUNCED. */
  readonly migrationAnnounced: null | { readonly processId: string; readonly stageEntry: number; readonly requestId: string; };
  /** Set when kind is RETRY_PARKED. */
  readonly retryParked: null | { readonly reason: string; readonly subject: null | string; };
  /** Set when kind is INPUT_LOST. */
  readonly inputLost: null | { readonly group: string; readonly topic: string; readonly partition: number; readonly from: number; readonly to: null | number; };
  /** Set when kind is ORPHAN_FOUND. */
  readonly orphanFound: null | { readonly owner: string; readonly processId: null | string; readonly nodeUid: string; readonly bootId: null | string; readonly machineId: null | string; readonly atOnce: number; };
  /** Set when kind is MODE_ACTIVATED. */
  readonly modeActivated: null | { readonly policy: string; };
}

/** A confirmed problem of a node was opened, seen again or cleared. Key: <cluster>/<node>. */
export interface FaultChanged {
  /** Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters. */
  readonly cluster: string;
  /** Name of the Node object: DNS-1123 subdomain, at most 253 characters. */
  readonly node: string;
  /** Id of the fault, unique over all clusters. */
  readonly faultId: string;
  /** Fault type, for instance DiskFailure. */
  readonly type: string;
  /** What the fault touches; also decides the topic. */
  readonly class: 'UNKNOWN' | 'HARDWARE' | 'SYSTEM' | 'COMPONENT';
  /** What changed. */
  readonly change: 'UNKNOWN' | 'OPENED' | 'RECURRED' | 'CLEARED';
  /** When it was decided, milliseconds since the epoch. */
  readonly at: number;
  /** When the fault was opened, milliseconds since the epoch. */
  readonly openedAt: number;
  /** Id of the report that opened it. */
  readonly openedBy: string;
  /** Everyone who reported it since it opened, in order of first report. */
  readonly sources: readonly (string)[];
  /** Id of the report or signal that caused this change. */
  readonly causedBy: null | string;
  /** Boot id of the node as reported. */
  readonly bootId: null | string;
  /** Maintenance process that handles it. */
  readonly processId: null | string;
  /** Why it was cleared. */
  readonly reason: null | string;
}

/** Something that happened to a node or its maintenance process: one fact of the journal. Key: <cluster>/<node>. */
export interface ProcessEvent {
  /** Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters. */
  readonly cluster: string;
  /** Name of the Node object: DNS-1123 subdomain, at most 253 characters. */
  readonly node: string;
  /** Type of the fact, for instance StageEntered. */
  readonly type: string;
  /** The fact's number in the history of its node: 1, 2, 3… without gaps. */
  readonly version: number;
  /** When it was decided, milliseconds since the epoch. */
  readonly at: number;
  /** UUID of the input that caused it. */
  readonly causeId: string;
  /** Maintenance process, if there is one. */
  readonly processId: null | string;
  /** Workflow of the process, for instance reboot. */
  readonly workflow: null | string;
  /** Stage the process is in afterwards. */
  readonly stage: null | string;
  /** Details by name; values that are not text are JSON. */
  readonly data: Readonly<Record<string, string>>;
}

/** A maintenance process is over. Key: <cluster>/<node>. */
export interface ProcessEnded {
  /** Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters. */
  readonly cluster: string;
  /** Name of the Node object: DNS-1123 subdomain, at most 253 characters. */
  readonly node: string;
  /** The process. */
  readonly processId: string;
  /** Workflow it ended in. */
  readonly workflow: string;
  /** How it ended. */
  readonly outcome: 'UNKNOWN' | 'RECOVERED' | 'CANCELLED' | 'HANDED_TO_HUMAN' | 'RETIRED';
  /** Why it ended so. */
  readonly reason: null | string;
  /** When it started, milliseconds since the epoch. */
  readonly startedAt: number;
  /** When it ended, milliseconds since the epoch. */
  readonly endedAt: number;
  /** Faults it handled, the one that started it first. */
  readonly faultIds: readonly (string)[];
  /** Types of these faults, in the same order. */
  readonly faultTypes: readonly (string)[];
  /** The reports that opened these faults, in the same order: the first causes. */
  readonly causeReportIds: readonly (string)[];
}

/** Workload is asked to leave a node. Whoever can migrate answers with MigrationReply per pod. Key: <cluster>/<node>. */
export interface MigrationRequested {
  /** Id of the request; repeated in every reply. */
  readonly requestId: string;
  /** Maintenance process that asks. */
  readonly processId: string;
  /** Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters. */
  readonly cluster: string;
  /** Name of the Node object: DNS-1123 subdomain, at most 253 characters. */
  readonly node: string;
  /** metadata.uid of the Node. */
  readonly nodeUid: null | string;
  /** Pods that are asked to move. */
  readonly pods: readonly ({ readonly namespace: string; readonly name: string; readonly uid: string; })[];
  /** Why the node is emptied. */
  readonly reason: string;
  /** Time to move, in milliseconds from the moment the log acknowledged this record. */
  readonly deadlineMs: number;
}

/** What became of one pod of a migration request. Key: <cluster>/<node> of the node it leaves. */
export interface MigrationReply {
  /** Id of the request this answers. */
  readonly requestId: string;
  /** Process id of the request. */
  readonly processId: string;
  /** Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters. */
  readonly cluster: string;
  /** Name of the Node object: DNS-1123 subdomain, at most 253 characters. */
  readonly node: string;
  /** The pod, as in the request. */
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string; };
  /** Where the pod stands. */
  readonly status: 'UNKNOWN' | 'ACCEPTED' | 'REFUSED' | 'MOVED' | 'DESTROYED';
  /** Who answers. */
  readonly by: string;
  /** Why, above all when refused. */
  readonly reason: null | string;
}

/** What became of reports: by this stream anyone outside can account for each acknowledged report. Key: <cluster>/<node> of the first entry. */
export interface ReportsDecided {
  /** One entry per report, in the order of decision. */
  readonly decided: readonly ({ readonly reportId: string; readonly cluster: string; readonly node: string; readonly type: string; readonly source: string; readonly fate: 'UNKNOWN' | 'OPENED' | 'RECURRED' | 'REPEATED' | 'CLEARED' | 'IGNORED'; readonly reason: null | string; readonly faultId: null | string; readonly processId: null | string; readonly at: number; })[];
}

/** The present state of a node, as lists and streams of the console tell of it. Compacted: of each node the last one stays. Key: <cluster>/<node>. */
export interface NodeState {
  /** Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters. */
  readonly cluster: string;
  /** Name of the Node object: DNS-1123 subdomain, at most 253 characters. */
  readonly node: string;
  /** WAITING: its process waits, for a person or for a release that knows its workflow. UNKNOWN: the journal knows nothing of the node any more. */
  readonly health: 'UNKNOWN' | 'HEALTHY' | 'FAULTY' | 'IN_MAINTENANCE' | 'WAITING' | 'PARKED' | 'DELETED';
  /** Types of its open faults. */
  readonly faults: readonly (string)[];
  /** Its maintenance process, if there is one. */
  readonly process: null | { readonly processId: string; readonly workflow: string; readonly stage: string; readonly mode: 'UNKNOWN' | 'OBSERVE' | 'ACTIVE'; readonly startedAt: number; readonly waitingFor: null | string; };
  /** Version of the last fact that is in it; 0: none is. */
  readonly factVersion: number;
  /** What events of this node have as ce_sequence is in here up to this one, and new behind it. Compare as text. */
  readonly sequence: string;
  /** When that fact was decided, milliseconds since the epoch. */
  readonly changedAt: number;
}

/** The change guard holds changes back somewhere, or does so no longer: a freeze by a person, an incident, a bad business metric or a rollout under way. Key: id of the pause. */
export interface PauseChanged {
  /** Id of the pause; an incident is known by it as well. */
  readonly pauseId: string;
  /** What became of it. */
  readonly change: 'UNKNOWN' | 'BEGAN' | 'GREW' | 'DENIED' | 'ENDED';
  /** Why changes are held back: a person froze them, many nodes fail together, a business metric is bad, or somebody rolls out. */
  readonly kind: 'UNKNOWN' | 'FREEZE' | 'INCIDENT' | 'REGRESSION' | 'ROLLOUT';
  /** When this came about, milliseconds since the epoch. */
  readonly at: number;
  /** Who brought it about: a person, `breaker NAME`, `metric NAME`, or whoever rolls out. */
  readonly by: string;
  /** Why, in words. */
  readonly reason: string;
  /** How it ended. */
  readonly end: 'UNKNOWN' | 'NONE' | 'THAWED' | 'APPROVED' | 'EXPIRED' | 'OVER' | 'JOINED';
  /** When it ends by itself, milliseconds since the epoch. */
  readonly until: null | number;
  /** What is held back, for instance isolate; absent: whatever needs leave. */
  readonly operations: null | readonly (string)[];
  /** Clusters that it is about; absent: all. */
  readonly clusters: null | readonly (string)[];
  /** Pools that it is about; absent: all. */
  readonly pools: null | readonly (string)[];
  /** Zones that it is about; absent: all. */
  readonly zones: null | readonly (string)[];
  /** Values of labels of the nodes that it is about; absent: all nodes. */
  readonly labels: null | Readonly<Record<string, readonly (string)[]>>;
  /** Nodes that it is about, as <cluster>/<node>; absent: all. */
  readonly nodes: null | readonly (string)[];
  /** Fault types that it is about; absent: all. */
  readonly faultTypes: null | readonly (string)[];
  /** Who reported the faults that it is about first; absent: anybody. */
  readonly reporters: null | readonly (string)[];
  /** Whose changes it is about; absent: everybody's. */
  readonly owners: null | readonly (string)[];
  /** Set when kind is INCIDENT. */
  readonly incident: null | { readonly breaker: string; readonly common: string; readonly shared: readonly (string)[]; readonly nodes: readonly (string)[]; readonly count: number; readonly faultTypes: readonly (string)[]; readonly since: number; readonly latestAt: number; };
  /** Set when kind is REGRESSION. */
  readonly regression: null | { readonly metric: string; readonly verdict: string; readonly value: null | number; readonly baseline: null | number; readonly bound: null | number; readonly nodes: readonly (string)[]; readonly count: number; };
  /** The rollout, as GET /v1/changes/ID has it. Set when kind is ROLLOUT. */
  readonly changeId: null | string;
}

/** Every event, and what it holds. */
export interface EventData {
  ReportReceived: ReportReceived;
  Signal: Signal;
  FaultChanged: FaultChanged;
  ProcessEvent: ProcessEvent;
  ProcessEnded: ProcessEnded;
  MigrationRequested: MigrationRequested;
  MigrationReply: MigrationReply;
  ReportsDecided: ReportsDecided;
  NodeState: NodeState;
  PauseChanged: PauseChanged;
}

/** The event that the records of a topic hold. */
export const eventOfTopic = {
  'fault.reports': 'ReportReceived',
  'maintenance.signals': 'Signal',
  'migration.replies': 'MigrationReply',
  'fault.hardware': 'FaultChanged',
  'fault.system': 'FaultChanged',
  'fault.component': 'FaultChanged',
  'maintenance.events': 'ProcessEvent',
  'maintenance.outcomes': 'ProcessEnded',
  'migration.requests': 'MigrationRequested',
  'fault.report-fates': 'ReportsDecided',
  'guard.pauses': 'PauseChanged',
  'node.state': 'NodeState',
} as const satisfies Readonly<Record<string, keyof EventData>>;

/** Topics whose records each follow from one fact of a node, and have its sequence. */
export const factTopics: ReadonlySet<string> = new Set([
  'fault.hardware',
  'fault.system',
  'fault.component',
  'maintenance.events',
  'maintenance.outcomes',
  'migration.requests',
]);

/** Where the present state of each node stands. */
export const stateTopic = 'node.state';

/** Whatever schema an event was written with, it is read into this one. */
export const readerSchemas: Readonly<Record<keyof EventData, object>> = {
  ReportReceived: {"type":"record","name":"ReportReceived","namespace":"dev.faultline","doc":"One raw observation of one node, as intake acknowledged it. Key: <cluster>/<node>.","fields":[{"name":"reportId","type":"string","doc":"UUID given by intake; also the cause id by which the input is deduplicated."},{"name":"cluster","type":"string","doc":"Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters."},{"name":"node","type":"string","doc":"Name of the Node object: DNS-1123 subdomain, at most 253 characters."},{"name":"type","type":"string","doc":"Fault type, for instance DiskFailure. An unknown type is recorded as such, never dropped."},{"name":"status","type":{"type":"enum","name":"ReportStatus","doc":"Whether the problem is there or is over.","symbols":["UNKNOWN","FIRING","CLEARED"],"default":"UNKNOWN"},"doc":"Whether the source sees the problem or sees that it is over."},{"name":"source","type":"string","doc":"Who says so: name of an agent, the detector, an alert or a person."},{"name":"bootId","type":["null","string"],"doc":"Boot id of the node when this was observed; tells stale reports.","default":null},{"name":"sequence","type":["null","long"],"doc":"The source's own counter within one boot, not negative.","default":null},{"name":"observedAt","type":["null","string"],"doc":"RFC 3339 time by the source's clock. Only data: never orders anything.","default":null},{"name":"message","type":["null","string"],"doc":"Text for people.","default":null},{"name":"evidence","type":["null",{"type":"map","values":"string"}],"doc":"Details by name, as the source gave them.","default":null}]},
  Signal: {"type":"record","name":"Signal","namespace":"dev.faultline","doc":"Any input to maintenance other than a report. Exactly the nested record that kind names is set. Key: <cluster>/<node>.","fields":[{"name":"cluster","type":"string","doc":"Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters."},{"name":"node","type":"string","doc":"Name of the Node object: DNS-1123 subdomain, at most 253 characters."},{"name":"kind","type":{"type":"enum","name":"SignalKind","doc":"What kind of signal this is.","symbols":["UNKNOWN","COMMAND_RESULT","TIMER_FIRED","ORDER","NODE_CHANGED","MIGRATION_ANNOUNCED","RETRY_PARKED","INPUT_LOST","ORPHAN_FOUND","MODE_ACTIVATED"],"default":"UNKNOWN"},"doc":"Names the nested record that is set."},{"name":"commandResult","type":["null",{"type":"record","name":"CommandResult","doc":"How one command ended. Exactly one per command.","fields":[{"name":"commandId","type":"string","doc":"Id of the command: <process id>.<stage entry>.<number>."},{"name":"commandType","type":"string","doc":"Type of the command, for instance isolateNode."},{"name":"processId","type":"string","doc":"Maintenance process that wanted it."},{"name":"stageEntry","type":"long","doc":"Number of the stage entry that wanted it."},{"name":"status","type":{"type":"enum","name":"ResultStatus","doc":"How a command ended. UNSEEN: nobody saw how the attempt ended. UNKNOWN: written by a newer release.","symbols":["UNKNOWN","DONE","FAILED","UNSEEN","UNNEEDED","WITHHELD","REVOKED"],"default":"UNKNOWN"},"doc":"How the command ended."},{"name":"reason","type":["null","string"],"doc":"Why it ended so.","default":null},{"name":"observation","type":["null",{"type":"record","name":"NodeObservation","doc":"The present of a node, as read from the Kubernetes API at one moment.","fields":[{"name":"nodeUid","type":"string","doc":"metadata.uid of the Node."},{"name":"bootId","type":["null","string"],"doc":"status.nodeInfo.bootID.","default":null},{"name":"machineId","type":["null","string"],"doc":"spec.providerID, else status.nodeInfo.systemUUID.","default":null},{"name":"ready","type":{"type":"enum","name":"ConditionStatus","doc":"Status of a Kubernetes condition; UNKNOWN is also what Kubernetes calls Unknown.","symbols":["UNKNOWN","TRUE","FALSE"],"default":"UNKNOWN"},"doc":"Status of the condition Ready."},{"name":"conditions","type":{"type":"map","values":"ConditionStatus"},"doc":"Status of every condition but Ready, by type. Absent says nothing."},{"name":"unschedulable","type":"boolean","doc":"spec.unschedulable."},{"name":"isolatedBy","type":["null","string"],"doc":"Process id in our isolation taint.","default":null},{"name":"hold","type":["null","string"],"doc":"Text of the annotation faultline.dev/hold.","default":null},{"name":"image","type":["null","string"],"doc":"Operating system image the node runs.","default":null},{"name":"pool","type":["null","string"],"doc":"Pool the node belongs to.","default":null}]}],"doc":"The node as it was read for or after the command.","default":null},{"name":"pods","type":["null",{"type":"array","items":{"type":"record","name":"PodReference","doc":"A pod, always with its UID so that a namesake is never touched.","fields":[{"name":"namespace","type":"string","doc":"Namespace of the pod."},{"name":"name","type":"string","doc":"Name of the pod."},{"name":"uid","type":"string","doc":"metadata.uid of the pod."}]}}],"doc":"Pods asked to move, or still there.","default":null},{"name":"ticket","type":["null","string"],"doc":"Identifier of the ticket.","default":null},{"name":"repaired","type":["null","boolean"],"doc":"The people who repair are done.","default":null},{"name":"nodeGone","type":["null","boolean"],"doc":"The Node object is gone.","default":null},{"name":"hold","type":["null","string"],"doc":"A person's hold that kept the node out.","default":null},{"name":"cordoned","type":["null","boolean"],"doc":"The cordon is ours to take back.","default":null}]}],"doc":"Set when kind is COMMAND_RESULT.","default":null},{"name":"timerFired","type":["null",{"type":"record","name":"TimerFired","doc":"A timer of a process came due.","fields":[{"name":"processId","type":"string","doc":"Process that set it."},{"name":"stageEntry","type":"long","doc":"Number of the stage entry that set it."},{"name":"timer","type":"string","doc":"Name of the timer."}]}],"doc":"Set when kind is TIMER_FIRED.","default":null},{"name":"order","type":["null",{"type":"record","name":"Order","doc":"An operator's order about one process.","fields":[{"name":"kind","type":{"type":"enum","name":"OrderKind","doc":"What is ordered.","symbols":["UNKNOWN","RETRY","SKIP","ABORT","REPAIRED","DISMISS"],"default":"UNKNOWN"},"doc":"What is ordered."},{"name":"processId","type":"string","doc":"Process it is about."},{"name":"subject","type":"string","doc":"Authenticated identity of who gave it."},{"name":"reason","type":"string","doc":"Why, in the words of who gave it."}]}],"doc":"Set when kind is ORDER.","default":null},{"name":"nodeChanged","type":["null",{"type":"record","name":"NodeChanged","doc":"A change of a Node object.","fields":[{"name":"change","type":{"type":"enum","name":"NodeChangeKind","doc":"What happened to the Node object.","symbols":["UNKNOWN","APPEARED","DELETED","REBOOTED","RELABELLED"],"default":"UNKNOWN"},"doc":"What happened to the Node object."},{"name":"nodeUid","type":["null","string"],"doc":"metadata.uid of the Node; absent when deleted.","default":null},{"name":"bootId","type":["null","string"],"doc":"status.nodeInfo.bootID.","default":null},{"name":"machineId","type":["null","string"],"doc":"spec.providerID, else status.nodeInfo.systemUUID.","default":null},{"name":"pool","type":["null","string"],"doc":"Pool that its label names; absent: it has none, or the node was deleted.","default":null}]}],"doc":"Set when kind is NODE_CHANGED.","default":null},{"name":"migrationAnnounced","type":["null",{"type":"record","name":"MigrationAnnounced","doc":"The log has acknowledged a migration request: notice and deadline run from here.","fields":[{"name":"processId","type":"string","doc":"Process that asked."},{"name":"stageEntry","type":"long","doc":"Number of the stage entry that asked."},{"name":"requestId","type":"string","doc":"Id of the migration request."}]}],"doc":"Set when kind is MIGRATION_ANNOUNCED.","default":null},{"name":"retryParked","type":["null",{"type":"record","name":"RetryParked","doc":"What waits for a parked node is to be tried again.","fields":[{"name":"reason","type":"string","doc":"Why it is tried again."},{"name":"subject","type":["null","string"],"doc":"Authenticated identity of who asked; absent: nobody did, it is time.","default":null}]}],"doc":"Set when kind is RETRY_PARKED.","default":null},{"name":"inputLost","type":["null",{"type":"record","name":"InputLost","doc":"Records that the log had dropped before they were read; they may have been about this node.","fields":[{"name":"group","type":"string","doc":"Consumer group that did not read them."},{"name":"topic","type":"string","doc":"Topic they were in."},{"name":"partition","type":"long","doc":"Partition they were in."},{"name":"from","type":"long","doc":"First offset that was lost."},{"name":"to","type":["null","long"],"doc":"Offset after the last one that was lost; absent: the whole log was replaced.","default":null}]}],"doc":"Set when kind is INPUT_LOST.","default":null},{"name":"orphanFound","type":["null",{"type":"record","name":"OrphanFound","doc":"The node carries an isolation taint whose process this journal does not run.","fields":[{"name":"owner","type":"string","doc":"Value of the taint: <installation>.<process id>."},{"name":"processId","type":["null","string"],"doc":"Process that isolated it; absent: the taint is another installation's.","default":null},{"name":"nodeUid","type":"string","doc":"metadata.uid of the Node."},{"name":"bootId","type":["null","string"],"doc":"status.nodeInfo.bootID.","default":null},{"name":"machineId","type":["null","string"],"doc":"spec.providerID, else status.nodeInfo.systemUUID.","default":null},{"name":"atOnce","type":"long","doc":"Such nodes of the same cluster that were found together with this one, itself included."}]}],"doc":"Set when kind is ORPHAN_FOUND.","default":null},{"name":"modeActivated","type":["null",{"type":"record","name":"ModeActivated","doc":"A mode that withheld what was to be done on the node is active now: what was withheld is observed anew.","fields":[{"name":"policy","type":"string","doc":"Digest of the configuration under which it is active."}]}],"doc":"Set when kind is MODE_ACTIVATED.","default":null}]},
  FaultChanged: {"type":"record","name":"FaultChanged","namespace":"dev.faultline","doc":"A confirmed problem of a node was opened, seen again or cleared. Key: <cluster>/<node>.","fields":[{"name":"cluster","type":"string","doc":"Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters."},{"name":"node","type":"string","doc":"Name of the Node object: DNS-1123 subdomain, at most 253 characters."},{"name":"faultId","type":"string","doc":"Id of the fault, unique over all clusters."},{"name":"type","type":"string","doc":"Fault type, for instance DiskFailure."},{"name":"class","type":{"type":"enum","name":"FaultClass","doc":"What a fault touches.","symbols":["UNKNOWN","HARDWARE","SYSTEM","COMPONENT"],"default":"UNKNOWN"},"doc":"What the fault touches; also decides the topic."},{"name":"change","type":{"type":"enum","name":"FaultChange","doc":"What changed.","symbols":["UNKNOWN","OPENED","RECURRED","CLEARED"],"default":"UNKNOWN"},"doc":"What changed."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was decided, milliseconds since the epoch."},{"name":"openedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the fault was opened, milliseconds since the epoch."},{"name":"openedBy","type":"string","doc":"Id of the report that opened it."},{"name":"sources","type":{"type":"array","items":"string"},"doc":"Everyone who reported it since it opened, in order of first report."},{"name":"causedBy","type":["null","string"],"doc":"Id of the report or signal that caused this change.","default":null},{"name":"bootId","type":["null","string"],"doc":"Boot id of the node as reported.","default":null},{"name":"processId","type":["null","string"],"doc":"Maintenance process that handles it.","default":null},{"name":"reason","type":["null","string"],"doc":"Why it was cleared.","default":null}]},
  ProcessEvent: {"type":"record","name":"ProcessEvent","namespace":"dev.faultline","doc":"Something that happened to a node or its maintenance process: one fact of the journal. Key: <cluster>/<node>.","fields":[{"name":"cluster","type":"string","doc":"Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters."},{"name":"node","type":"string","doc":"Name of the Node object: DNS-1123 subdomain, at most 253 characters."},{"name":"type","type":"string","doc":"Type of the fact, for instance StageEntered."},{"name":"version","type":"long","doc":"The fact's number in the history of its node: 1, 2, 3… without gaps."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was decided, milliseconds since the epoch."},{"name":"causeId","type":"string","doc":"UUID of the input that caused it."},{"name":"processId","type":["null","string"],"doc":"Maintenance process, if there is one.","default":null},{"name":"workflow","type":["null","string"],"doc":"Workflow of the process, for instance reboot.","default":null},{"name":"stage","type":["null","string"],"doc":"Stage the process is in afterwards.","default":null},{"name":"data","type":{"type":"map","values":"string"},"doc":"Details by name; values that are not text are JSON."}]},
  ProcessEnded: {"type":"record","name":"ProcessEnded","namespace":"dev.faultline","doc":"A maintenance process is over. Key: <cluster>/<node>.","fields":[{"name":"cluster","type":"string","doc":"Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters."},{"name":"node","type":"string","doc":"Name of the Node object: DNS-1123 subdomain, at most 253 characters."},{"name":"processId","type":"string","doc":"The process."},{"name":"workflow","type":"string","doc":"Workflow it ended in."},{"name":"outcome","type":{"type":"enum","name":"Outcome","doc":"How a process ended.","symbols":["UNKNOWN","RECOVERED","CANCELLED","HANDED_TO_HUMAN","RETIRED"],"default":"UNKNOWN"},"doc":"How it ended."},{"name":"reason","type":["null","string"],"doc":"Why it ended so.","default":null},{"name":"startedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it started, milliseconds since the epoch."},{"name":"endedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it ended, milliseconds since the epoch."},{"name":"faultIds","type":{"type":"array","items":"string"},"doc":"Faults it handled, the one that started it first."},{"name":"faultTypes","type":{"type":"array","items":"string"},"doc":"Types of these faults, in the same order."},{"name":"causeReportIds","type":{"type":"array","items":"string"},"doc":"The reports that opened these faults, in the same order: the first causes."}]},
  MigrationRequested: {"type":"record","name":"MigrationRequested","namespace":"dev.faultline","doc":"Workload is asked to leave a node. Whoever can migrate answers with MigrationReply per pod. Key: <cluster>/<node>.","fields":[{"name":"requestId","type":"string","doc":"Id of the request; repeated in every reply."},{"name":"processId","type":"string","doc":"Maintenance process that asks."},{"name":"cluster","type":"string","doc":"Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters."},{"name":"node","type":"string","doc":"Name of the Node object: DNS-1123 subdomain, at most 253 characters."},{"name":"nodeUid","type":["null","string"],"doc":"metadata.uid of the Node.","default":null},{"name":"pods","type":{"type":"array","items":{"type":"record","name":"PodReference","doc":"A pod, always with its UID so that a namesake is never touched.","fields":[{"name":"namespace","type":"string","doc":"Namespace of the pod."},{"name":"name","type":"string","doc":"Name of the pod."},{"name":"uid","type":"string","doc":"metadata.uid of the pod."}]}},"doc":"Pods that are asked to move."},{"name":"reason","type":"string","doc":"Why the node is emptied."},{"name":"deadlineMs","type":"long","doc":"Time to move, in milliseconds from the moment the log acknowledged this record."}]},
  MigrationReply: {"type":"record","name":"MigrationReply","namespace":"dev.faultline","doc":"What became of one pod of a migration request. Key: <cluster>/<node> of the node it leaves.","fields":[{"name":"requestId","type":"string","doc":"Id of the request this answers."},{"name":"processId","type":"string","doc":"Process id of the request."},{"name":"cluster","type":"string","doc":"Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters."},{"name":"node","type":"string","doc":"Name of the Node object: DNS-1123 subdomain, at most 253 characters."},{"name":"pod","type":{"type":"record","name":"PodReference","doc":"A pod, always with its UID so that a namesake is never touched.","fields":[{"name":"namespace","type":"string","doc":"Namespace of the pod."},{"name":"name","type":"string","doc":"Name of the pod."},{"name":"uid","type":"string","doc":"metadata.uid of the pod."}]},"doc":"The pod, as in the request."},{"name":"status","type":{"type":"enum","name":"MigrationStatus","doc":"Where the pod stands.","symbols":["UNKNOWN","ACCEPTED","REFUSED","MOVED","DESTROYED"],"default":"UNKNOWN"},"doc":"Where the pod stands."},{"name":"by","type":"string","doc":"Who answers."},{"name":"reason","type":["null","string"],"doc":"Why, above all when refused.","default":null}]},
  ReportsDecided: {"type":"record","name":"ReportsDecided","namespace":"dev.faultline","doc":"What became of reports: by this stream anyone outside can account for each acknowledged report. Key: <cluster>/<node> of the first entry.","fields":[{"name":"decided","type":{"type":"array","items":{"type":"record","name":"DecidedReport","doc":"What became of one report.","fields":[{"name":"reportId","type":"string","doc":"UUID of the report."},{"name":"cluster","type":"string","doc":"Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters."},{"name":"node","type":"string","doc":"Name of the Node object: DNS-1123 subdomain, at most 253 characters."},{"name":"type","type":"string","doc":"Fault type as reported."},{"name":"source","type":"string","doc":"Source as reported."},{"name":"fate","type":{"type":"enum","name":"ReportFate","doc":"What became of the report.","symbols":["UNKNOWN","OPENED","RECURRED","REPEATED","CLEARED","IGNORED"],"default":"UNKNOWN"},"doc":"What became of the report."},{"name":"reason","type":["null","string"],"doc":"Why it was ignored, for instance StaleBoot.","default":null},{"name":"faultId","type":["null","string"],"doc":"Fault it opened, repeated or cleared.","default":null},{"name":"processId","type":["null","string"],"doc":"Process that handles this fault already.","default":null},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was decided, milliseconds since the epoch."}]}},"doc":"One entry per report, in the order of decision."}]},
  NodeState: {"type":"record","name":"NodeState","namespace":"dev.faultline","doc":"The present state of a node, as lists and streams of the console tell of it. Compacted: of each node the last one stays. Key: <cluster>/<node>.","fields":[{"name":"cluster","type":"string","doc":"Name of the Kubernetes cluster: DNS-1123 label, at most 63 characters."},{"name":"node","type":"string","doc":"Name of the Node object: DNS-1123 subdomain, at most 253 characters."},{"name":"health","type":{"type":"enum","name":"NodeHealth","doc":"How a node is, in one word.","symbols":["UNKNOWN","HEALTHY","FAULTY","IN_MAINTENANCE","WAITING","PARKED","DELETED"],"default":"UNKNOWN"},"doc":"WAITING: its process waits, for a person or for a release that knows its workflow. UNKNOWN: the journal knows nothing of the node any more."},{"name":"faults","type":{"type":"array","items":"string"},"doc":"Types of its open faults."},{"name":"process","type":["null",{"type":"record","name":"ProcessSummary","doc":"The maintenance process of a node.","fields":[{"name":"processId","type":"string","doc":"The process."},{"name":"workflow","type":"string","doc":"Its workflow, for instance reboot."},{"name":"stage","type":"string","doc":"Stage it is in."},{"name":"mode","type":{"type":"enum","name":"ProcessMode","doc":"Whether a process acts.","symbols":["UNKNOWN","OBSERVE","ACTIVE"],"default":"UNKNOWN"},"doc":"OBSERVE: it says what it would do, and does nothing."},{"name":"startedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it started, milliseconds since the epoch."},{"name":"waitingFor","type":["null","string"],"doc":"Why a person is asked.","default":null}]}],"doc":"Its maintenance process, if there is one.","default":null},{"name":"factVersion","type":"long","doc":"Version of the last fact that is in it; 0: none is."},{"name":"sequence","type":"string","doc":"What events of this node have as ce_sequence is in here up to this one, and new behind it. Compare as text."},{"name":"changedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When that fact was decided, milliseconds since the epoch."}]},
  PauseChanged: {"type":"record","name":"PauseChanged","namespace":"dev.faultline","doc":"The change guard holds changes back somewhere, or does so no longer: a freeze by a person, an incident, a bad business metric or a rollout under way. Key: id of the pause.","fields":[{"name":"pauseId","type":"string","doc":"Id of the pause; an incident is known by it as well."},{"name":"change","type":{"type":"enum","name":"PauseChange","doc":"What became of a pause. GREW: more is known of an incident. DENIED: a person said that it is a false alarm, and what was begun is taken back; the pause stays.","symbols":["UNKNOWN","BEGAN","GREW","DENIED","ENDED"],"default":"UNKNOWN"},"doc":"What became of it."},{"name":"kind","type":{"type":"enum","name":"PauseKind","doc":"Why changes are held back.","symbols":["UNKNOWN","FREEZE","INCIDENT","REGRESSION","ROLLOUT"],"default":"UNKNOWN"},"doc":"Why changes are held back: a person froze them, many nodes fail together, a business metric is bad, or somebody rolls out."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When this came about, milliseconds since the epoch."},{"name":"by","type":"string","doc":"Who brought it about: a person, `breaker NAME`, `metric NAME`, or whoever rolls out."},{"name":"reason","type":"string","doc":"Why, in words."},{"name":"end","type":{"type":"enum","name":"PauseEnd","doc":"How a pause ended. NONE: it is in force. THAWED: by a person. APPROVED: by a person who was asked. EXPIRED: its time was over. OVER: by the rule of who began it. JOINED: all of it is part of a greater incident.","symbols":["UNKNOWN","NONE","THAWED","APPROVED","EXPIRED","OVER","JOINED"],"default":"UNKNOWN"},"doc":"How it ended."},{"name":"until","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"doc":"When it ends by itself, milliseconds since the epoch.","default":null},{"name":"operations","type":["null",{"type":"array","items":"string"}],"doc":"What is held back, for instance isolate; absent: whatever needs leave.","default":null},{"name":"clusters","type":["null",{"type":"array","items":"string"}],"doc":"Clusters that it is about; absent: all.","default":null},{"name":"pools","type":["null",{"type":"array","items":"string"}],"doc":"Pools that it is about; absent: all.","default":null},{"name":"zones","type":["null",{"type":"array","items":"string"}],"doc":"Zones that it is about; absent: all.","default":null},{"name":"labels","type":["null",{"type":"map","values":{"type":"array","items":"string"}}],"doc":"Values of labels of the nodes that it is about; absent: all nodes.","default":null},{"name":"nodes","type":["null",{"type":"array","items":"string"}],"doc":"Nodes that it is about, as <cluster>/<node>; absent: all.","default":null},{"name":"faultTypes","type":["null",{"type":"array","items":"string"}],"doc":"Fault types that it is about; absent: all.","default":null},{"name":"reporters","type":["null",{"type":"array","items":"string"}],"doc":"Who reported the faults that it is about first; absent: anybody.","default":null},{"name":"owners","type":["null",{"type":"array","items":"string"}],"doc":"Whose changes it is about; absent: everybody's.","default":null},{"name":"incident","type":["null",{"type":"record","name":"IncidentSummary","doc":"Many nodes that fail together: one question to a person.","fields":[{"name":"breaker","type":"string","doc":"Name of the breaker that tripped."},{"name":"common","type":"string","doc":"What was counted together, in words."},{"name":"shared","type":{"type":"array","items":"string"},"doc":"What else most of these nodes share and most others don't, in words."},{"name":"nodes","type":{"type":"array","items":"string"},"doc":"Nodes with new faults, as <cluster>/<node>: the first thousand."},{"name":"count","type":"long","doc":"How many there are in all."},{"name":"faultTypes","type":{"type":"array","items":"string"},"doc":"Types of their faults."},{"name":"since","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"What began before is none of it, milliseconds since the epoch."},{"name":"latestAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the latest of these faults was seen, milliseconds since the epoch."}]}],"doc":"Set when kind is INCIDENT.","default":null},{"name":"regression","type":["null",{"type":"record","name":"RegressionSummary","doc":"A business metric that is not good while changes are made.","fields":[{"name":"metric","type":"string","doc":"Its name in the policy."},{"name":"verdict","type":"string","doc":"What was seen, in words and with the numbers."},{"name":"value","type":["null","double"],"doc":"What it was.","default":null},{"name":"baseline","type":["null","double"],"doc":"Median of before.","default":null},{"name":"bound","type":["null","double"],"doc":"It must not be worse than this.","default":null},{"name":"nodes","type":{"type":"array","items":"string"},"doc":"Nodes where something was under way then, as <cluster>/<node>: the first thousand."},{"name":"count","type":"long","doc":"How many there were in all."}]}],"doc":"Set when kind is REGRESSION.","default":null},{"name":"changeId","type":["null","string"],"doc":"The rollout, as GET /v1/changes/ID has it. Set when kind is ROLLOUT.","default":null}]},
};
