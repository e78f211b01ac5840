// The small test runner inside the extension host: it runs in Node and in a web worker, so it uses neither's library.

export interface Story {
  readonly name: string;
  readonly act: () => Promise<void>;
  // Milliseconds that it may take, where that is more than usual.
  readonly limit?: number;
}

export interface Verdict {
  readonly name: string;
  readonly milliseconds: number;
  // What went wrong; undefined when the story held.
  readonly error?: string;
  // Why it could not be told on this machine.
  readonly skipped?: string;
}

// Thrown by a story that needs what this machine does not have.
export class Skipped extends Error {
  override readonly name = "Skipped";
}

// The mark by which the runner outside finds a verdict in the log of the extension host.
export const MARK = "mmtrace-verdict ";

export async function tell(stories: readonly Story[]): Promise<number> {
  let failed = 0;
  for (const { name, act, limit } of stories) {
    const begun = Date.now();
    const told = await outcomeOf(within(limit ?? 150_000, act()));
    if (told.error !== undefined) failed++;
    const verdict: Verdict = { name, milliseconds: Date.now() - begun, ...told };
    console.log(MARK + JSON.stringify(verdict));
  }
  return failed;
}

export function outcomeOf(work: Promise<void>): Promise<Pick<Verdict, "error" | "skipped">> {
  return work.then(
    () => ({}),
    (reason: unknown) => {
      if (reason instanceof Skipped) return { skipped: reason.message };
      return { error: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason) };
    },
  );
}

export function equal<T>(actual: T, expected: T, what = "value"): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`${what} is ${got}, not ${wanted}`);
}

export function holds(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

export function includes(text: string, part: string | RegExp, what = "text"): void {
  const found = typeof part === "string" ? text.includes(part) : part.test(text);
  if (!found) throw new Error(`${what} does not have ${String(part)}:\n${text}`);
}

// Asks again until the answer is there: an editor answers when it is ready, not when it is asked.
export async function eventually<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  what: string,
  limit = 60_000,
): Promise<T> {
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
