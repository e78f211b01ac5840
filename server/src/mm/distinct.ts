// Rows that something happened to: each once, in the order in which it first did. A set of small numbers that is filled
// and emptied again and again, without making anything.

export class Distinct {
  readonly rows: number[] = [];
  private marks = new Uint8Array(64);

  add(row: number): void {
    if (row >= this.marks.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(row + 1)));
      larger.set(this.marks);
      this.marks = larger;
    } else if (this.marks[row] !== 0) return;
    this.marks[row] = 1;
    this.rows.push(row);
  }

  clear(): void {
    const { rows, marks } = this;
    if (rows.length === 0) return;
    for (let i = 0; i < rows.length; i++) marks[rows[i]] = 0;
    rows.length = 0;
  }
}
