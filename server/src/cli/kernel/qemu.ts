// How QEMU is called for a guest: no disk, no network, no shared folder, three lines to talk on, and nothing else.

// The descriptors that QEMU inherits: sockets whose other ends this program holds.
export const CONSOLE_FD = 3;
export const TO_GUEST_FD = 4;
export const FROM_GUEST_FD = 5;

export interface GuestHardware {
  readonly kernel: string;
  readonly initramfs: string;
  // Of all NUMA nodes together.
  readonly megabytes: number;
  readonly append: readonly string[];
}

// What QEMU's port for firmware messages listens on; the guest's program writes its answers there.
const DEBUG_PORT = "0x402";

const KERNEL_ARGUMENTS = [
  "console=ttyS0",
  "quiet",
  // `struct page` lies at a known place then.
  "nokaslr",
  // A kernel in trouble ends at once instead of going on with a broken state.
  "panic=-1",
  "oops=panic",
  "mitigations=off",
  // Nothing that moves pages behind a trace's back.
  "numa_balancing=disable",
  // The emulated clock needs no comparing with others.
  "tsc=reliable",
  "no_timer_check",
  "random.trust_cpu=on",
  // A third of an emulated boot goes into checks of cryptography that no trace needs.
  "initcall_blacklist=jent_mod_init,load_system_certificate_list",
  "cryptomgr.notests",
];

// Pages move to a node where none of them is: a mapping that lies on two of them still has one to go to.
const NODES = 3;

function nodeArguments(id: number, megabytes: number): string[] {
  const memory = ["-object", `memory-backend-ram,id=ram${id},size=${megabytes}M`];
  return [...memory, "-numa", `node,nodeid=${id},${id === 0 ? "cpus=0," : ""}memdev=ram${id}`];
}

export function qemuArguments(hardware: GuestHardware): string[] {
  const node = Math.floor(hardware.megabytes / NODES);
  return [
    // KVM is often not there, and where it is it would make the guest another one.
    ...["-accel", "tcg"],
    // A host whose KSM is on would look through all of the guest's memory, and slow it down where it merges.
    ...["-machine", "pc,mem-merge=off"],
    // Emulated cmpxchg16b of QEMU 7.2 can leave a register's value in the flags: an interrupt behind it then dies of a
    // double fault. Kernels that use it for each allocation (6.12) oopsed in 3 of 8 boots, and in none of 8 without it.
    ...["-cpu", "qemu64,-cx16"],
    ...["-m", `${node * NODES}M`, "-smp", "1"],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none"],
    ...["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],
    ...Array.from({ length: NODES }, (_, i) => nodeArguments(i, node)).flat(),
    ...["-chardev", `socket,id=console,fd=${CONSOLE_FD}`, "-serial", "chardev:console"],
    ...["-chardev", `socket,id=to,fd=${TO_GUEST_FD}`, "-serial", "chardev:to"],
    ...["-chardev", `socket,id=from,fd=${FROM_GUEST_FD}`, "-device", `isa-debugcon,iobase=${DEBUG_PORT},chardev=from`],
    ...["-kernel", hardware.kernel, "-initrd", hardware.initramfs],
    ...["-append", [...KERNEL_ARGUMENTS, ...hardware.append].join(" ")],
  ];
}
