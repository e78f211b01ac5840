// All sequences of a scene's operations under one model, up to a length: breadth first, so that the first that comes to a
// hazard is a shortest one, in the order of the catalogue, so that it is always the same.
//
// A state is kept as its fingerprint, its parent and the operation between: the kernel comes to it again by undoing events
// up to the last common ancestor and playing from there. Neighbours in the order have most of their past in common.

import type { Errno } from "../../mm/abi.ts";
import type { Model } from "../../mm/model.ts";
import { Fingerprint } from "./fingerprint.ts";
import { alone, copied, type HazardName, hazardsOf, isFreed } from "./hazard.ts";
import type { Scene } from "./scene.ts";
import { type Stage, stageOf } from "./stage.ts";
import { Visited } from "./visited.ts";

export interface Explored {
  // Distinct states, and operations that were played to find them.
  readonly states: number;
  readonly played: number;
  // The length that all sequences were searched to.
  readonly depth: number;
  // Whether there was nothing more to find beyond it.
  readonly exhausted: boolean;
  // The places of its operations in the scene's catalogue, of a shortest sequence for each hazard.
  readonly found: Readonly<Partial<Record<HazardName, readonly number[]>>>;
}

export interface Bounds {
  // Operations of a sequence.
  readonly depth: number;
  // States after which no further length is begun.
  readonly states?: number;
  // Looked at now and then; true ends the search as if the length before had been the bound.
  cancelled?(): boolean;
}

// States between two looks.
const LOOK = 0x3ff;

export function explore(model: Model, scene: Scene, bounds: Bounds): Explored {
  return new Search(stageOf(model, scene)).run(bounds);
}

class Search {
  private readonly stage: Stage;
  private readonly print: Fingerprint;
  private readonly visited = new Visited();
  private readonly found: Partial<Record<HazardName, readonly number[]>> = {};
  private played = 0;
  // Of the sequence that the kernel has played: its operations, and where in the journal each began.
  private readonly path: number[] = [];
  private readonly starts: number[] = [];

  constructor(stage: Stage) {
    this.stage = stage;
    this.print = new Fingerprint(stage);
  }

  run({ depth, states = Number.POSITIVE_INFINITY, cancelled }: Bounds): Explored {
    const { visited } = this;
    this.arrive(-1, 0);
    let first = 0;
    let length = 0;
    while (length < depth && visited.length > first && visited.length < states) {
      const end = visited.length;
      for (let state = first; state < end; state++) {
        if ((state & LOOK) === 0 && cancelled?.()) return this.result(length, false);
        this.expand(state);
      }
      first = end;
      length++;
    }
    const exhausted = visited.length === first;
    return this.result(exhausted ? depth : length, exhausted);
  }

  private result(depth: number, exhausted: boolean): Explored {
    return { states: this.visited.length, played: this.played, depth, exhausted, found: this.found };
  }

  // Plays each operation that may come next.
  private expand(state: number): void {
    const { stage } = this;
    const { k, scene } = stage;
    this.restore(state);
    if (scene.about === "counter" && isFreed(stage)) return;
    const here = k.position;
    const contents = k.contents.length;
    for (let act = 0; act < scene.acts.length; act++) {
      if (!scene.acts[act].may(stage)) continue;
      this.play(state, act);
      k.truncate(here);
      k.contents.forget(contents);
    }
  }

  private play(state: number, number: number): void {
    const { stage } = this;
    const act = stage.scene.acts[number];
    const wanted = act.writes !== undefined && this.found.copy === undefined && stage.scene.about === "references";
    const needless = wanted && alone(stage, act);
    const errno = this.do(number);
    // Rounds that end in between are no line of a trace.
    if (act.rounds !== undefined && errno !== undefined) return;
    if (needless && copied(stage)) this.note("copy", state, number);
    this.arrive(state, number);
  }

  private do(act: number): Errno | undefined {
    const { stage } = this;
    stage.k.outcome = 0;
    this.played++;
    return stage.scene.acts[act].perform(stage);
  }

  // Takes the state that the kernel is in down, if it is a new one.
  private arrive(parent: number, act: number): void {
    const { print, visited } = this;
    print.take();
    if (!visited.add(print.high, print.low, parent, act)) return;
    for (const hazard of hazardsOf(this.stage, print)) {
      if (this.found[hazard] === undefined && parent >= 0) this.note(hazard, parent, act);
    }
  }

  private note(hazard: HazardName, parent: number, act: number): void {
    this.found[hazard] = [...this.visited.path(parent), act];
  }

  // Brings the kernel to the state.
  private restore(state: number): void {
    const { path, starts, stage } = this;
    const wanted = this.visited.path(state);
    let common = 0;
    while (common < path.length && common < wanted.length && path[common] === wanted[common]) common++;
    if (common < path.length) {
      stage.k.truncate(starts[common]);
      path.length = common;
      starts.length = common;
    }
    for (const act of wanted.slice(common)) {
      path.push(act);
      starts.push(stage.k.position);
      this.do(act);
    }
  }
}
