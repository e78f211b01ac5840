// Is a message what the protocol's JSON schema says? Stricter than the schema in one point: a body or an object of the
// protocol has no property that the schema does not know, so that a misspelt one is found.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv, type ValidateFunction } from "ajv";

type Schema = { [key: string]: unknown };

const path = fileURLToPath(new URL("../../data/debugAdapterProtocol.json", import.meta.url));
const protocol = JSON.parse(readFileSync(path, "utf8")) as { definitions: Record<string, Schema> };

// Arguments and configurations may carry more than the protocol says; so may these.
const OPEN = /Arguments$|Request$|^(ProtocolMessage|Request|Event|Response|ErrorResponse)$/;

function closed(name: string, schema: Schema): Schema {
  if (OPEN.test(name)) return schema;
  const copy = structuredClone(schema);
  if (Array.isArray(copy.allOf)) {
    for (const part of copy.allOf as Schema[]) closeBody(part);
    return copy;
  }
  if (copy.type === "object" && copy.properties) copy.additionalProperties ??= false;
  return copy;
}

function closeBody(part: Schema): void {
  const body = (part.properties as Record<string, Schema> | undefined)?.body;
  if (body?.type === "object" && body.properties) body.additionalProperties ??= false;
}

const definitions = Object.fromEntries(
  Object.entries(protocol.definitions).map(([name, schema]) => [name, closed(name, schema)]),
);
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema({ $id: "dap", definitions });

const validators = new Map<string, ValidateFunction>();

function validator(definition: string): ValidateFunction {
  let known = validators.get(definition);
  if (!known) {
    known = ajv.compile({ $ref: `dap#/definitions/${definition}` });
    validators.set(definition, known);
  }
  return known;
}

// The definition of each command's request and response, and of each event, by the name that it has in messages.
const byName = new Map<string, string>();
for (const [name, schema] of Object.entries(protocol.definitions)) {
  const own = (schema.allOf as Schema[] | undefined)?.[1]?.properties as
    | Record<string, { enum?: string[] }>
    | undefined;
  for (const command of own?.command?.enum ?? []) {
    byName.set(`request ${command}`, name);
    if (`${name.slice(0, -"Request".length)}Response` in protocol.definitions) {
      byName.set(`response ${command}`, `${name.slice(0, -"Request".length)}Response`);
    }
  }
  for (const event of own?.event?.enum ?? []) byName.set(`event ${event}`, name);
}

// The requests that the protocol knows; ours beside them are checked as plain requests and responses.
export const KNOWN_COMMANDS: readonly string[] = [...byName.keys()]
  .filter((key) => key.startsWith("request "))
  .map((key) => key.slice("request ".length));

export interface Message {
  readonly seq: number;
  readonly type: string;
  readonly command?: string;
  readonly event?: string;
  readonly success?: boolean;
}

// Throws with every violation.
export function validate(message: Message): void {
  const what = message.type === "event" ? message.event : message.command;
  const failed = message.type === "response" && message.success === false;
  const fallback = { request: "Request", response: "Response", event: "Event" }[message.type] ?? "ProtocolMessage";
  const definition = failed ? "ErrorResponse" : (byName.get(`${message.type} ${what}`) ?? fallback);
  const check = validator(definition);
  if (check(message)) return;
  const errors = check.errors?.map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
  throw new Error(`${definition}: ${errors?.join("; ")}\n${JSON.stringify(message)}`);
}
