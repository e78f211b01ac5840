// Asks Debian's archive by way of the machine's apt, as a plain user: the lists, the downloads and the settings lie in a folder
// of our own, and apt checks signatures and checksums with the machine's keys.

import { access, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../command.ts";
import { type AptSource, deb822Sources, debianArchive, oneLineSources, sourceFor } from "./apt_sources.ts";
import type { Package } from "./choose.ts";
import { type Env, lastWords, needTool, runTool } from "./tools.ts";

const UPDATE_SECONDS = 600;
const DOWNLOAD_SECONDS = 3600;
const WHAT = "to fetch kernels";

export interface Apt {
  update(): Promise<void>;
  // The versions of all packages whose names begin so.
  packages(prefixes: readonly string[]): Promise<Package[]>;
  // Downloads into `folder` what is not there yet, and gives the paths.
  download(packages: readonly Package[], onPercent: (percent: number) => void): Promise<string[]>;
}

export async function aptIn(folder: string, suites: readonly string[], env: Env): Promise<Apt> {
  const get = await needTool("apt-get", WHAT, env);
  const cache = await needTool("apt-cache", WHAT, env);
  const archive = debianArchive(await machineSources(env));
  if (archive === undefined) {
    throw new InputError(
      "this machine's apt sources name no archive of Debian's releases (a source of main for stable, bookworm or the like);\n" +
        "  add one in /etc/apt/sources.list.d, with its Signed-By",
    );
  }
  const config = await writeSettings(folder, sourceFor(archive, suites));
  const options = ["-c", config];
  const failed = (what: string, err: string) => {
    const said = err.split("\n").filter((line) => /^[EW]:/.test(line));
    return new InputError(`${what}; apt says:\n  ${lastWords(said.length > 0 ? said.join("\n") : err, 4)}`);
  };
  let complaints = "";

  const update = async () => {
    const { status, err } = await runTool(get, [...options, "-q", "update"], { env, seconds: UPDATE_SECONDS });
    if (status !== 0) throw failed("the archive's lists cannot be read: is there a network?", err);
    // A suite that cannot be reached is a warning, as long as there is another.
    complaints = err;
  };
  const packages = async (prefixes: readonly string[]) => {
    const names: string[] = [];
    for (const prefix of prefixes) {
      const { out } = await runTool(cache, [...options, "pkgnames", prefix], { env, seconds: 60 });
      names.push(
        ...out
          .toString("utf8")
          .split("\n")
          .filter((name) => /-cloud-amd64(-unsigned)?$/.test(name)),
      );
    }
    if (names.length === 0) {
      if (/^[EW]:.*(Failed to fetch|GPG error|not signed|no longer has a Release)/m.test(complaints)) {
        throw failed("the archive's lists cannot be read: is there a network?", complaints);
      }
      return [];
    }
    const { out } = await runTool(cache, [...options, "madison", ...names], { env, seconds: 60 });
    return madison(out.toString("utf8"));
  };
  const download = async (wanted: readonly Package[], onPercent: (percent: number) => void) => {
    const into = join(folder, "packages");
    await mkdir(into, { recursive: true });
    const names = wanted.map(({ name, version }) => `${name}=${version}`);
    const args = [...options, "-q", "-o", "APT::Status-Fd=1", "download", ...names];
    const onOut = (text: string) => {
      const percent = [...text.matchAll(/^dlstatus:\d+:([\d.]+):/gm)].at(-1)?.[1];
      if (percent !== undefined) onPercent(Number(percent));
    };
    const { status, err } = await runTool(get, args, { env, cwd: into, seconds: DOWNLOAD_SECONDS, onOut });
    if (status !== 0) throw failed(`${names.join(" and ")} cannot be downloaded`, err);
    const there = await readdir(into);
    return wanted.map(({ name, version }) => {
      const start = `${name}_${version.replaceAll(":", "%3a")}_`;
      const file = there.find((one) => one.startsWith(start) && one.endsWith(".deb"));
      if (file === undefined) throw new InputError(`apt-get downloaded ${name} and left no package in ${into}`);
      return join(into, file);
    });
  };
  return { update, packages, download };
}

// ` linux-image-… |  6.1.176-1 | http://… bookworm/main amd64 Packages`
export function madison(text: string): Package[] {
  return text.split("\n").flatMap((line) => {
    const [name, version, where] = line.split("|").map((part) => part.trim());
    return name && version && where?.endsWith("Packages") ? [{ name, version }] : [];
  });
}

// Where the sources lie is apt's to say.
async function machineSources(env: Env): Promise<AptSource[]> {
  const config = await needTool("apt-config", WHAT, env);
  const asked = ["shell", "LIST", "Dir::Etc::SourceList/f", "PARTS", "Dir::Etc::SourceParts/d"];
  const { out } = await runTool(config, asked, { env, seconds: 30 });
  const said = new Map([...out.toString("utf8").matchAll(/^(\w+)='(.*)'$/gm)].map((found) => [found[1], found[2]]));
  const list = said.get("LIST") ?? "/etc/apt/sources.list";
  const parts = said.get("PARTS") ?? "/etc/apt/sources.list.d/";
  const names = (await readdir(parts).catch(() => [])).sort();
  const texts = await Promise.all(
    [list, ...names.map((name) => join(parts, name))].map(async (path) => {
      const text = await readFile(path, "utf8").catch(() => "");
      if (path.endsWith(".sources")) return deb822Sources(text);
      return path === list || path.endsWith(".list") ? oneLineSources(text) : [];
    }),
  );
  return texts.flat();
}

// Gives the path of the settings: read last by apt, they win over the machine's.
async function writeSettings(folder: string, source: string): Promise<string> {
  if (/["\\\n;{}]/.test(folder)) throw new InputError(`apt cannot use a cache folder of this name: ${folder}`);
  for (const name of ["sources", "lists/partial", "cache/archives/partial", "state", "log"]) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await writeFile(join(folder, "sources", "debian.sources"), source);
  // Nothing counts as installed.
  await access(join(folder, "status")).catch(() => writeFile(join(folder, "status"), ""));
  const settings: Readonly<Record<string, string>> = {
    "Dir::State": join(folder, "state"),
    "Dir::State::lists": join(folder, "lists"),
    "Dir::State::status": join(folder, "status"),
    "Dir::Cache": join(folder, "cache"),
    "Dir::Cache::archives": join(folder, "cache", "archives"),
    "Dir::Cache::pkgcache": "",
    "Dir::Cache::srcpkgcache": "",
    "Dir::Log": join(folder, "log"),
    "Dir::Etc::SourceList": "/dev/null",
    "Dir::Etc::SourceParts": join(folder, "sources"),
    "Dir::Etc::Preferences": "/dev/null",
    "Dir::Etc::PreferencesParts": "/dev/null",
    "APT::Architecture": "amd64",
    // A folder in a home is closed to the user that root's apt would download as.
    ...(process.getuid?.() === 0 && { "APT::Sandbox::User": "root" }),
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
    "Acquire::http::Timeout": "30",
    "Acquire::https::Timeout": "30",
  };
  // What a machine does after its own updates is not wanted here.
  const cleared = [
    "APT::Architectures",
    "APT::Update::Pre-Invoke",
    "APT::Update::Post-Invoke",
    "APT::Update::Post-Invoke-Success",
  ];
  const lines = [
    ...cleared.map((name) => `#clear ${name};`),
    ...Object.entries(settings).map(([name, value]) => `${name} "${value}";`),
  ];
  const path = join(folder, "apt.conf");
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}
