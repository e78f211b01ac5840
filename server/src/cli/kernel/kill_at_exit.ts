// No child outlives this program: it is killed when the program ends, by itself or by a signal.

import type { ChildProcess } from "node:child_process";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

// The function that it gives takes the child off the list again.
export function killAtExit(child: ChildProcess): () => void {
  const kill = () => {
    child.kill("SIGKILL");
  };
  // Having listened for a signal means having to die of it oneself.
  const onSignal = (signal: NodeJS.Signals) => {
    kill();
    forget();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const forget = () => {
    process.off("exit", kill);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  process.on("exit", kill);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return forget;
}
