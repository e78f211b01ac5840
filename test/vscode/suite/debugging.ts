// A debug session through VS Code's own debugger: what the Run menu does, seen from the extension host.

import {
  commands,
  type DebugConfiguration,
  type DebugSession,
  debug,
  Location,
  Position,
  SourceBreakpoint,
  type TextDocument,
  workspace,
} from "vscode";
import { equal, eventually, holds, includes, type Story } from "./harness.ts";
import { opened, sample } from "./workspace.ts";

interface Frame {
  readonly id: number;
  readonly name: string;
  readonly line: number;
  readonly source?: { readonly name?: string };
}

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly variablesReference: number;
}

export const debugging: Story[] = [
  {
    name: "a sample stops on entry, steps, steps back and ends",
    act: () =>
      debugged(sample("vmsplice"), {}, async (stops) => {
        const entry = await stops.next();
        equal(entry.reason, "entry", "reason");
        const before = await entry.line();
        await stops.act("workbench.action.debug.stepOver");
        const after = await (await stops.next()).line();
        holds(after > before, `line ${after} comes after line ${before}`);
        await stops.act("workbench.action.debug.stepBack");
        equal(await (await stops.next()).line(), before, "line after stepping back");
      }),
  },
  {
    name: "a breakpoint stops where it stands",
    async act() {
      const document = await sample("vmsplice");
      const line = lineOf(document, "munmap(secret)");
      const breakpoint = new SourceBreakpoint(new Location(document.uri, new Position(line, 0)));
      debug.addBreakpoints([breakpoint]);
      try {
        await debugged(Promise.resolve(document), { stopOnEntry: false }, async (stops) => {
          const stop = await stops.next();
          equal(stop.reason, "breakpoint", "reason");
          equal(await stop.line(), line + 1, "line");
          equal(await stop.evaluate("page(secret).refcount"), "3", "refcount");
        });
      } finally {
        debug.removeBreakpoints([breakpoint]);
      }
    },
  },
  {
    name: "the scopes hold the process, its page tables and its folios",
    act: () =>
      debugged(sample("vmsplice"), {}, async (stops) => {
        await stops.next();
        await stops.act("workbench.action.debug.stepOver");
        await stops.next();
        await stops.act("workbench.action.debug.stepOver");
        const stop = await stops.next();
        const names = (await stop.scopes()).map(({ name }) => name);
        for (const name of ["Fault", "Process", "Page tables", "Folios", "Changes"])
          includes(names.join(), name, "scopes");
        const folios = await stop.variables("Folios");
        holds(folios.length > 0, "there is a folio");
      }),
  },
  {
    name: "stepping in leads into the kernel and out of it again",
    async act() {
      const { document } = await opened('kernel 6.1\np = mmap(4K)\nwrite(p, "x") -> anon\n');
      await debugged(Promise.resolve(document), {}, async (stops) => {
        await stops.next();
        await stops.act("workbench.action.debug.stepOver");
        await stops.next();
        await stops.act("workbench.action.debug.stepInto");
        const inside = await stops.next();
        holds((await inside.frames()).length > 1, "there are kernel frames above the trace line");
        await stops.act("workbench.action.debug.stepOut");
        await stops.next();
      });
    },
  },
  {
    name: "an unsaved trace is debugged as it stands in the editor",
    async act() {
      const { document } = await opened("kernel 6.1\np = mmap(4K)\nwrite(p)\n");
      await debugged(Promise.resolve(document), {}, async (stops) => {
        equal(await (await stops.next()).line(), 2, "line");
      });
    },
  },
  {
    name: "a reverse step into the kernel is a request of the adapter",
    act: () =>
      debugged(sample("vmsplice"), {}, async (stops, session) => {
        const first = await stops.next();
        await stops.act("workbench.action.debug.stepOver");
        await stops.next();
        await session.customRequest("reverseNext", { threadId: first.threadId });
        equal(await (await stops.next()).line(), await first.line(), "line");
      }),
  },
  {
    name: "an strace log is debugged as the trace that it becomes",
    async act() {
      const [log] = await workspace.findFiles("**/pipeline.strace");
      await debugged(workspace.openTextDocument(log), {}, async (stops) => {
        const stop = await stops.next();
        equal(stop.reason, "entry", "reason");
        const [frame] = await stop.frames();
        includes(frame.source?.name ?? "", "imported", "the frame's source");
      });
    },
  },
  {
    name: "run under all models comes to an end under each of them",
    async act() {
      const { document } = await opened('kernel 5.10 6.1\np = mmap(4K)\nwrite(p, "x") -> anon\n');
      const ended: string[] = [];
      const listening = debug.onDidTerminateDebugSession(({ configuration }) => ended.push(configuration.model));
      await commands.executeCommand("mmtrace.runAllModels", document.uri.toString());
      await eventually(() => (ended.length === 2 ? true : undefined), "two sessions' ends");
      listening.dispose();
      equal(ended.sort(), ["5.10", "6.1"], "models");
    },
  },
  {
    name: "F5 with nothing configured debugs the open trace",
    async act() {
      const { document } = await opened("kernel 6.1\np = mmap(4K)\nwrite(p)\n");
      await debug.startDebugging(undefined, { type: "mmtrace", request: "launch", name: "" });
      const session = await eventually(() => debug.activeDebugSession, "a session");
      equal(session.configuration.program, document.uri.toString(), "program");
      equal(session.configuration.stopOnEntry, true, "stopOnEntry");
      await debug.stopDebugging();
      await eventually(() => (debug.activeDebugSession ? undefined : true), "the end of the session");
    },
  },
];

// One stop of a session, and what can be asked there.
class Stop {
  readonly reason: string;
  readonly threadId: number;
  private readonly session: DebugSession;
  private asked: Promise<Frame[]> | undefined;

  constructor(session: DebugSession, body: { reason: string; threadId?: number }) {
    this.session = session;
    this.reason = body.reason;
    this.threadId = body.threadId ?? 1;
    // The frames are asked for at once, while this stop still is the current one.
    this.asked = this.frames();
    this.asked.catch(() => undefined);
  }

  frames(): Promise<Frame[]> {
    this.asked ??= Promise.resolve(
      this.session.customRequest("stackTrace", { threadId: this.threadId, startFrame: 0, levels: 50 }),
    ).then((answer: { stackFrames: Frame[] }) => answer.stackFrames);
    return this.asked;
  }

  // The line of the trace, counted from 1: that of the lowest frame.
  async line(): Promise<number> {
    const frames = await this.frames();
    return frames[frames.length - 1].line;
  }

  async scopes(): Promise<Variable[]> {
    const [frame] = await this.frames();
    return (await this.session.customRequest("scopes", { frameId: frame.id })).scopes;
  }

  async variables(scope: string): Promise<Variable[]> {
    const found = (await this.scopes()).find(({ name }) => name === scope);
    holds(found, `there is a scope ${scope}`);
    const { variablesReference } = found;
    return (await this.session.customRequest("variables", { variablesReference })).variables;
  }

  async evaluate(expression: string): Promise<string> {
    const [frame] = await this.frames();
    const answer = await this.session.customRequest("evaluate", { expression, frameId: frame.id, context: "watch" });
    return answer.result;
  }
}

// The stops of a session in their order, each given out once.
class Stops {
  private readonly seen: Stop[] = [];
  private given = 0;

  add(stop: Stop): void {
    this.seen.push(stop);
  }

  async next(): Promise<Stop> {
    const wanted = this.given++;
    return eventually(() => this.seen[wanted], `stop ${wanted + 1}`);
  }

  async act(command: string): Promise<void> {
    // The buttons act on the thread that VS Code has focused, which it does a moment after the stop.
    await eventually(() => debug.activeStackItem, "a focused stack frame");
    await commands.executeCommand(command);
  }
}

// Runs a session on the document and ends it, whatever happens in between.
async function debugged(
  opening: Thenable<TextDocument>,
  more: Partial<DebugConfiguration>,
  act: (stops: Stops, session: DebugSession) => Promise<void>,
): Promise<void> {
  const document = await opening;
  const stops = new Stops();
  const tracker = debug.registerDebugAdapterTrackerFactory("mmtrace", {
    createDebugAdapterTracker: (session) => ({
      onDidSendMessage(message: { type: string; event?: string; body: { reason: string; threadId?: number } }) {
        if (message.type === "event" && message.event === "stopped") stops.add(new Stop(session, message.body));
      },
    }),
  });
  const program = document.uri.scheme === "file" ? document.uri.fsPath : document.uri.toString();
  const launch = { type: "mmtrace", request: "launch", name: "story", program, stopOnEntry: true, ...more };
  try {
    equal(await debug.startDebugging(workspace.workspaceFolders?.[0], launch), true, "startDebugging");
    const session = await eventually(() => debug.activeDebugSession, "a session");
    await act(stops, session);
  } finally {
    await debug.stopDebugging();
    await eventually(() => (debug.activeDebugSession ? undefined : true), "the end of the session");
    tracker.dispose();
  }
}

function lineOf(document: TextDocument, part: string): number {
  return document
    .getText()
    .split("\n")
    .findIndex((line) => line.includes(part));
}
