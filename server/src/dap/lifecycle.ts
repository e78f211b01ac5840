// How a session begins and ends: initialize, launch, configurationDone, restart, terminate, disconnect.

import type { Args } from "./arguments.ts";
import { toProtocol } from "./breakpoint_store.ts";
import { capabilities } from "./capabilities.ts";
import { clientOf } from "./client.ts";
import type { Handlers } from "./connection.ts";
import { begin, endSession } from "./controls.ts";
import { chooseModel, type LaunchArguments, launchArguments, loadTrace, problemsOf, record } from "./launch.ts";
import { sayLimit, sayProblems } from "./output.ts";
import { type Reply, RequestError } from "./reply.ts";
import type { Session } from "./session.ts";
import { nameOf } from "./trace.ts";

type Lifecycle = "initialize" | "launch" | "configurationDone" | "restart" | "terminate" | "disconnect";

const NOTHING: Reply<undefined> = { body: undefined };

export function lifecycle(session: Session): Pick<Handlers, Lifecycle> {
  return {
    initialize(args) {
      if (session.phase !== "new") throw new RequestError("bad-state", "initialize was sent before");
      session.client = clientOf(args);
      session.phase = "configuring";
      return { body: capabilities(), afterwards: () => session.connection.event("initialized") };
    },

    async launch(args) {
      if (session.phase === "new") throw new RequestError("bad-state", "initialize comes first");
      if (session.launched) throw new RequestError("bad-state", "launch was sent before");
      authorize(session, args);
      const launched = launchArguments(args);
      await load(session, launched);
      session.launched = launched;
      return { body: undefined, afterwards: () => startIfReady(session) };
    },

    configurationDone() {
      if (session.phase === "new") throw new RequestError("bad-state", "initialize comes first");
      session.configured = true;
      return { body: undefined, afterwards: () => startIfReady(session) };
    },

    // The trace is read again, and the session begins anew with the breakpoints that are set.
    async restart(args) {
      if (!session.launched || !session.configured)
        throw new RequestError("bad-state", "nothing runs that could restart");
      const changed = args.object("arguments");
      const launched = changed.has("program") ? launchArguments(changed) : session.launched;
      await load(session, launched);
      session.launched = launched;
      return { body: undefined, afterwards: () => begin(session) };
    },

    terminate() {
      if (session.phase === "new") throw new RequestError("bad-state", "initialize comes first");
      return { body: undefined, afterwards: () => endSession(session) };
    },

    disconnect() {
      session.phase = "ended";
      return { ...NOTHING, afterwards: () => session.options.close() };
    },
  };
}

// On a port anybody on this machine can connect; who may read files says so with the token.
function authorize(session: Session, args: Args): void {
  const { token } = session.options;
  if (token === undefined || args.optionalString("token") === token) return;
  throw new RequestError("unauthorized", "launch needs the `token` that `mmtrace dap --port` printed");
}

async function load(session: Session, launched: LaunchArguments): Promise<void> {
  const { connection, host } = session;
  session.cancelled = false;
  const trace = await loadTrace(launched, host);
  const model = chooseModel(trace.program, launched.model);
  const problems = problemsOf(trace.program, model);
  sayProblems(session, trace, problems);
  const [first, ...more] = problems.filter(({ severity }) => severity === "error");
  if (first) {
    const { line, start } = first.range;
    const rest = more.length > 0 ? ` (and ${more.length} more)` : "";
    throw new RequestError("bad-program", `${nameOf(trace.path)}:${line + 1}:${start + 1}: ${first.message}${rest}`);
  }
  const progress = session.client.progress ? new Progress(session, nameOf(trace.path)) : undefined;
  const recording = await record(trace, model, launched, host, () => {
    progress?.look();
    return session.cancelled;
  });
  progress?.end();
  if (session.cancelled) throw new RequestError("cancelled", "cancelled");
  session.load(trace, recording);
  sayLimit(session);
  for (const moved of session.breakpoints.reload(trace)) {
    connection.event("breakpoint", { reason: "changed", breakpoint: toProtocol(moved, trace, session.client) });
  }
}

// Shown by the client when the run takes long.
class Progress {
  private readonly session: Session;
  private readonly title: string;
  private readonly began: number;
  private shown = false;

  constructor(session: Session, name: string) {
    this.session = session;
    this.title = `Running ${name}`;
    this.began = session.host.now();
  }

  look(): void {
    if (this.shown || this.session.host.now() - this.began < 500) return;
    this.shown = true;
    this.session.connection.event("progressStart", { progressId: "run", title: this.title, cancellable: false });
  }

  end(): void {
    if (this.shown) this.session.connection.event("progressEnd", { progressId: "run" });
  }
}

// Launch and configurationDone may come in either order; the trace begins when both were seen.
function startIfReady(session: Session): void {
  if (session.phase !== "configuring" || !session.launched || !session.configured) return;
  begin(session);
}
