// Looking at the world where the debugger stands: threads, stack, scopes, variables, sources, memory, exceptions.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { liveTasks } from "../mm/observe.ts";
import { branchHere } from "./branches.ts";
import { completions } from "./completions.ts";
import type { Handlers } from "./connection.ts";
import { taskOf } from "./controls.ts";
import { pageOf } from "./entry.ts";
import { evaluateText, setExpression } from "./evaluate.ts";
import { exceptionInfo } from "./exception_info.ts";
import { pathText } from "./kernel_path.ts";
import { readMemory } from "./memory.ts";
import { RequestError } from "./reply.ts";
import { taskName } from "./scope.ts";
import { SCOPES } from "./scopes.ts";
import type { Session } from "./session.ts";
import { pathOfReference, pathReference } from "./sources.ts";
import { kernelSource, pathOf, stackOf, toProtocol } from "./stack.ts";
import { isTrace, TRACE_REFERENCE, traceSource } from "./trace.ts";
import { childNamed, containerOf, variableOf } from "./variables.ts";

type Inspection =
  | "threads"
  | "stackTrace"
  | "scopes"
  | "variables"
  | "setVariable"
  | "setExpression"
  | "source"
  | "loadedSources"
  | "evaluate"
  | "completions"
  | "exceptionInfo"
  | "readMemory";

// A client that does not say how many frames it wants.
const ALL_FRAMES = 1000;

export function inspection(session: Session): Pick<Handlers, Inspection> {
  return {
    threads() {
      if (session.phase === "new") throw new RequestError("bad-state", "initialize comes first");
      return { body: { threads: session.phase === "stopped" ? threads(session) : [{ id: 1, name: "main" }] } };
    },

    stackTrace(args) {
      session.requireStopped();
      const task = taskOf(session, args.integer("threadId"));
      const start = args.optionalCount("startFrame") ?? 0;
      const levels = args.optionalCount("levels") || ALL_FRAMES;
      const { timeline } = session;
      const reference = (step: number) => pathReference(timeline, step);
      const { frames, total } = stackOf(session.loadedTrace, timeline, task, reference, start, levels);
      const stackFrames = frames.map((frame) => toProtocol(frame, session.frames.add(frame.place), session.client));
      return { body: { stackFrames, totalFrames: total } };
    },

    scopes(args) {
      session.requireStopped();
      const { task } = session.frames.get(args.integer("frameId"));
      const view = session.view(task);
      const scopes = SCOPES.map((spec): P.Scope => {
        const container = containerOf(session, spec.children(view));
        return {
          name: spec.name,
          expensive: spec.expensive,
          ...(spec.hint ? { presentationHint: spec.hint } : {}),
          ...container,
        };
      });
      return { body: { scopes } };
    },

    variables(args) {
      session.requireStopped();
      const children = session.containers.get(args.integer("variablesReference"));
      const filter = args.optionalString("filter");
      const start = args.optionalCount("start") ?? 0;
      const count = args.optionalCount("count") ?? 0;
      const entries = inStyle(session, args.object("format").flag("hex"), () => pageOf(children, filter, start, count));
      return { body: { variables: entries.map((entry) => variableOf(session, entry)) } };
    },

    setVariable(args) {
      session.requireStopped();
      const name = args.string("name");
      const entry = childNamed(session.containers.get(args.integer("variablesReference")), name);
      if (!entry) throw new RequestError("not-here", `there is no ${name} here`);
      const text = args.string("value");
      if (!entry.set) throw new RequestError("not-here", `${name} cannot be set: only counters and flags can`);
      branchHere(session, entry.set(text), `${entry.evaluateName ?? name} = ${text.trim()}`);
      return { body: { value: text.trim() }, afterwards: () => redraw(session) };
    },

    setExpression(args) {
      session.requireStopped();
      const { task } = session.frame(args.optionalInteger("frameId"));
      const value = setExpression(session, args.string("expression"), args.string("value"), task);
      return { body: { value }, afterwards: () => redraw(session) };
    },

    source(args) {
      const source = args.object("source");
      const reference = source.optionalInteger("sourceReference") ?? args.integer("sourceReference");
      const trace = session.loadedTrace;
      if (reference === 0 && isTrace(trace, source.optionalString("path"), undefined)) {
        return { body: { content: trace.text, mimeType: "text/x-mmtrace" } };
      }
      if (reference === TRACE_REFERENCE && trace.imported)
        return { body: { content: trace.text, mimeType: "text/x-mmtrace" } };
      const { timeline, step } = pathOfReference(session, reference);
      return { body: { content: pathText(timeline.recording, pathOf(timeline, step)), mimeType: "text/plain" } };
    },

    loadedSources() {
      const trace = session.loadedTrace;
      const sources = [traceSource(trace)];
      const { timeline } = session;
      if (timeline.lastEvent !== undefined) {
        sources.push(kernelSource(trace, timeline, pathReference(timeline, timeline.moment.step)));
      }
      return { body: { sources } };
    },

    evaluate(args) {
      session.requireStopped();
      const { task } = session.frame(args.optionalInteger("frameId"));
      const context = args.optionalString("context") ?? "repl";
      const text = args.string("expression");
      return inStyle(session, args.object("format").flag("hex"), () => evaluateText(session, text, context, task));
    },

    completions(args) {
      session.requireStopped();
      const { task } = session.frame(args.optionalInteger("frameId"));
      const { firstLine, firstColumn } = session.client;
      const lines = args.string("text").split("\n");
      const line = (args.optionalInteger("line") ?? firstLine) - firstLine;
      const column = args.integer("column") - firstColumn;
      return { body: { targets: completions(session.view(task), lines[line] ?? "", column) } };
    },

    exceptionInfo(args) {
      session.requireStopped();
      taskOf(session, args.integer("threadId"));
      const filter = session.lastStop?.reason === "exception" ? session.lastStop.armed?.filter : undefined;
      if (!filter) throw new RequestError("not-here", "the debugger has not stopped at an exception");
      return { body: exceptionInfo(session.view(session.timeline.task), filter) };
    },

    readMemory(args) {
      session.requireStopped();
      const reference = args.string("memoryReference");
      const offset = args.optionalInteger("offset") ?? 0;
      const count = args.optionalCount("count") ?? 0;
      return { body: readMemory(session.timeline.k, reference, offset, count) };
    },
  };
}

// The live processes, and the one whose line it is: a line of a dead process has its frame, too.
function threads(session: Session): P.Thread[] {
  const { timeline } = session;
  const k = timeline.k;
  const tasks = new Set([...liveTasks(k), timeline.task]);
  return [...tasks].sort((a, b) => a - b).map((task) => ({ id: task + 1, name: taskName(k, task) }));
}

function inStyle<T>(session: Session, hex: boolean, render: () => T): T {
  session.style.hex = hex;
  try {
    return render();
  } finally {
    session.style.hex = false;
  }
}

// Everything that the client shows is of the timeline that was left.
function redraw(session: Session): void {
  if (session.client.invalidated) session.connection.event("invalidated", { areas: ["all"] });
  else
    session.connection.event("stopped", {
      reason: "pause",
      threadId: session.timeline.task + 1,
      allThreadsStopped: true,
    });
}
