// The machine's own kernel, as a yardstick: anonymous write faults, COW faults, and fork's cost per PTE.
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }

int main(void) {
  const size_t pages = 65536, size = 4096;
  char *p = mmap(0, pages * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED || madvise(p, pages * size, MADV_NOHUGEPAGE)) return 1;
  double a = now();
  for (size_t i = 0; i < pages; i++) p[i * size] = 1;
  double b = now();
  pid_t child = fork();
  double c = now();
  if (child == 0) { pause(); _exit(0); }
  for (size_t i = 0; i < pages; i++) p[i * size] = 2;
  double d = now();
  kill(child, 9); waitpid(child, 0, 0);
  printf("{\"anon\": %.0f, \"cow\": %.0f, \"forkNs\": %.1f}\n", pages / (b - a), pages / (d - c), (c - b) / pages * 1e9);
  return 0;
}
