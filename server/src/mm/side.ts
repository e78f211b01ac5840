// What rows own beside numbers. Each entry is written when its row is created and never changed, so a seek leaves it;
// an entry of a row that the world does not have (any more) is not looked at.

export class Side {
  // Task row → its name in the trace.
  readonly taskNames: string[] = [];
  // File row → what the person calls it, when it has a name.
  readonly fileNames: string[] = [];
  // Pin row → the frames that it holds, one for each page, in order.
  readonly pinPages: Float64Array[] = [];
  // Pin row → the address space that they were taken from; -1: they were not.
  readonly pinSpaces: number[] = [];
  // Pin row → the virtual page number where the pages were mapped when they were taken.
  readonly pinStarts: number[] = [];
  // Pin row → whether each page stood in a private mapping then; empty for pins that are not long-term.
  readonly pinPrivate: boolean[][] = [];
  // Pin row → the byte offset in the first page where the pinned range begins.
  readonly pinOffsets: number[] = [];
  // Pin row → how many bytes are pinned.
  readonly pinLengths: number[] = [];
  // File row → page offset → row of the cache table. A row counts only when it says so itself.
  readonly cacheIndex = new Map<number, Map<number, number>>();

  fork(): Side {
    const copy = new Side();
    copy.taskNames.push(...this.taskNames);
    copy.fileNames.push(...this.fileNames);
    copy.pinPages.push(...this.pinPages);
    copy.pinSpaces.push(...this.pinSpaces);
    copy.pinStarts.push(...this.pinStarts);
    copy.pinPrivate.push(...this.pinPrivate);
    copy.pinOffsets.push(...this.pinOffsets);
    copy.pinLengths.push(...this.pinLengths);
    for (const [file, index] of this.cacheIndex) copy.cacheIndex.set(file, new Map(index));
    return copy;
  }
}
