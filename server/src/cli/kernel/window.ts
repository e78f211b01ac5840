// How much may be on its way to a guest: a serial line has no way to say "wait", and what the guest's kernel has no room for is
// lost. An answered operation (`. N`) tells that everything up to it was read.

const MOST_BYTES = 8 << 10;

export interface Window {
  // A line to send, perhaps later.
  push(line: string): void;
  // A line that the guest answered.
  answered(line: string): void;
}

export function sendWindow(write: (text: string) => void): Window {
  const queue: string[] = [];
  const sent: { readonly operation: string | undefined; readonly bytes: number }[] = [];
  let bytes = 0;
  let operations = 0;

  const pump = () => {
    // Without an operation on its way nothing would ever be answered.
    while (queue.length > 0 && (operations === 0 || bytes + queue[0].length + 1 <= MOST_BYTES)) {
      const line = queue.shift() ?? "";
      const operation = /^op (\d+) /.exec(line)?.[1];
      sent.push({ operation, bytes: line.length + 1 });
      bytes += line.length + 1;
      if (operation !== undefined) operations += 1;
      write(`${line}\n`);
    }
  };
  return {
    push: (line) => {
      queue.push(line);
      pump();
    },
    answered: (line) => {
      const number = /^\. (\d+)$/.exec(line)?.[1];
      if (number === undefined || !sent.some(({ operation }) => operation === number)) return;
      for (;;) {
        const one = sent.shift();
        if (one === undefined) break;
        bytes -= one.bytes;
        if (one.operation !== undefined) operations -= 1;
        if (one.operation === number) break;
      }
      pump();
    },
  };
}
