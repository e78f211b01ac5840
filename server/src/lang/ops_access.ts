// Accesses from user space: what a process's own loads and stores do.

import { user_read, user_write } from "../mm/syscalls.ts";
import { type Arguments, addr, operation, optional, SIZE } from "./op.ts";
import type { OpResult, OpSpec } from "./ops.ts";

const group = "Access";

export const ACCESS_OPS: readonly OpSpec[] = [
  operation({
    name: "read",
    group,
    params: [addr, optional("length", SIZE, "1", "Bytes: one access for each page touched.")],
    access: true,
    doc: "Loads bytes. A page that is not mapped faults in: private memory that was never written gets the zero page (`zero`), a file's page comes from the page cache together with cached neighbours (`file`, `shmem`; fault-around). A read never breaks copy-on-write.\n\n`do_user_addr_fault()`, arch/x86/mm/fault.c; `handle_mm_fault()`, mm/memory.c; mm-semantics §2.1 to §2.3.",
    example: "read(p) -> zero",
    perform: (a) => {
      user_read(a.k, a.task, a.number(0), a.number(1));
      return {};
    },
  }),
  operation({
    name: "write",
    group,
    params: [
      addr,
      optional(
        "value",
        { kind: "value" },
        "0",
        "A byte, repeated over `length`; or a string, whose bytes are written without a zero byte behind them.",
      ),
      {
        name: "length",
        of: SIZE,
        required: false,
        forNumbers: true,
        doc: "Bytes, for a value that is a number; 1 when it is left out.",
      },
    ],
    access: true,
    doc: "Stores bytes, one access for each page touched. The first write to private memory gets a fresh page (`anon`) or a copy (`cow`); a page that fork shared is copied, or made writable in place when nobody else needs it (`reuse`). Which of the two is where kernels differ.\n\n`do_wp_page()`, `do_anonymous_page()`, `do_cow_fault()`, mm/memory.c; mm-semantics §2.2 to §2.5, §7.0.",
    example: 'write(p, "hunter2") -> anon',
    perform: write,
  }),
];

function write(a: Arguments): OpResult {
  const bytes = a.bytes(1);
  if (bytes !== undefined) {
    if (a.has(2)) {
      return { fault: { param: 2, code: "bad-value", message: "a string brings its own length" } };
    }
    user_write(a.k, a.task, a.number(0), bytes);
    return {};
  }
  const byte = a.number(1);
  if (byte > 255n) return { fault: { param: 1, code: "bad-value", message: `a byte is at most 255, not ${byte}` } };
  user_write(a.k, a.task, a.number(0), { byte: Number(byte), length: a.has(2) ? a.number(2) : 1n });
  return {};
}
