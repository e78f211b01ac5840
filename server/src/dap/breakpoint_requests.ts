// The requests that set breakpoints. Each answers for every breakpoint that it was given, in order.

import { Args } from "./arguments.ts";
import { toProtocol, type Wanted } from "./breakpoint_store.ts";
import { breakpointLines } from "./breakpoints.ts";
import type { Handlers } from "./connection.ts";
import { dataBreakpointInfo } from "./data_breakpoint_info.ts";
import { type Access, placesOf } from "./data_breakpoints.ts";
import { RequestError } from "./reply.ts";
import type { Session } from "./session.ts";
import { isTrace, samePath } from "./trace.ts";

type Requests =
  | "breakpointLocations"
  | "setBreakpoints"
  | "setFunctionBreakpoints"
  | "setExceptionBreakpoints"
  | "dataBreakpointInfo"
  | "setDataBreakpoints";

export function breakpointRequests(session: Session): Pick<Handlers, Requests> {
  const replace = (kind: Wanted["kind"], wanted: readonly Wanted[], inScope: (old: Wanted) => boolean = () => true) => {
    requireInitialized(session);
    const { trace, client } = session;
    const known = session.breakpoints.replace(kind, wanted, trace, inScope);
    return { body: { breakpoints: known.map((one) => toProtocol(one, trace, client)) } };
  };

  return {
    breakpointLocations(args) {
      requireInitialized(session);
      const source = args.object("source");
      const { trace, client } = session;
      const first = args.integer("line") - client.firstLine;
      const last = (args.optionalInteger("endLine") ?? args.integer("line")) - client.firstLine;
      if (!trace || !isTrace(trace, source.optionalString("path"), source.optionalInteger("sourceReference"))) {
        return { body: { breakpoints: [] } };
      }
      const lines = breakpointLines(trace.program, first, last);
      return { body: { breakpoints: lines.map((line) => ({ line: line + client.firstLine })) } };
    },

    setBreakpoints(args) {
      const source = args.object("source");
      const path = source.optionalString("path");
      const reference = source.optionalInteger("sourceReference");
      if (path === undefined && reference === undefined) {
        throw new RequestError("bad-arguments", "arguments.source has neither path nor sourceReference");
      }
      const wanted = lineBreakpoints(args).map((one) => ({
        kind: "line" as const,
        path,
        reference,
        line: one.integer("line") - session.client.firstLine,
        logMessage: one.optionalString("logMessage"),
        ...when(one),
      }));
      return replace("line", wanted, (old) => {
        if (old.kind !== "line") return false;
        if (reference !== undefined && reference > 0) return old.reference === reference;
        return old.path !== undefined && path !== undefined && samePath(old.path, path);
      });
    },

    setFunctionBreakpoints(args) {
      const wanted = args
        .list("breakpoints")
        .map((one) => ({ kind: "function" as const, name: one.string("name"), ...when(one) }));
      return replace("function", wanted);
    },

    setExceptionBreakpoints(args) {
      const plain = args.strings("filters").map((filter) => ({ filter, condition: undefined }));
      const options = args
        .list("filterOptions")
        .map((one) => ({ filter: one.string("filterId"), condition: one.optionalString("condition") || undefined }));
      const wanted = [...plain, ...options].map((one) => ({
        kind: "exception" as const,
        hitCondition: undefined,
        ...one,
      }));
      return replace("exception", wanted);
    },

    dataBreakpointInfo: (args) => ({ body: dataBreakpointInfo(session, args) }),

    setDataBreakpoints(args) {
      const wanted = args.list("breakpoints").map((one) => ({
        kind: "data" as const,
        dataId: knownData(session, one.string("dataId")),
        access: access(one),
        ...when(one),
      }));
      return replace("data", wanted);
    },
  };
}

function requireInitialized(session: Session): void {
  if (session.phase === "new") throw new RequestError("bad-state", "initialize comes first");
}

// Older clients send `lines` alone.
function lineBreakpoints(args: Args): Args[] {
  if (args.has("breakpoints")) return args.list("breakpoints");
  return args.integers("lines").map((line, i) => new Args({ line }, `arguments.lines[${i}]`));
}

function when(one: Args): { condition: string | undefined; hitCondition: string | undefined } {
  return {
    condition: one.optionalString("condition") || undefined,
    hitCondition: one.optionalString("hitCondition") || undefined,
  };
}

function access(one: Args): Access {
  const wanted = one.optionalString("accessType") ?? "write";
  if (wanted === "read" || wanted === "write" || wanted === "readWrite") return wanted;
  throw new RequestError("bad-arguments", `accessType is read, write or readWrite, not "${wanted}"`);
}

function knownData(session: Session, id: string): string {
  if (!placesOf(session.timeline.k, id))
    throw new RequestError("stale-reference", `"${id.slice(0, 100)}" is no dataId of this session`);
  return id;
}
