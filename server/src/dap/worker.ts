// The debug adapter in a web worker: each message of the worker is one message of the protocol, without framing. Files
// are not read here: the extension gives the text in the launch's arguments.

import { adapter } from "./adapter.ts";

export function serveDap(scope: DedicatedWorkerGlobalScope): void {
  const session = adapter(
    (message) => scope.postMessage(message),
    (line) => console.warn(`mmtrace dap: ${line}`),
    {
      readFile: () => Promise.reject(new Error("the browser reads no files: the launch has to carry the text")),
      now: () => performance.now(),
      pause: () => new Promise((resolve) => setTimeout(resolve, 0)),
    },
    { close: () => scope.close() },
  );
  scope.onmessage = ({ data }) => session.receive(data);
}
