// Names of the trace as identifiers of C: local variables, which may hide a function of the library but no macro.

const KEYWORDS =
  "auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm typeof";

// Macros without arguments of the headers that a program may include, and those of the compiler.
const MACROS = "bool errno false fscrypt_policy linux unix i386 stderr stdin stdout true main environ";
const MACRO_FAMILY = /^(s[ait]|sched|sigev|s6|uc|tv|st|ru)_/;

// Types and functions of the library that the story itself uses, so that no variable may hide them.
const USED =
  "mmap munmap mprotect mremap madvise mlock munlock msync ftruncate fallocate close fdatasync sync step self shared begin end turn on must start leave story await scratch unseen strerror pid_t size_t uint64_t uint32_t ssize_t off_t";

const MACROS_IN_CAPITALS = new Set(
  "NULL EOF BUFSIZ NSIG NZERO NGREG NFDBITS MINSIGSTKSZ CSIGNAL ACCESSPERMS ALLPERMS DEFFILEMODE NOBODY PAGE HIT MINOR MAJOR ZERO ANON COW REUSE SHMEM SWAPIN SEGV BUS NONE HUGETLB HUGE POOL OVERCOMMIT SPLIT UNSURE".split(
    " ",
  ),
);

export class Identifiers {
  private readonly taken: Set<string>;

  // `others` are the identifiers of the functions that the program is given.
  constructor(others: Iterable<string>) {
    this.taken = new Set([...KEYWORDS.split(" "), ...MACROS.split(" "), ...USED.split(" "), ...others]);
  }

  // A variable's name.
  variable(name: string): string {
    const first = name.startsWith("_") ? `n${name}` : name;
    const odd = MACRO_FAMILY.test(first) || /^[A-Z][A-Z0-9_]*$/.test(first) || /_t$/.test(first);
    return this.free(odd ? `${first}_` : first);
  }

  // An enumerator that stands for a process.
  process(name: string): string {
    const capitals = name.toUpperCase();
    const plain =
      /^[A-Z][A-Z0-9]*$/.test(capitals) &&
      !MACROS_IN_CAPITALS.has(capitals) &&
      !/^(E|F|SIG|BLK|W|L|R|GIB|MIB|KIB)/.test(capitals);
    return this.free(plain ? capitals : `PROC_${capitals.replace(/^_+/, "")}`);
  }

  private free(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.taken.has(name); i++) name = this.taken.has(`${wanted}_`) ? `${wanted}_${i}` : `${wanted}_`;
    this.taken.add(name);
    return name;
  }
}
