// The numbers that rows get in the order in which they are met. Forgetting all takes no time.

export class Numbers {
  private numbers = new Int32Array(1024);
  private times = new Int32Array(1024);
  private time = 1;

  has(row: number): boolean {
    return this.times[row] === this.time;
  }

  // A row that is new goes to the end of those that were met.
  of(row: number, met: number[]): number {
    if (this.has(row)) return this.numbers[row];
    while (row >= this.times.length) this.grow();
    this.times[row] = this.time;
    this.numbers[row] = met.push(row) - 1;
    return this.numbers[row];
  }

  forget(): void {
    this.time++;
  }

  private grow(): void {
    const { numbers, times } = this;
    this.numbers = new Int32Array(2 * numbers.length);
    this.numbers.set(numbers);
    this.times = new Int32Array(2 * times.length);
    this.times.set(times);
  }
}
