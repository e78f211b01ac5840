// The peer of the servers' rows: a process that only echoes, asked between their answers, so that what is the machine's own
// (waking two processes, a pipe each way) can be told from what is ours.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Peer } from "./frames.ts";

const ECHO = fileURLToPath(new URL("./echo.mjs", import.meta.url));

export class Echo {
  private readonly peer = new Peer(process.execPath, [ECHO]);
  private seq = 0;
  readonly taken: number[] = [];

  // One message there and back.
  async ask(): Promise<void> {
    const seq = this.seq++;
    const began = performance.now();
    this.peer.send({ seq, type: "request", command: "next", arguments: { threadId: 1 } });
    await this.peer.next((message) => message.seq === seq);
    this.taken.push(performance.now() - began);
  }

  end(): void {
    this.peer.end();
  }
}

// Milliseconds from spawning `node` to the first byte that it writes.
export async function bareStart(): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, ["-e", 'process.stdout.write("x")']);
  await once(child.stdout, "data");
  const taken = performance.now() - began;
  await once(child, "close");
  return taken;
}
