// What a person can choose about the editor's answers. Absent or null is the default.

export interface Settings {
  // The model of traces that name none; undefined is the newest release.
  readonly model: string | undefined;
  readonly inlayHints: { readonly outcome: boolean; readonly counters: boolean };
  readonly codeLens: boolean;
  readonly checkInvariants: boolean;
  readonly limits: { readonly events: number; readonly bytes: number; readonly milliseconds: number };
}

export const DEFAULT_SETTINGS: Settings = {
  model: undefined,
  inlayHints: { outcome: true, counters: true },
  codeLens: true,
  checkInvariants: false,
  limits: { events: 20_000_000, bytes: 2 ** 31, milliseconds: 60_000 },
};
