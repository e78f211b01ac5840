// Lines in and out.
#ifndef WIRE_H
#define WIRE_H

#include "guest.h"

// QEMU: commands come by the second serial port, lines go out by the debug console's I/O port when there is one (each
// byte is one instruction, no driver), else by that serial port. On a host: stdin and stdout.
void wire_start(void);

// The next command without its newline, in a buffer that the next call overwrites; NULL at the end of input.
char *read_command(void);

// Everything said so far goes out now.
void flush_lines(void);

void forget_look(void); // nothing counts as sent (a trace begins)
void begin_look(void);
void end_look(const char *number); // sends what vanished and `. NUMBER`

#endif
