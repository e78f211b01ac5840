// Numbers as the language writes them: `42`, `0x2a`, `4K`. All are unsigned and of 64 bits.

const MAX_U64 = 2n ** 64n - 1n;

const SUFFIXES = "KMGT";

// The number's value, or why it is none.
export function parseNumber(text: string): bigint | string {
  const suffix = SUFFIXES.indexOf(text[text.length - 1]);
  const digits = suffix < 0 ? text : text.slice(0, -1);
  const decimal = /^[0-9]+$/.test(digits);
  if (!decimal && !/^0x[0-9A-Fa-f]+$/.test(digits)) return `\`${shown(text)}\` is no number`;
  // 2^64 has 20 decimal digits; longer ones are not worth converting, which takes quadratic time.
  const significant = digits.replace(decimal ? /^0+/ : /^0x0*/, "");
  if (significant.length > 20) return tooLarge(text);
  const value = BigInt(digits) << BigInt(suffix < 0 ? 0 : 10 * (suffix + 1));
  return value > MAX_U64 ? tooLarge(text) : value;
}

// A number in the words of whoever asks for bytes: 4096 is 4K, 5000 is 5000.
export function formatSize(bytes: bigint): string {
  if (bytes === 0n) return "0";
  let value = bytes;
  let suffix = -1;
  while (suffix < SUFFIXES.length - 1 && value % 1024n === 0n) {
    value /= 1024n;
    suffix++;
  }
  return `${value}${SUFFIXES[suffix] ?? ""}`;
}

function tooLarge(text: string): string {
  return `\`${shown(text)}\` does not fit into 64 bits`;
}

function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
