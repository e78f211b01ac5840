// C around the story: the processes that are there from the start, and the end of them all.

import type { Piece } from "./piece.ts";

export const MAIN_PIECES: readonly Piece[] = [
  {
    name: "note_release",
    includes: ["ctype.h"],
    text: String.raw`static void note_release(const char *release)
{
	struct utsname uts;
	size_t length = strlen(release);

	if (!uname(&uts) && (strncmp(uts.release, release, length) || isdigit((unsigned char)uts.release[length])))
		printf("# written for Linux %s, this is %s\n", release, uts.release);
}`,
  },
  {
    name: "run_processes",
    text: String.raw`/* Runs the story in all processes that are there from the start, and waits until everybody has ended. */
static void run_processes(const enum process *first, size_t count)
{
	pid_t pid;
	int status;

	for (size_t i = 0; i < count; i++) {
		pid = fork_process(first[i]);
		if (pid < 0)
			ksft_exit_fail_msg("fork: %s\n", strerror(errno));
		if (!pid) {
			story();
			/* Memory that others still look at must stay until the end. */
			await(step);
			_exit(KSFT_PASS);
		}
		shared->pid[first[i]] = pid;
	}
	end();
	while ((pid = wait(&status)) > 0)
		if (WIFSIGNALED(status))
			ksft_exit_fail_msg("a process died of signal %d\n", WTERMSIG(status));
}`,
  },
  {
    name: "ksft_finished",
    text: String.raw`static int ksft_finished(void)
{
	if (shared->step == BAILED_OUT)
		return KSFT_FAIL;
	printf("# Totals: pass:%u fail:%u skip:%u\n", shared->tests - shared->failed - shared->skipped, shared->failed,
	       shared->skipped);
	return shared->failed ? KSFT_FAIL : KSFT_PASS;
}`,
  },
];
