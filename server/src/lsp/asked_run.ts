// What a request {uri, model?} about an open trace's run asks for: the document, and its recording under the model.

import type { CancellationToken } from "vscode-languageserver";
import { MODELS } from "../mm/models.ts";
import type { ModelName } from "../mm/releases.ts";
import type { Recording } from "../run/recording.ts";
import type { Parts } from "./features.ts";
import { invalid, record, text } from "./params.ts";

export interface AskedRun {
  readonly uri: string;
  readonly model: string;
  readonly analysis: NonNullable<ReturnType<Parts["documents"]["find"]>>["analysis"];
  // Undefined for a trace that does not run, because of its errors.
  readonly recording: Recording | undefined;
}

// Without a model it is the first one of the trace.
export async function askedRun(
  { documents, runner }: Pick<Parts, "documents" | "runner">,
  params: unknown,
  token: CancellationToken,
): Promise<AskedRun> {
  const { uri: given, model: wanted } = record(params, "params");
  const uri = text(given, "uri");
  const document = documents.find(uri);
  if (!document) throw invalid(`${uri} is not open`);
  const { analysis } = document;
  const model = wanted === undefined || wanted === null ? analysis.models[0] : text(wanted, "model");
  if (!MODELS.has(model as ModelName)) throw invalid(`the model ${model} is not simulated`);
  await runner.ran(document, () => [model], token);
  return { uri, model, analysis, recording: analysis.recording(model) };
}
