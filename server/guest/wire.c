// How do commands come in, and how do lines go out?
#define _GNU_SOURCE
#include "wire.h"

#include <fcntl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <termios.h>
#include <unistd.h>

#define DEBUG_PORT_ANSWER 0xe9 // what QEMU's isa-debugcon reads as
#define LINE_LIMIT (512 * 1024)

static int input = STDIN_FILENO;
static int output = STDOUT_FILENO;
static unsigned short debug_port; // 0: none

static char waiting[64 * 1024];
static size_t waiting_length;

void wire_start(void)
{
    if (on_host) return;
    input = output = open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios settings;
    if (input >= 0 && tcgetattr(input, &settings) == 0) {
        cfmakeraw(&settings);
        cfsetspeed(&settings, B115200);
        settings.c_cflag |= CLOCAL | CREAD;
        tcsetattr(input, TCSANOW, &settings);
    }
    // The firmware writes a log of its own to 0x402; nobody else writes to 0xe9.
    static const unsigned short PORTS[] = {0xe9, 0x402};
    for (size_t i = 0; i < sizeof PORTS / sizeof PORTS[0] && !debug_port; i++)
        if (ioperm(PORTS[i], 1, 1) == 0 && inb(PORTS[i]) == DEBUG_PORT_ANSWER) debug_port = PORTS[i];
}

void flush_lines(void)
{
    if (debug_port) {
        outsb(debug_port, waiting, waiting_length);
        waiting_length = 0;
        return;
    }
    for (size_t done = 0; done < waiting_length;) {
        ssize_t n = write(output, waiting + done, waiting_length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += (size_t)n;
    }
    waiting_length = 0;
}

static void put(const char *text, size_t length)
{
    while (length > 0) {
        if (waiting_length == sizeof waiting) flush_lines();
        size_t room = sizeof waiting - waiting_length;
        size_t n = length < room ? length : room;
        memcpy(waiting + waiting_length, text, n);
        waiting_length += n;
        text += n;
        length -= n;
    }
}

// ---- In --------------------------------------------------------------------------------------------------------------

char *read_command(void)
{
    static char *buffer;
    static size_t have, consumed;
    if (!buffer && !(buffer = malloc(LINE_LIMIT))) return NULL;
    memmove(buffer, buffer + consumed, have - consumed);
    have -= consumed;
    consumed = 0;
    for (size_t searched = 0;;) {
        char *end = memchr(buffer + searched, '\n', have - searched);
        if (end) {
            *end = 0;
            if (end > buffer && end[-1] == '\r') end[-1] = 0;
            consumed = (size_t)(end - buffer) + 1;
            return buffer;
        }
        searched = have;
        if (have == LINE_LIMIT) return NULL;
        ssize_t n = read(input, buffer + have, LINE_LIMIT - have);
        if (n < 0 && errno == EINTR) return NULL; // a signal asked to stop
        if (n <= 0) return NULL;
        have += (size_t)n;
    }
}

// ---- Out -------------------------------------------------------------------------------------------------------------

void say(const char *fmt, ...)
{
    char *line;
    va_list list;
    va_start(list, fmt);
    int length = vasprintf(&line, fmt, list);
    va_end(list);
    if (length < 0) return;
    put(line, (size_t)length);
    put("\n", 1);
    free(line);
}

void cannot(const char *fmt, ...)
{
    char text[512];
    va_list list;
    va_start(list, fmt);
    vsnprintf(text, sizeof text, fmt, list);
    va_end(list);
    for (char *c = text; *c; c++)
        if (*c == '\n') *c = ' ';
    say("x %s", text);
}

// What was sent last with a key. Entries stay in the order of their first sending; the table finds them by their key.
struct sent {
    char key[64];
    char *fields;
    size_t room;
    uint32_t look; // the last one that had it
    bool present;
};

static struct sent *sent;
static uint32_t sent_used, sent_room, look;
static uint32_t *table; // index into `sent` plus one; 0 is free
static uint32_t table_size;

static uint32_t hash_of(const char *key)
{
    uint32_t hash = 0x811c9dc5;
    for (; *key; key++) hash = (hash ^ (unsigned char)*key) * 0x01000193;
    return hash ^ hash >> 15;
}

static void *grown(void *old, size_t size)
{
    void *new = realloc(old, size);
    if (!new) {
        cannot("no memory left for what was sent");
        flush_lines();
        _exit(1);
    }
    return new;
}

static void rebuild_table(uint32_t size)
{
    table = grown(table, size * sizeof *table);
    memset(table, 0, size * sizeof *table);
    table_size = size;
    for (uint32_t i = 0; i < sent_used; i++) {
        uint32_t at = hash_of(sent[i].key) & (size - 1);
        while (table[at]) at = (at + 1) & (size - 1);
        table[at] = i + 1;
    }
}

static struct sent *sent_with(const char *key)
{
    if (sent_used * 2 >= table_size) rebuild_table(table_size ? table_size * 2 : 1024);
    uint32_t at = hash_of(key) & (table_size - 1);
    for (; table[at]; at = (at + 1) & (table_size - 1))
        if (strcmp(sent[table[at] - 1].key, key) == 0) return &sent[table[at] - 1];
    if (sent_used == sent_room) {
        sent_room = sent_room ? sent_room * 2 : 512;
        sent = grown(sent, sent_room * sizeof *sent);
    }
    struct sent *new = &sent[sent_used++];
    memset(new, 0, sizeof *new);
    snprintf(new->key, sizeof new->key, "%s", key);
    table[at] = sent_used;
    return new;
}

void emit_text(const char *key, const char *fields)
{
    struct sent *entry = sent_with(key);
    entry->look = look;
    if (entry->present && strcmp(entry->fields, fields) == 0) return;
    size_t length = strlen(fields);
    if (entry->room < length + 1) entry->fields = grown(entry->fields, entry->room = length + 32);
    memcpy(entry->fields, fields, length + 1);
    entry->present = true;
    put(key, strlen(key));
    if (length) put(" ", 1);
    put(fields, length);
    put("\n", 1);
}

void emit(const char *key, const char *fmt, ...)
{
    char fields[1024];
    va_list list;
    va_start(list, fmt);
    vsnprintf(fields, sizeof fields, fmt, list);
    va_end(list);
    emit_text(key, fields);
}

void forget_look(void)
{
    for (uint32_t i = 0; i < sent_used; i++) free(sent[i].fields);
    sent_used = 0;
    look = 0;
    if (table_size > 65536) rebuild_table(1024);
    else if (table_size) memset(table, 0, table_size * sizeof *table);
}

void begin_look(void)
{
    look++;
}

void end_look(const char *number)
{
    for (uint32_t i = 0; i < sent_used; i++) {
        if (!sent[i].present || sent[i].look == look) continue;
        sent[i].present = false;
        say("-%s", sent[i].key);
    }
    say(". %s", number);
}
