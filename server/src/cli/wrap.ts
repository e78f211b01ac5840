// Text for people, broken into lines.

const WIDTH = 100;

// The text behind a mark, its later lines indented as far as the first one begins.
export function* wrapped(mark: string, text: string): Generator<string> {
  let line = mark;
  let empty = true;
  for (const word of text.split(" ")) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      yield line;
      line = " ".repeat(mark.length);
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  yield line;
}
