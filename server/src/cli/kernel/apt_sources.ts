// Reads the sources that the machine's apt uses, in both of their formats (sources.list(5)), and finds among them the archive
// that carries Debian itself.

export interface AptSource {
  readonly types: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  // What else is said of it, by the names of the deb822 format: `Signed-By`, `Check-Valid-Until`.
  readonly options: readonly (readonly [name: string, value: string])[];
}

// `deb [signed-by=/k.gpg arch=amd64] http://… bookworm main`: one source a line.
export function oneLineSources(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const found = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)$/.exec(line.replace(/#.*$/, ""));
    if (!found) return [];
    const [, type, options = "", uri, suite, components] = found;
    const said = words(options).map((word) => {
      const at = word.indexOf("=");
      return [properName(word.slice(0, at).replace(/[+-]$/, "")), word.slice(at + 1).replaceAll(",", " ")] as const;
    });
    return [{ types: [type], uris: [uri], suites: [suite], components: words(components), options: said }];
  });
}

// Paragraphs of `Field: value`, whose values go on in lines that begin with a blank.
export function deb822Sources(text: string): AptSource[] {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  const paragraphs = lines.join("\n").split(/\n[ \t]*\n/);
  return paragraphs.flatMap((paragraph) => {
    const fields = new Map<string, string>();
    let last = "";
    for (const line of paragraph.split("\n")) {
      const found = /^([!-9;-~]+):\s*(.*)$/.exec(line);
      if (found) {
        last = properName(found[1]);
        fields.set(last, found[2]);
      } else if (/^\s/.test(line) && last !== "") fields.set(last, `${fields.get(last)}\n${line}`);
    }
    if (!fields.has("URIs") || /^(no|false|off|0|without|disable)$/i.test(fields.get("Enabled")?.trim() ?? ""))
      return [];
    const list = (name: string) => words(fields.get(name) ?? "");
    const options = [...fields].filter(([name]) => !OWN_FIELDS.includes(name));
    return [
      { types: list("Types"), uris: list("URIs"), suites: list("Suites"), components: list("Components"), options },
    ];
  });
}

const OWN_FIELDS = ["Types", "URIs", "Suites", "Components", "Enabled"];

// Names of fields and options are the same in any case; `arch` and `lang` are short forms.
function properName(name: string): string {
  const lower = name.toLowerCase();
  if (lower === "uris") return "URIs";
  if (lower === "arch") return "Architectures";
  if (lower === "lang") return "Languages";
  if (lower === "target") return "Targets";
  return lower.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

// Debian's releases by name and by place; -updates, -security and the like are archives of their own or parts of these.
const DEBIAN = /^(buster|bullseye|bookworm|trixie|forky|duke|sid|stable|testing|unstable|(old){1,3}stable)$/;

// The source that carries Debian's releases: the others of them lie at the same address.
export function debianArchive(sources: readonly AptSource[]): AptSource | undefined {
  return sources.find(
    ({ types, uris, suites, components }) =>
      types.includes("deb") &&
      components.includes("main") &&
      suites.some((suite) => DEBIAN.test(suite)) &&
      uris.some((uri) => !uri.startsWith("cdrom:")),
  );
}

// Fields that say what to take from the source; how to reach and to trust it stays as it is.
const REPLACED = ["Architectures", "Languages", "Targets"];

// A source for apt (deb822 format) that reads `suites` from the same archive.
export function sourceFor(archive: AptSource, suites: readonly string[]): string {
  const kept = archive.options.filter(([name]) => !REPLACED.includes(name));
  return [
    "Types: deb",
    `URIs: ${archive.uris.filter((uri) => !uri.startsWith("cdrom:")).join(" ")}`,
    `Suites: ${suites.join(" ")}`,
    "Components: main",
    "Architectures: amd64",
    "Languages: none",
    "Targets: Packages",
    ...kept.map(([name, value]) => `${name}: ${value}`),
    "",
  ].join("\n");
}
