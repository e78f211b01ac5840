// One debug session: from initialize to disconnect. Holds what the requests share: the client, the trace, the timelines.
//
//   new ──initialize──▶ configuring ──launch + configurationDone, in any order──▶ stopped ⇄ (moves) ──▶ ended
//
// A recording is whole before the first stop, so nothing ever runs in between: every move is a search and a seek.

import type { Recording } from "../run/recording.ts";
import { BreakpointStore } from "./breakpoint_store.ts";
import { type Client, UNKNOWN_CLIENT } from "./client.ts";
import type { Connection } from "./connection.ts";
import type { Children } from "./entry.ts";
import type { Host, LaunchArguments } from "./launch.ts";
import { type Moment, START } from "./moment.ts";
import { References } from "./references.ts";
import { RequestError } from "./reply.ts";
import type { View } from "./scope.ts";
import type { Stop } from "./search.ts";
import type { FramePlace } from "./stack.ts";
import { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";

export interface SessionOptions {
  // What a launch has to say when strangers can connect (a port): the `token` of its arguments.
  readonly token?: string;
  // Ends the adapter, after the answer to `disconnect`.
  close(): void;
}

export type Phase = "new" | "configuring" | "stopped" | "ended";

export class Session {
  readonly connection: Connection;
  readonly host: Host;
  readonly options: SessionOptions;
  readonly breakpoints = new BreakpointStore();
  readonly frames = new References<FramePlace>("frame");
  readonly containers = new References<Children>("variablesReference");
  // Values are rendered in this style; a request may ask for another one while it is answered.
  readonly style = { hex: false };
  client: Client = UNKNOWN_CLIENT;
  phase: Phase = "new";
  launched: LaunchArguments | undefined;
  configured = false;
  trace: Trace | undefined;
  timelines: Timeline[] = [];
  lastStop: Stop | undefined;
  // The client wants to go: a run in progress ends at its next look.
  cancelled = false;
  private current: Timeline | undefined;

  constructor(connection: Connection, host: Host, options: SessionOptions) {
    this.connection = connection;
    this.host = host;
    this.options = options;
  }

  // The timeline that the debugger is on; an error before the launch.
  get timeline(): Timeline {
    if (!this.current) throw new RequestError("bad-state", "no trace is loaded: launch comes first");
    return this.current;
  }

  get loadedTrace(): Trace {
    if (!this.trace) throw new RequestError("bad-state", "no trace is loaded: launch comes first");
    return this.trace;
  }

  load(trace: Trace, recording: Recording): void {
    this.trace = trace;
    this.timelines = [new Timeline(recording, 0)];
    this.current = this.timelines[0];
    this.lastStop = undefined;
    this.forget();
  }

  addBranch(recording: Recording): Timeline {
    const timeline = new Timeline(recording, this.timelines.length);
    this.timelines.push(timeline);
    return timeline;
  }

  // The debugger goes over to another timeline, at the moment at which that one stands.
  switchTo(timeline: Timeline): void {
    this.current = timeline;
    this.forget();
  }

  go(moment: Moment): void {
    this.timeline.go(moment);
    this.forget();
  }

  // Numbers that the client holds mean nothing any more.
  forget(): void {
    this.frames.clear();
    this.containers.clear();
  }

  // The debugger stands somewhere and may be moved and looked at.
  requireStopped(): void {
    if (this.phase === "new") throw new RequestError("bad-state", "initialize comes first");
    if (this.phase === "configuring") throw new RequestError("bad-state", "the trace does not run yet");
    if (this.phase === "ended") throw new RequestError("bad-state", "the trace has come to its end");
  }

  view(task: number): View {
    return { trace: this.loadedTrace, timeline: this.timeline, task, style: this.style };
  }

  // The frame that the client means; without one, the statement's process.
  frame(id: number | undefined): FramePlace {
    return id === undefined ? { task: this.timeline.task, frame: undefined } : this.frames.get(id);
  }

  get moment(): Moment {
    return this.current?.moment ?? START;
  }
}
