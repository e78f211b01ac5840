// Where the running kernel keeps the members of its structures, from /sys/kernel/btf/vmlinux.
#ifndef BTF_H
#define BTF_H

#include <stdbool.h>
#include <stdint.h>

// Reads the whole of it. False when there is none or it is not what the format says.
bool btf_open(void);
// Gives the memory back; nothing more can be asked.
void btf_close(void);

// Byte offset of a member of `struct type` (or union), those of its anonymous structs and unions among them;
// -1 when there is no such member, or it is a bit-field.
long btf_offset(const char *type, const char *member);
// Size of that member's type; 0 for a flexible array, -1 when there is no such member.
long btf_member_size(const char *type, const char *member);
// Size of `struct type`, -1 when there is none.
long btf_size(const char *type);
// Value of an enumerator of `enum type`, -1 when there is none.
long btf_enumerator(const char *type, const char *name);
// Whether the kernel has a function of this name that was not inlined everywhere.
bool btf_has_function(const char *name);

#endif
