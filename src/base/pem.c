#include "base/pem.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define BEGIN "-----BEGIN "

bool pem_take(const char *text, const char *field, char **ret, struct err *e)
{
    if (text_empty(text))
        return true;
    while (isspace((unsigned char)*text))
        text++;
    if (text_starts(text, BEGIN)) {
        *ret = mem_text(text);
        return true;
    }
    size_t size = 0;
    AUTO_FREE unsigned char *bytes = text_base64_decode(text, strlen(text), &size);
    AUTO_FREE char *pem = bytes ? mem_text_n((char *)bytes, size) : NULL;
    if (!pem || strlen(pem) != size || !text_starts(pem, BEGIN))
        return err_field(e, field, "%s is neither PEM nor base64 of PEM", field);
    *ret = TAKE(pem);
    return true;
}
