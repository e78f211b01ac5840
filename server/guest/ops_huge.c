// The kernel's own work on large folios, as far as user space can cause it: splitting and khugepaged.
#define _GNU_SOURCE
#include "huge.h"
#include "machine.h"
#include "maps.h"
#include "ops.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define SPLIT "/sys/kernel/debug/split_huge_pages"

static bool told(const struct op *op, const char *path, const char *text)
{
    int error = write_small(path, text);
    if (error == 0) return true;
    cannot("%s: %s: %s", op->name, path, strerror(-error));
    return false;
}

// Every shrinker runs, that of the partially mapped folios among them; no release has a switch for it alone that Debian
// compiles in (CONFIG_SHRINKER_DEBUG).
bool op_deferred_split_scan(const struct op *op, struct result *result)
{
    result->value = 0;
    return told(op, "/proc/sys/vm/drop_caches", "2");
}

bool op_split_folio(const struct op *op, struct result *result)
{
    unsigned long address = number_at(op, 0) & PAGE_MASK;
    char text[96];
    snprintf(text, sizeof text, "%d,0x%lx,0x%lx", trace.spaces[op->slot].pid, address, address + PAGE);
    int error = write_small(SPLIT, text);
    result->value = 0;
    // Before 5.13 it splits all that the machine has, or none.
    if (error == -EINVAL) {
        if (is_the_only_large_folio(op->slot, address)) return told(op, SPLIT, "1");
        cannot("%s: this kernel splits all huge pages or none (before 5.13), and there are others", op->name);
        return false;
    }
    if (error < 0 && error != -EAGAIN && error != -EBUSY) {
        cannot("%s: %s: %s", op->name, SPLIT, strerror(-error));
        return false;
    }
    return true;
}

// The VMA that has all that a PMD of the address maps.
static bool has_whole_pmd(const struct op *op, unsigned long start)
{
    const struct vma *vmas;
    int used = maps_read(trace.spaces[op->slot].pid, &vmas);
    for (int i = 0; i < used; i++)
        if (vmas[i].start <= start && start + PMD_BYTES <= vmas[i].end) return true;
    return false;
}

// A VMA that comes to end in the middle of a PMD has it split, and nothing else happens to the memory
// (vma_adjust_trans_huge()). So one page gets a flag that no trace can ask for, which makes it a VMA of its own, and loses
// it again, which joins the parts. The page is not the VMA's first or last one, so that no other VMA joins them.
bool op_split_pmd(const struct op *op, struct result *result)
{
    unsigned long start = number_at(op, 0) & ~(PMD_BYTES - 1), page = start + PAGE;
    result->value = 0;
    if (!is_the_trace_s(start, PMD_BYTES) || !has_whole_pmd(op, start)) return true; // what no PMD maps stays as it is
    enum answer answer;
    long value = ask_call(op->slot, &answer, SYS_madvise, page, PAGE, MADV_DONTDUMP, 0, 0, 0);
    if (answer != ANSWERED) return worker_is_lost(op, result, answer);
    if (value == -EINVAL) return true; // hugetlb, whose PMDs are not split
    if (value == 0) value = ask_call(op->slot, &answer, SYS_madvise, page, PAGE, MADV_DODUMP, 0, 0, 0);
    if (answer != ANSWERED) return worker_is_lost(op, result, answer);
    if (value == 0) return true;
    cannot("%s: its VMA is not parted: %s", op->name, strerror((int)-value));
    return false;
}

static bool set_thp_disable(int slot, unsigned long disable)
{
    enum answer answer;
    return ask_call(slot, &answer, SYS_prctl, PR_SET_THP_DISABLE, disable, 0, 0, 0, 0) == 0 && answer == ANSWERED;
}

// Khugepaged looks at everything that it may: meanwhile the other processes have PR_SET_THP_DISABLE, and the process itself
// has nothing else to look at.
bool op_khugepaged(const struct op *op, struct result *result)
{
    unsigned long start = number_at(op, 0) & ~(PMD_BYTES - 1), other;
    result->value = 0;
    if (khugepaged_would_see_another(op->slot, start, &other)) {
        cannot("%s: it would look at 0x%lx as well", op->name, other);
        return false;
    }
    bool done = true;
    for (int i = 0; i < trace.spaces_used; i++)
        if (trace.spaces[i].alive && i != op->slot) done &= set_thp_disable(i, 1);
    // One that has its memory with this one disabled it for both.
    done &= set_thp_disable(op->slot, 0);
    if (done) done = run_khugepaged();
    else cannot("%s: the other processes are not kept from it", op->name);
    for (int i = 0; i < trace.spaces_used; i++)
        if (trace.spaces[i].alive && i != op->slot) set_thp_disable(i, 0);
    return done;
}
