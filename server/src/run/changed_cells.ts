// Which cells of a column events have written: single ones, and neighbours that every event so far has written together.

export interface Written {
  readonly row: number;
  readonly count: number;
  // The first and the last event that wrote all of them.
  readonly first: number;
  readonly last: number;
}

export class WrittenCells {
  // Ascending by row; none overlaps another.
  private readonly parts: Written[] = [];

  get all(): readonly Written[] {
    return this.parts;
  }

  // Rows [row, row + count) are written by the event. Rows that were not written before come in only with `mayGrow`;
  // says whether some were left out.
  write(row: number, count: number, event: number, mayGrow: boolean): boolean {
    const end = row + count;
    let at = this.after(row);
    let more = false;
    for (let next = row; next < end; ) {
      const part = this.parts[at];
      if (part === undefined || part.row > next) {
        const gap = Math.min(end, part?.row ?? end) - next;
        if (mayGrow) this.parts.splice(at++, 0, { row: next, count: gap, first: event, last: event });
        else more = true;
        next += gap;
        continue;
      }
      const { first, last } = part;
      const partEnd = part.row + part.count;
      const stop = Math.min(end, partEnd);
      const split = [
        { row: part.row, count: next - part.row, first, last },
        { row: next, count: stop - next, first, last: event },
        { row: stop, count: partEnd - stop, first, last },
      ].filter((piece) => piece.count > 0);
      this.parts.splice(at, 1, ...split);
      at += next > part.row ? 2 : 1;
      next = stop;
    }
    return more;
  }

  // The first part that ends behind the row.
  private after(row: number): number {
    let low = 0;
    let high = this.parts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.parts[middle].row + this.parts[middle].count > row) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
