// The debug adapter's speed over stdio: spawn to first stop, and steps both ways anywhere in a long trace.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bareStart, Echo } from "./echo.ts";
import { Peer, percentile } from "./frames.ts";

export interface Dap {
  readonly firstStopMs: number;
  // Of `node` alone, from spawn to its first byte.
  readonly nodeStartMs: number;
  readonly stepP50Ms: number;
  readonly stepP99Ms: number;
  readonly stepBackP50Ms: number;
  readonly stepBackP99Ms: number;
  // Of a process that only echoes.
  readonly echoP50Ms: number;
  readonly echoP99Ms: number;
}

const STEPS = 1000;

// A trace of `operations` operations that touch pages, fork and copy.
export function longTrace(operations: number): string {
  const lines = ["p = mmap(64M, rw, private|anonymous)"];
  for (let i = 1; lines.length < operations; i++)
    lines.push(i % 3 === 0 ? `read(p[${i % 9000}])` : `write(p[${(i * 7) % 9000}], ${i % 250})`);
  return `${lines.join("\n")}\n`;
}

export async function dap(program: readonly string[], folder: string): Promise<Dap> {
  const small = join(folder, "small.mmtrace");
  writeFileSync(small, 'p = mmap(4K)\nwrite(p, "a")\nchild = fork()\nwrite(p, "b")\n');
  const starts: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < 11; i++) {
    bare.push(await bareStart());
    const began = performance.now();
    const session = await Session.launch(program, small);
    starts.push(performance.now() - began);
    session.end();
  }
  const long = join(folder, "long.mmtrace");
  writeFileSync(long, longTrace(100_000));
  const session = await Session.launch(program, long);
  const forward: number[] = [];
  const backward: number[] = [];
  const echo = new Echo();
  // Near the start, in the middle and at the end.
  for (const line of [5, 50_000, 98_900]) {
    await session.goto(long, line);
    for (const [command, taken] of [
      ["next", forward],
      ["stepBack", backward],
    ] as const) {
      for (let i = 0; i < STEPS; i++) {
        taken.push(await session.step(command));
        await echo.ask();
      }
    }
  }
  session.end();
  echo.end();
  return {
    firstStopMs: percentile(starts, 0.5),
    nodeStartMs: percentile(bare, 0.5),
    stepP50Ms: percentile(forward, 0.5),
    stepP99Ms: percentile(forward, 0.99),
    stepBackP50Ms: percentile(backward, 0.5),
    stepBackP99Ms: percentile(backward, 0.99),
    echoP50Ms: percentile(echo.taken, 0.5),
    echoP99Ms: percentile(echo.taken, 0.99),
  };
}

class Session {
  private readonly peer: Peer;
  private seq = 1;
  private thread = 1;

  private constructor(peer: Peer) {
    this.peer = peer;
  }

  // Spawned, launched, and stopped on entry.
  static async launch([command, ...args]: readonly string[], trace: string): Promise<Session> {
    const session = new Session(new Peer(command, [...args, "dap", "--stdio"]));
    await session.request("initialize", { adapterID: "mmtrace", linesStartAt1: true, columnsStartAt1: true });
    const launched = session.request("launch", { program: trace, stopOnEntry: true });
    await session.request("configurationDone", {});
    await launched;
    await session.stopped();
    return session;
  }

  async goto(trace: string, line: number): Promise<void> {
    const answer = await this.request("gotoTargets", { source: { path: trace }, line });
    const { targets } = answer.body as { targets: { id: number }[] };
    const stop = this.stopped();
    await this.request("goto", { threadId: this.thread, targetId: targets[0].id });
    await stop;
  }

  // Milliseconds from the request to the stop.
  async step(command: "next" | "stepBack"): Promise<number> {
    const began = performance.now();
    const stop = this.stopped();
    const answered = this.request(command, { threadId: this.thread });
    await stop;
    const taken = performance.now() - began;
    await answered;
    this.peer.forget();
    return taken;
  }

  end(): void {
    this.peer.end();
  }

  private async stopped(): Promise<void> {
    const stop = await this.peer.next((message) => message.event === "stopped");
    this.thread = (stop.body as { threadId?: number }).threadId ?? this.thread;
  }

  private async request(command: string, body: object) {
    const seq = this.seq++;
    this.peer.send({ seq, type: "request", command, arguments: body });
    const answer = await this.peer.next((message) => message.type === "response" && message.request_seq === seq);
    if (answer.success !== true) throw new Error(`${command}: ${String(answer.message)}`);
    return answer;
  }
}
