// One line's tree to what it says: names to their numbers, operations and fields to their entries in the tables.

import { bindNode, staticKind } from "./bind_expression.ts";
import { bindOperation, bindTarget } from "./bind_operation.ts";
import { type Binding, BLANK, Findings, KIND_BITS, type LineFacts } from "./facts.ts";
import type { Names } from "./names.ts";
import type { Statement } from "./program.ts";
import { settingProblem } from "./settings.ts";
import type { LineTree } from "./tree.ts";
import { parseWhen } from "./when.ts";

// `line` is where the line stands now; `source` its text.
export function bindLine(tree: LineTree, line: number, source: string, names: Names): LineFacts {
  const { node } = tree;
  if (node.kind === "blank" && tree.problems.length === 0) return BLANK;
  const found = new Findings(tree.problems, node.end);
  let statement: Statement | undefined;
  let binds: Binding | undefined;
  const { start, end } = node;
  const more: Partial<LineFacts> = {};
  switch (node.kind) {
    case "version":
      if (node.version && node.version.text !== "1") {
        found.problem(
          node.version,
          "unknown-version",
          `version \`${node.version.text}\` is not known; this is version 1`,
        );
      }
      break;
    case "kernel":
      Object.assign(more, { models: node.models });
      break;
    case "reserved":
      if (node.word.text === "interleave") Object.assign(more, { interleaves: true });
      break;
    case "machine":
      Object.assign(more, { settings: node.settings });
      for (const setting of node.settings) {
        const problem = settingProblem(setting);
        if (problem) found.problem(problem, problem.code, problem.message, { fixes: problem.fixes });
      }
      break;
    case "process":
      binds = bindTarget(node.name, "process", names, found);
      if (binds) statement = { kind: "process", symbol: binds.symbol, line, start, end };
      break;
    case "repeat": {
      const count = bindNode(node.count, names, found, KIND_BITS.number);
      const kind = staticKind(count);
      if (kind !== undefined && kind !== "number" && !found.failed) {
        found.problem(node.count, "wrong-kind", "the count of a repeat is a number");
      }
      binds = bindTarget(node.name, "number", names, found);
      statement = { kind: "repeat", count, name: binds?.symbol, close: -1, line, start, end };
      break;
    }
    case "end":
      statement = { kind: "end", repeat: -1, line, start, end };
      break;
    case "expect": {
      const problems = [...found.problems];
      const when = node.when && parseWhen(node.when, problems);
      if (problems.length > found.problems.length) {
        found.problems = problems;
        found.failed ||= problems.some((problem) => problem.severity === "error");
      }
      found.when = when;
      const condition = bindNode(node.condition, names, found);
      const text = source.slice(node.condition.start, node.condition.end);
      statement = { kind: "expect", when, condition, text, line, start, end };
      break;
    }
    case "operation": {
      const bound = bindOperation(node, line, names, found);
      binds = bound.binds;
      statement = bound.operation;
      break;
    }
    default:
      break;
  }
  // A repeat with a wrong count, and every end, still brackets its lines.
  if (found.failed && node.kind !== "repeat" && node.kind !== "end") statement = undefined;
  return {
    kind: node.kind,
    statement,
    binds,
    uses: found.uses,
    problems: found.problems,
    needs: found.needs,
    span: { start, end },
    ...more,
  };
}
