// One at a time: who holds the name works, the others wait. The name is a socket in Linux's abstract namespace (unix(7)): it
// goes away with its holder, however that ends, so that nothing is ever left locked.

import { createHash } from "node:crypto";
import { createServer } from "node:net";

const AGAIN_MS = 200;

export async function alone<T>(what: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const name = `\0mmtrace-${process.getuid?.()}-${createHash("sha256").update(what).digest("hex").slice(0, 32)}`;
  let free = await hold(name);
  if (free === undefined) onWait();
  while (free === undefined) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    free = await hold(name);
  }
  try {
    return await work();
  } finally {
    await free();
  }
}

// Undefined when another has it.
function hold(name: string): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => resolve(() => new Promise((done) => server.close(() => done()))));
  });
}
