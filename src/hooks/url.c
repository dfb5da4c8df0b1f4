#include "hooks/url.h"

#include <string.h>

#include "base/text.h"

char *hook_url(const char *external_url, const char *listener, const char *token)
{
    AUTO_TEXT url = { 0 };
    size_t n = strlen(external_url);
    while (n && external_url[n - 1] == '/')
        n--;
    text_addf(&url, "%.*s/codestream/api/registry-webhook-listeners/%s?secureToken=", (int)n, external_url, listener);
    text_add_url(&url, token);
    return text_take(&url);
}
