// What the keywords of the language mean: the one part of it that is in no table of lang/.

interface KeywordDoc {
  readonly form: string;
  readonly doc: string;
}

// For hovers and completion.
export const KEYWORD_DOCS: Readonly<Record<string, KeywordDoc>> = {
  mmtrace: { form: "mmtrace 1", doc: "The version of the language, in the first line." },
  kernel: {
    form: "kernel 5.10 6.1 6.18",
    doc: "The models that the trace runs under. The first is the one that a debug session uses unless told otherwise. At most one such line, before the first operation.",
  },
  machine: {
    form: "machine memory=1G layout=kernel",
    doc: "Settings of the simulated machine, before the first operation.",
  },
  process: { form: "process other", doc: "One more process with an empty address space. `main` always exists." },
  repeat: {
    form: "repeat 8 as i\n  write(p[i], 1)\nend",
    doc: 'The lines up to `end`, so many times; the name counts from 0. With `model.name == "refpage-v2"` for a count its lines are for that model alone, and others need not have what they call.',
  },
  as: { form: "repeat 8 as i", doc: "Names the counter of a `repeat`; it counts from 0." },
  end: { form: "end", doc: "Ends a `repeat`." },
  expect: {
    form: "expect @>=5.19 page(p).exclusive == 1",
    doc: "A check. When it does not hold, the run reports it with both sides' values, and goes on. Behind `@` stands under which models it counts.",
  },
  none: {
    form: "expect page(p) == none",
    doc: "No page, no mapping, no such field, the result of a failed call. `== none` and `!= none` ask for it; every other comparison with it is false.",
  },
  true: { form: "true", doc: "1" },
  false: { form: "false", doc: "0" },
  last: {
    form: "expect last.cow",
    doc: "What the last operation came to: a field for each outcome word, and `errno`.",
  },
  model: { form: 'expect model.name == "6.18"', doc: "The kernel model that the trace runs under." },
};
