#include "git/packet.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { LINE_MOST = 65520 };

bool git_is_oid(const char *text)
{
    return strlen(text) == GIT_OID && strspn(text, "0123456789abcdef") == GIT_OID;
}

/* ---- packets: four hex digits of length, then that many bytes, the digits counted (gitprotocol-common(5)) */

enum kind { PACKET_LINE, PACKET_FLUSH, PACKET_DELIMITER, PACKET_END };

struct packets {
    const char *at, *end;
    const char *line; /* of a PACKET_LINE; not terminated */
    size_t length;
};

static bool length_read(const char *at, size_t *ret)
{
    *ret = 0;
    for (int i = 0; i < 4; i++) {
        static const char HEX[] = "0123456789abcdef";
        const char *digit = at[i] ? strchr(HEX, at[i] | 0x20) : NULL;
        if (!digit)
            return false;
        *ret = *ret << 4 | (size_t)(digit - HEX);
    }
    return true;
}

static bool packet_next(struct packets *p, enum kind *ret, struct err *e)
{
    size_t n = 0;
    if (p->end - p->at < 4 || !length_read(p->at, &n) || n == 3 || n > LINE_MOST || (size_t)(p->end - p->at) < n)
        return err_set(e, ERR_UPSTREAM, "what answers is no Git server, or its answer broke off");
    *ret = n == 0 ? PACKET_FLUSH : n == 1 ? PACKET_DELIMITER : n == 2 ? PACKET_END : PACKET_LINE;
    p->line = p->at + 4;
    p->length = n > 4 ? n - 4 : 0;
    p->at += n > 4 ? n : 4;
    return true;
}

/* "ERR why" may come instead of any answer. */
static bool said_no(const struct packets *p, struct err *e)
{
    if (p->length < 4 || memcmp(p->line, "ERR ", 4))
        return false;
    AUTO_FREE char *text = mem_text_n(p->line + 4, p->length - 4 < 300 ? p->length - 4 : 300);
    text_mend(text);
    text[strcspn(text, "\r\n")] = 0;
    err_set(e, strstr(text, "not our ref") ? ERR_NOT_FOUND : ERR_INVALID, "the Git server says: %s", text);
    return true;
}

/* A text of its own, without the line break at its end; the caller's. */
static char *line_of(const struct packets *p)
{
    size_t n = p->length;
    while (n && (p->line[n - 1] == '\n' || p->line[n - 1] == '\r'))
        n--;
    return mem_text_n(p->line, n);
}

static void put(struct text *out, const char *line)
{
    text_addf(out, "%04zx%s\n", strlen(line) + 5, line);
}

static void put_command(struct text *out, const char *command)
{
    put(out, command);
    put(out, "object-format=sha1");
    text_add(out, "0001");
}

/* ---- what it can do */

static void take_capability(struct git_offer *offer, const char *line)
{
    if (!text_starts(line, "fetch="))
        return;
    AUTO_FREE char *padded = mem_format(" %s ", line + strlen("fetch="));
    offer->filter = strstr(padded, " filter ");
    offer->shallow = strstr(padded, " shallow ");
}

bool git_offer_read(const char *bytes, size_t n, struct git_offer *ret, struct err *e)
{
    struct packets p = { .at = bytes, .end = bytes + n };
    bool second = false;
    *ret = (struct git_offer){ 0 };
    while (p.at < p.end) {
        enum kind kind;
        if (!packet_next(&p, &kind, e) || said_no(&p, e))
            return false;
        AUTO_FREE char *line = kind == PACKET_LINE ? line_of(&p) : mem_text("");
        bool comment = *line == '#' || kind != PACKET_LINE; /* "# service=git-upload-pack", and what ends it */
        if (text_is(line, "object-format=sha256"))
            return err_set(e, ERR_UNSUPPORTED, "the repository names its objects by SHA-256, which is not supported");
        if (!second && !comment && !text_is(line, "version 2"))
            return err_set(e, ERR_UNSUPPORTED, "the Git server does not speak protocol version 2 (Git 2.18 or newer does)");
        second = second || !comment;
        take_capability(ret, line);
    }
    return second || err_set(e, ERR_UPSTREAM, "what answers is no Git server, or its answer broke off");
}

/* ---- names */

void git_ask_refs(struct text *out, const char *name)
{
    static const char *const BEFORE[] = { "refs/heads/", "refs/tags/", "" };
    put_command(out, "command=ls-refs");
    put(out, "peel");
    for (size_t i = 0; i < ALEN(BEFORE); i++) {
        AUTO_FREE char *line = mem_format("ref-prefix %s%s", *name ? BEFORE[i] : "", *name ? name : "HEAD");
        if (*name || i == 0)
            put(out, line);
    }
    text_add(out, "0000");
}

/* How well "OID NAME [peeled:OID]" fits: a branch before a tag before a whole name; 0: not at all. */
static int fits(char *line, const char *name, char oid[GIT_OID + 1])
{
    char *ref = strchr(line, ' '), *more = ref ? strchr(ref + 1, ' ') : NULL;
    if (!ref || ref - line != GIT_OID)
        return 0;
    *ref++ = 0;
    if (more)
        *more++ = 0;
    const char *peeled = more ? strstr(more, "peeled:") : NULL;
    snprintf(oid, GIT_OID + 1, "%.40s", peeled ? peeled + strlen("peeled:") : line);
    int rank = text_starts(ref, "refs/heads/") && text_is(ref + 11, name) ? 3 : text_starts(ref, "refs/tags/") && text_is(ref + 10, name) ? 2
               : text_is(ref, *name ? name : "HEAD") ? 1 : 0;
    return git_is_oid(oid) ? rank : 0;
}

bool git_refs_read(const char *bytes, size_t n, const char *name, char ret_oid[GIT_OID + 1], struct err *e)
{
    struct packets p = { .at = bytes, .end = bytes + n };
    enum kind kind = PACKET_LINE;
    int best = 0;
    while (kind == PACKET_LINE) {
        if (!packet_next(&p, &kind, e) || said_no(&p, e))
            return false;
        AUTO_FREE char *line = kind == PACKET_LINE ? line_of(&p) : mem_text("");
        char oid[GIT_OID + 1] = "";
        int rank = fits(line, name, oid);
        if (rank > best) {
            best = rank;
            memcpy(ret_oid, oid, sizeof oid);
        }
    }
    if (best)
        return true;
    return *name ? err_set(e, ERR_NOT_FOUND, "the repository has no branch or tag '%s'", name)
                 : err_set(e, ERR_NOT_FOUND, "the repository is empty, or its default branch is not there");
}

/* ---- objects */

static void ask_objects(struct text *out, const char *oid, bool shallow, bool filter)
{
    AUTO_FREE char *want = mem_format("want %s", oid);
    put_command(out, "command=fetch");
    put(out, "no-progress");
    put(out, "ofs-delta");
    put(out, want);
    if (shallow)
        put(out, "deepen 1");
    if (filter)
        put(out, "filter blob:none");
    put(out, "done");
    text_add(out, "0000");
}

void git_ask_commit(struct text *out, const char *oid, const struct git_offer *offer)
{
    ask_objects(out, oid, offer->shallow, offer->filter);
}

void git_ask_file(struct text *out, const char *oid)
{
    ask_objects(out, oid, false, false);
}

/* A line of the section "packfile": which band, then bytes. */
static bool take_band(const struct packets *p, struct text *pack, struct err *e)
{
    char band = p->length ? *p->line : 0;
    if (band == 1)
        text_add_n(pack, p->line + 1, p->length - 1);
    if (band == 1 || band == 2)
        return true;
    AUTO_FREE char *text = mem_text_n(p->line + 1, band == 3 && p->length - 1 < 300 ? p->length - 1 : 0);
    text_mend(text);
    text[strcspn(text, "\r\n")] = 0;
    return err_set(e, ERR_UPSTREAM, "the Git server broke off: %s", *text ? text : "what it sent makes no sense");
}

bool git_pack_read(const char *bytes, size_t n, struct text *pack, struct err *e)
{
    struct packets p = { .at = bytes, .end = bytes + n };
    bool packfile = false;
    for (enum kind kind = PACKET_LINE; kind != PACKET_FLUSH && kind != PACKET_END;) {
        if (!packet_next(&p, &kind, e) || (!packfile && said_no(&p, e)))
            return false;
        AUTO_FREE char *line = kind == PACKET_LINE && !packfile ? line_of(&p) : NULL;
        if (kind == PACKET_LINE && packfile && !take_band(&p, pack, e))
            return false;
        packfile = packfile || text_is(line, "packfile");
    }
    return pack->length || err_set(e, ERR_UPSTREAM, "the Git server sent no objects");
}
