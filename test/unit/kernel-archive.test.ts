// What is read from apt: its sources, its versions, and the choice of a build.

import assert from "node:assert/strict";
import { test } from "node:test";
import { madison } from "../../server/src/cli/kernel/apt.ts";
import { deb822Sources, debianArchive, oneLineSources, sourceFor } from "../../server/src/cli/kernel/apt_sources.ts";
import { kernelOf, newestBuild } from "../../server/src/cli/kernel/choose.ts";
import { compareVersions } from "../../server/src/cli/kernel/deb_version.ts";

const ONE_LINE = `# deb http://old.example/debian stretch main
deb-src http://mirror.example/debian bookworm main
deb cdrom:[Debian 12]/ bookworm main
deb https://other.example/apt cloud-sdk main # another vendor
deb [ signed-by=/k.gpg arch=amd64,arm64 check-valid-until=no ] http://mirror.example/debian bookworm main contrib
deb http://mirror.example/debian bookworm-updates main
`;

const DEB822 = `# Modernized from /etc/apt/sources.list
Types: deb
URIs: https://other.example/node
Suites: nodistro
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

types: deb deb-src
# Debian itself
uris: http://mirror.example/debian
Suites: trixie
  trixie-updates
Components: main non-free-firmware
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY865UxYJKwYBBAHaRw8BAQdAd7Z0srwuhlB6JKFkcf4HU4SSS/xcRfwEQWzr
 -----END PGP PUBLIC KEY BLOCK-----
`;

test("the archive is the one-line source that carries Debian's releases, not a medium, an update or another vendor", () => {
  const archive = debianArchive(oneLineSources(ONE_LINE));
  assert.deepEqual(archive?.uris, ["http://mirror.example/debian"]);
  assert.deepEqual(archive?.suites, ["bookworm"]);
});

test("a one-line source's options are kept by their long names", () => {
  assert.deepEqual(debianArchive(oneLineSources(ONE_LINE))?.options, [
    ["Signed-By", "/k.gpg"],
    ["Architectures", "amd64 arm64"],
    ["Check-Valid-Until", "no"],
  ]);
});

test("the archive is the enabled deb822 source that carries Debian's releases", () => {
  const archive = debianArchive(deb822Sources(DEB822));
  assert.deepEqual(archive?.uris, ["http://mirror.example/debian"]);
  assert.deepEqual(archive?.suites, ["trixie", "trixie-updates"]);
  assert.deepEqual(archive?.components, ["main", "non-free-firmware"]);
});

test("a source for other suites has the archive's address and key, and reads amd64's packages alone", () => {
  const [archive] = deb822Sources(DEB822.slice(DEB822.indexOf("types:")));
  assert.equal(
    sourceFor(archive, ["sid", "trixie-backports"]),
    `Types: deb
URIs: http://mirror.example/debian
Suites: sid trixie-backports
Components: main
Architectures: amd64
Languages: none
Targets: Packages
Signed-By: 
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY865UxYJKwYBBAHaRw8BAQdAd7Z0srwuhlB6JKFkcf4HU4SSS/xcRfwEQWzr
 -----END PGP PUBLIC KEY BLOCK-----
`,
  );
});

test("a source written for apt reads back as it was", () => {
  const [archive] = oneLineSources("deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main");
  assert.deepEqual(deb822Sources(sourceFor(archive, ["sid"])), [
    {
      types: ["deb"],
      uris: ["http://mirror.example/debian"],
      suites: ["sid"],
      components: ["main"],
      options: [
        ["Architectures", "amd64"],
        ["Languages", "none"],
        ["Targets", "Packages"],
        ["Signed-By", "/k.gpg"],
      ],
    },
  ]);
});

test("without a source of Debian there is no archive", () => {
  assert.equal(debianArchive(oneLineSources("deb http://archive.example/ubuntu jammy main universe")), undefined);
});

// Older, newer: the examples of deb-version(7), and versions that the archive had.
const ORDERED = [
  ["1.0~~", "1.0~~a"],
  ["1.0~~a", "1.0~"],
  ["1.0~rc1", "1.0"],
  ["1.0", "1.0a"],
  ["1.0a", "1.0+b"],
  ["9.9", "10.0"],
  ["1.0-9", "1.0-10"],
  ["2.0", "1:1.0"],
  ["5.10.223-1", "5.10.226-1"],
  ["6.1.99-1", "6.1.176-1"],
  ["6.12.107-1~bpo12+1", "6.12.107-1"],
  ["7.2.9-1", "7.2.13-1"],
];

test("versions are ordered as dpkg orders them", () => {
  for (const [older, newer] of ORDERED) {
    assert.ok(compareVersions(older, newer) < 0, `${older} < ${newer}`);
    assert.ok(compareVersions(newer, older) > 0, `${newer} > ${older}`);
    assert.equal(compareVersions(older, older), 0);
  }
});

test("a cloud kernel is of the series of its name, whatever the name's shape", () => {
  assert.equal(kernelOf("linux-image-6.1.0-50-cloud-amd64-unsigned", "6.1"), "6.1.0-50-cloud-amd64");
  assert.equal(kernelOf("linux-binary-unsigned-7.2.13+deb14-cloud-amd64", "7.2"), "7.2.13+deb14-cloud-amd64");
  for (const other of [
    "linux-image-6.12.107+deb13-cloud-amd64",
    "linux-image-6.1.0-50-cloud-amd64-dbg",
    "linux-image-6.1.0-50-amd64",
    "linux-image-cloud-amd64",
    "linux-modules-6.1.0-50-cloud-amd64",
  ]) {
    assert.equal(kernelOf(other, "6.1"), undefined, other);
  }
});

const packages = (...texts: string[]) =>
  texts.map((text) => {
    const [name, version] = text.split(" ");
    return { name, version };
  });

test("the newest build of a series is chosen by its package's version, not by its name", () => {
  const available = packages(
    "linux-image-6.12.9+deb13-cloud-amd64 6.12.9-1",
    "linux-image-6.12.107+deb13-cloud-amd64-unsigned 6.12.107-1",
    "linux-image-6.12.107+deb13-cloud-amd64 6.12.107-1",
    "linux-image-6.18.15+deb13-cloud-amd64 6.18.15-1",
    "linux-image-6.12.94+deb13-cloud-amd64 6.12.94-1",
  );
  assert.deepEqual(newestBuild(available, "6.12"), {
    kernel: "6.12.107+deb13-cloud-amd64",
    packages: [{ name: "linux-image-6.12.107+deb13-cloud-amd64", version: "6.12.107-1" }],
  });
});

test("a build that only an unsigned package carries is taken from it", () => {
  const available = packages("linux-image-5.10.0-32-cloud-amd64-unsigned 5.10.223-1");
  assert.deepEqual(newestBuild(available, "5.10")?.packages, available);
});

test("where kernel and modules are packages apart both are taken, and the image is left", () => {
  const available = packages(
    "linux-image-7.2.13+deb14-cloud-amd64 7.2.13-1",
    "linux-binary-7.2.13+deb14-cloud-amd64 7.2.13-1",
    "linux-binary-unsigned-7.2.13+deb14-cloud-amd64 7.2.13-1",
    "linux-modules-7.2.13+deb14-cloud-amd64 7.2.13-1",
    "linux-modules-7.2.9+deb13-cloud-amd64 7.2.9-1",
  );
  assert.deepEqual(
    newestBuild(available, "7.2")?.packages.map(({ name }) => name),
    ["linux-binary-7.2.13+deb14-cloud-amd64", "linux-modules-7.2.13+deb14-cloud-amd64"],
  );
});

test("a series that the archive dropped has no build", () => {
  assert.equal(newestBuild(packages("linux-image-6.19.6+deb13-cloud-amd64 6.19.6-1"), "6.18"), undefined);
});

test("apt-cache's table gives packages, and its sources are left out", () => {
  const text = ` linux-image-a |  6.1.176-1 | http://x bookworm/main amd64 Packages\nlinux-signed | 6.1 | http://x bookworm/main Sources\n`;
  assert.deepEqual(madison(text), [{ name: "linux-image-a", version: "6.1.176-1" }]);
});
