// Which expression the mouse means while debugging. `$0` is the mouse, «…» what is evaluated.

import assert from "node:assert/strict";
import { test } from "node:test";
import { expressionAt } from "../../extension/src/expression.ts";

function check(marked: string): void {
  const line = marked.replace(/[«»]/g, "").replace("$0", "");
  const found = expressionAt(line, marked.replace(/[«»]/g, "").indexOf("$0"));
  const shown = found ? `${line.slice(0, found.start)}«${found.text}»${line.slice(found.end)}` : line;
  assert.equal(shown, marked.replace("$0", ""));
}

test("a name", () => check("write(«se$0cret», 1)"));
test("a name with its index", () => check("write(«p$0[3]», 1)"));
test("an index of its own", () => check("write(p[«i$0»], 1)"));
test("a field with what it is a field of", () => check("expect «page(p[1]).refc$0ount» == 2"));
test("a field of a field", () => check("expect «page(p).folio.pin$0count» == 0"));
test("the page, not its field", () => check("expect «pa$0ge(p)».refcount == 2"));
test("a field of a process", () => check("expect «child.rss$0_anon» == 2"));
test("a page of a pin", () => check("expect «pipe.page(0).ref$0count» == 2"));
test("an operation is no value", () => check("mun$0map(secret)"));
test("nor is a number", () => check("write(p, 4$02)"));
test("nor what stands in a string", () => check('write(p, "se$0cret")'));
test("nor in a comment", () => check("write(p) # se$0cret"));
test("a string before it does not hide a name", () => check('expect "a#b" == «p$0ipe»'));
test("brackets that do not close are left out", () => check("expect «pa$0ge»(p"));
