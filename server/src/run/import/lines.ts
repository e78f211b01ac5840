// How is a stream of text cut into lines, whatever the chunks are and however long a line is?

/** A longer line is cut here and its rest dropped: no line of strace or perf is near it, and memory stays bounded. */
const MAX_LINE = 1 << 20;

export class LineSplitter {
  /** Lines that were cut. */
  cut = 0;
  private parts: string[] = [];
  private length = 0;
  private dropping = false;

  /** The lines that a chunk completes, without their newlines. */
  push(chunk: string): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", start)) {
      this.keep(chunk.slice(start, end));
      lines.push(this.take());
      start = end + 1;
    }
    this.keep(chunk.slice(start));
    return lines;
  }

  /** The last line when no newline ends it. */
  end(): string[] {
    return this.length > 0 ? [this.take()] : [];
  }

  private keep(part: string): void {
    if (this.dropping || part === "") return;
    if (this.length + part.length > MAX_LINE) {
      this.cut++;
      this.dropping = true;
      this.parts.push(part.slice(0, MAX_LINE - this.length));
      this.length = MAX_LINE;
    } else {
      this.parts.push(part);
      this.length += part.length;
    }
  }

  private take(): string {
    const line = this.parts.length === 1 ? this.parts[0]! : this.parts.join("");
    this.parts = [];
    this.length = 0;
    this.dropping = false;
    return line;
  }
}
