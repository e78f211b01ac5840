// What can be watched behind a variable, an expression or an address, and under which id.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Expr } from "../lang/program.ts";
import type { Value } from "../lang/value.ts";
import { sourcesOf } from "../run/cells.ts";
import { hex } from "../run/show.ts";
import type { Args } from "./arguments.ts";
import { dataId, type WatchedPlace } from "./data_breakpoints.ts";
import { readExpression, valueAt } from "./expression.ts";
import { taskName } from "./scope.ts";
import type { Session } from "./session.ts";
import { cellOf } from "./values.ts";
import { childNamed } from "./variables.ts";

type Info = P.DataBreakpointInfoResponse["body"];

export function dataBreakpointInfo(session: Session, args: Args): Info {
  session.requireStopped();
  const name = args.string("name");
  const bytes = args.optionalCount("bytes");
  const reference = args.optionalInteger("variablesReference") ?? 0;
  if (reference > 0) {
    const entry = childNamed(session.containers.get(reference), name);
    const places = entry?.watched?.();
    if (places) return info(places, entry?.evaluateName ?? name);
    if (entry?.evaluateName === undefined) return nothing(`nothing writes ${name} alone`);
    return ofExpression(session, entry.evaluateName, bytes, session.timeline.task);
  }
  const { task } = session.frame(args.optionalInteger("frameId"));
  if (args.flag("asAddress")) return ofAddress(session, name, bytes ?? 1, task);
  return ofExpression(session, name, bytes, task);
}

function ofExpression(session: Session, text: string, bytes: number | undefined, task: number): Info {
  const { timeline } = session;
  const expr = readExpression(session.loadedTrace.program, text);
  if (typeof expr === "string") return nothing(expr);
  const range = bytesOf(session, expr, bytes, task);
  if (range) return info([range], text);
  timeline.at(timeline.moment);
  const sources = sourcesOf(expr, timeline.recording.environment(timeline.stepsRun, task));
  if (sources.length === 0) return nothing(`nothing in the world makes ${text}`);
  return info(sources.map(cellOf), text);
}

// An address, data(…) and byte(…) mean bytes of the address space, whichever frame holds them.
function bytesOf(session: Session, expr: Expr, bytes: number | undefined, task: number): WatchedPlace | undefined {
  const { timeline } = session;
  const value = (of: Expr) => valueAt(timeline, of, timeline.moment, task);
  const isBytes = expr.kind === "call" && (expr.name === "data" || expr.name === "byte");
  if (expr.kind === "call" && !isBytes) return undefined;
  const values = expr.kind === "call" ? expr.args.map(value) : [value(expr)];
  const at = values.map(addressOf).find((address) => address !== undefined);
  if (at === undefined) return undefined;
  const who = values.find((one) => typeof one === "object" && one !== null && one.kind === "process");
  const owner = typeof who === "object" && who !== null && who.kind === "process" ? who.task : task;
  const { pageSize } = timeline.k;
  const restOfPage = pageSize - Number(at % BigInt(pageSize));
  const length = bytes ?? (expr.kind === "call" && expr.name === "byte" ? 1 : restOfPage);
  return { kind: "bytes", task: owner, at, length: Math.max(1, length), name: hex(at) };
}

function addressOf(value: Value): bigint | undefined {
  return typeof value === "object" && value !== null && value.kind === "address" ? value.at : undefined;
}

function ofAddress(session: Session, text: string, length: number, task: number): Info {
  if (!/^(0x[0-9a-fA-F]{1,16}|\d{1,20})$/.test(text)) return nothing(`"${text}" is no address`);
  const at = BigInt(text);
  const name = `${length} bytes at ${hex(at)} of ${taskName(session.timeline.k, task)}`;
  return info([{ kind: "bytes", task, at, length: Math.max(1, length), name }], name);
}

function info(places: readonly WatchedPlace[], description: string): Info {
  const bytes = places.some((place) => place.kind === "bytes");
  return {
    dataId: dataId(places),
    description,
    accessTypes: bytes ? ["read", "write", "readWrite"] : ["write"],
    canPersist: false,
  };
}

function nothing(why: string): Info {
  return { dataId: null, description: why };
}
