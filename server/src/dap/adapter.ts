// A debug adapter: messages of the protocol in, messages out. How they travel is for stdio.ts, port.ts and worker.ts.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { breakpointRequests } from "./breakpoint_requests.ts";
import { Connection } from "./connection.ts";
import { controls } from "./controls.ts";
import { inspection } from "./inspect.ts";
import type { Host } from "./launch.ts";
import { lifecycle } from "./lifecycle.ts";
import { Session, type SessionOptions } from "./session.ts";

export interface Adapter {
  receive(message: unknown): void;
  // The client is gone: whatever runs ends at its next look.
  abandon(): void;
}

export function adapter(
  send: (message: P.ProtocolMessage) => void,
  log: (line: string) => void,
  host: Host,
  options: SessionOptions,
): Adapter {
  const connection = new Connection(send, log);
  const session = new Session(connection, host, options);
  connection.arrived = (command) => {
    if (command === "disconnect" || command === "terminate") session.cancelled = true;
  };
  // A move that failed leaves the debugger where it is; without a stop the client would wait for ever.
  connection.stranded = () => {
    if (session.phase !== "stopped") return;
    const threadId = session.timeline.task + 1;
    connection.event("stopped", { reason: "pause", threadId, allThreadsStopped: true });
  };
  connection.serve({
    ...lifecycle(session),
    ...breakpointRequests(session),
    ...controls(session),
    ...inspection(session),
  });
  return {
    receive: (message) => connection.receive(message),
    abandon: () => {
      session.cancelled = true;
    },
  };
}
