// What page fault does a line of `perf script` tell of?
//
//     redis-server 18156/18156 1795250929.444576760: page-faults:     561925190368 _edata ffffffff817554ea elf_load
//     └──comm────┘ └pid──┘tid┘ └──────time─────────┘ └──event──┘      └──addr────┘ symbol  └──────ip──────┘
//
// A comm may hold anything, so the line is read from the event's name to both sides. `exceptions:page_fault_*` lines carry
// the error code, which tells a write from a read; page-faults lines do not, but a fetch and the kernel's own copies do tell.

export interface PageFault {
  readonly tid: number;
  readonly pid: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly address: number;
  /** Undefined when the line does not tell. */
  readonly write: boolean | undefined;
}

const EVENT = /(?:page-faults|major-faults|minor-faults|exceptions:page_fault_(?:user|kernel)):/g;
const HEAD = /(?:(\d{1,10})\/)?(\d{1,10})\s+(?:\[\d+\]\s+)?(\d{1,12})\.(\d{1,9}):\s+(\d+\s+)?$/;
const ERROR_WRITE = 2;

/** The fault of a line, or undefined when the line is none (a call chain, another event, an empty line). */
export function readFault(line: string): PageFault | undefined {
  if (line.length > 4096) return undefined;
  for (const event of line.matchAll(EVENT)) {
    const head = HEAD.exec(line.slice(Math.max(0, event.index - 80), event.index));
    if (head === null) continue;
    const found = event[0].startsWith("exceptions:")
      ? fromTracepoint(line.slice(event.index + event[0].length))
      : fromSample(line.slice(event.index + event[0].length), head[5] !== undefined);
    if (found === undefined) return undefined;
    const tid = Number(head[2]);
    return {
      tid,
      pid: head[1] === undefined ? tid : Number(head[1]),
      seconds: Number(head[3]),
      nanos: Number(head[4]!.padEnd(9, "0")),
      ...found,
    };
  }
  return undefined;
}

/** `address=0x5605dbd75048 ip=elf_load error_code=0x2`. */
function fromTracepoint(text: string): Pick<PageFault, "address" | "write"> | undefined {
  const found = /address=(0x[0-9a-f]{1,16}) .*error_code=(0x[0-9a-f]{1,8})/.exec(text);
  if (found === null) return undefined;
  return { address: Number(found[1]), write: (Number(found[2]) & ERROR_WRITE) !== 0 };
}

/**
 * `    7f8e55744110 dl_close_state.2 ffffffff817554ea elf_load`. With a call chain the ip stands on lines of its own; in perf's
 * default columns, which show the period, a single number is the ip and the address is lost.
 */
function fromSample(text: string, period: boolean): Pick<PageFault, "address" | "write"> | undefined {
  const first = /^\s+([0-9a-f]{1,16})\s/.exec(`${text} `);
  if (first === null) return undefined;
  const rest = text.slice(first[0].length - 1);
  let ip: string | undefined;
  let symbol = "";
  for (const found of rest.matchAll(/(?:^|\s)([0-9a-f]{7,16}) (\S+)/g)) {
    ip = found[1];
    symbol = found[2]!;
  }
  if (ip === undefined && period) return undefined;
  const address = Number(`0x${first[1]}`);
  return { address, write: ip === undefined ? undefined : told(first[1]!, ip, symbol) };
}

/** A fetch is no write; the kernel's copies and stores to user memory say by their names which way they go. */
function told(address: string, ip: string, symbol: string): boolean | undefined {
  if (address === ip) return false;
  if (!/^ffff/.test(ip)) return undefined;
  if (/^(_copy_to_user|copy_to_user|__put_user|__clear_user|clear_user|elf_load|rep_stos)/.test(symbol)) return true;
  if (
    /^(_copy_from_user|copy_from_user|__get_user|strncpy_from_user|strnlen_user|copyin|raw_copy_from_user)/.test(symbol)
  )
    return false;
  return undefined;
}
