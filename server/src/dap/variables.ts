// Entries as the protocol's variables, and back from a name to its entry.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { type Children, type Entry, LONGEST_PAGE } from "./entry.ts";
import type { Session } from "./session.ts";

export function variableOf(session: Session, entry: Entry): P.Variable {
  const { name, value, type, hint, evaluateName, memoryReference, children } = entry;
  return {
    name,
    value,
    ...(type === undefined ? {} : { type }),
    ...(hint === undefined ? {} : { presentationHint: hint }),
    ...(evaluateName === undefined ? {} : { evaluateName }),
    ...(memoryReference === undefined ? {} : { memoryReference }),
    ...containerOf(session, children ?? lazyValue(entry)),
  };
}

// A lazy variable is asked for its children, and its only child is the value.
function lazyValue({ name, type, evaluateName, lazy }: Entry): Children | undefined {
  return lazy && { kind: "named", list: () => [{ name, type, evaluateName, value: lazy() }] };
}

// The reference under which children can be asked for; 0 when there are none.
export function containerOf(session: Session, children: Children | undefined) {
  if (!children) return { variablesReference: 0 };
  const variablesReference = session.containers.add(children);
  return children.kind === "indexed"
    ? { variablesReference, indexedVariables: children.count }
    : { variablesReference };
}

// The child of that name, whichever page it stands on.
export function childNamed(children: Children, name: string): Entry | undefined {
  if (children.kind === "named") return children.list().find((entry) => entry.name === name);
  for (let start = 0; start < children.count; start += LONGEST_PAGE) {
    const found = children.page(start, LONGEST_PAGE).find((entry) => entry.name === name);
    if (found) return found;
  }
  return undefined;
}
