// What this machine has for running traces on real kernels, as `mmtrace kernel list --json` tells, and what to install.

export interface OnThisMachine {
  readonly kernels: readonly {
    readonly release: string;
    // As `uname -r` says it; null for one that is not fetched.
    readonly kernel: string | null;
    // What fetching it downloads, roughly.
    readonly megabytes: number;
  }[];
  readonly programs: Readonly<Record<string, string | null>>;
  // In words what to install before a kernel boots; null when nothing is missing.
  readonly missing: string | null;
  // The machine's own kernel, and why it cannot be used.
  readonly host: { readonly kernel: string; readonly cannot: string | null };
}

// The command line is of the same package, so that its answer is taken at its word.
export function readMachine(json: string): OnThisMachine | undefined {
  try {
    return JSON.parse(json) as OnThisMachine;
  } catch {
    return undefined;
  }
}

// What is missing to run on these kernels, in words.
export function lacking({ missing, programs }: OnThisMachine, targets: readonly string[]): string | undefined {
  if (missing === null) return undefined;
  const boots = targets.some((target) => target !== "host");
  return boots || programs.cc === null ? missing : undefined;
}

// The command that installs what a message asks for: `… (on Debian: apt-get install gcc libc6-dev)`.
export function installCommand(message: string): string | undefined {
  const found = /\(on Debian: (apt-get install [a-z0-9.+-]+(?: [a-z0-9.+-]+)*)\)/.exec(message)?.[1];
  return found && `sudo ${found}`;
}

// Of those kernels the ones that are to be fetched first, with what that downloads.
export function unfetched(
  { kernels }: OnThisMachine,
  targets: readonly string[],
): { readonly releases: readonly string[]; readonly megabytes: number } {
  const missing = kernels.filter(({ release, kernel }) => kernel === null && targets.includes(release));
  return {
    releases: missing.map(({ release }) => release),
    megabytes: missing.reduce((sum, { megabytes }) => sum + megabytes, 0),
  };
}
