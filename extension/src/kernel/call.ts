// One call of `mmtrace kernel …` behind a progress notification: what it printed, unless the person cancelled it.

import { type CancellationToken, type Progress, ProgressLocation, window } from "vscode";
import type { CommandLine } from "../host.ts";

export interface Said {
  readonly status: number;
  readonly out: string;
  // Lines of standard error that are no progress.
  readonly complaints: readonly string[];
}

// More than that is no answer to a question about one trace.
const MOST_OUTPUT = 64 << 20;

export interface Question {
  readonly commandLine: CommandLine;
  readonly args: readonly string[];
  readonly input?: string;
}

// Undefined when it was cancelled: the process is gone then, and a guest with it.
export async function ask(title: string, question: Question): Promise<Said | undefined> {
  return window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    (progress, cancelled) => called(question, progress, cancelled),
  );
}

// Without a notification, for what is answered at once.
export async function askQuietly(question: Question): Promise<Said> {
  return (await called(question)) ?? { status: 130, out: "", complaints: [] };
}

async function called(
  { commandLine, args, input }: Question,
  progress?: Progress<{ message?: string }>,
  cancelled?: CancellationToken,
): Promise<Said | undefined> {
  if (cancelled?.isCancellationRequested) return undefined;
  const out: string[] = [];
  let size = 0;
  let rest = "";
  const complaints: string[] = [];
  const running = commandLine(args, {
    input,
    terminal: false,
    out: (text) => {
      size += text.length;
      if (size > MOST_OUTPUT) running.stop();
      else out.push(text);
    },
    err: (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const message = PROGRESS.exec(line)?.[1];
        if (message === undefined) complaints.push(line);
        else progress?.report({ message });
      }
    },
  });
  const listening = cancelled?.onCancellationRequested(() => running.stop());
  const status = await running.status;
  listening?.dispose();
  if (cancelled?.isCancellationRequested) return undefined;
  if (rest !== "") complaints.push(rest);
  if (size > MOST_OUTPUT) complaints.push("error: the answer is too long to be shown beside a trace");
  return { status, out: out.join(""), complaints };
}

// How the command line marks lines of --progress.
const PROGRESS = /^progress: (.*)$/;
