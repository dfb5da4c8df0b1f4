#include "ssh/ssh.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { HASH = 32 };

static bool from_hex(const char *text, unsigned char ret[HASH])
{
    int digits = 0;
    for (const char *p = text; *p; p++) {
        if (*p == ':')
            continue;
        if (!isxdigit((unsigned char)*p) || digits == 2 * HASH)
            return false;
        int value = isdigit((unsigned char)*p) ? *p - '0' : tolower((unsigned char)*p) - 'a' + 10;
        ret[digits / 2] = (unsigned char)(digits % 2 ? ret[digits / 2] | value : value << 4);
        digits++;
    }
    return digits == 2 * HASH;
}

static bool from_base64(const char *text, unsigned char ret[HASH])
{
    size_t size = 0;
    AUTO_FREE unsigned char *bytes = text_base64_decode(text, strlen(text), &size);
    if (bytes && size == HASH)
        memcpy(ret, bytes, HASH);
    return bytes && size == HASH;
}

bool remote_fingerprint_parse(const char *text, char ret[64], struct err *e)
{
    unsigned char hash[HASH];
    if (!from_hex(text, hash) && !from_base64(text_starts(text, "SHA256:") ? text + 7 : text, hash))
        return err_field(e, "fingerprint", "'%.80s' is no fingerprint of a host key: SHA256:... as ssh-keygen -lf shows it on the host", text);
    AUTO_FREE char *base64 = text_base64(hash, HASH);
    base64[strcspn(base64, "=")] = 0;
    snprintf(ret, 64, "SHA256:%s", base64);
    return true;
}
