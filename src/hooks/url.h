/* hooks/url.h - the URL that a registry posts to: "https://slipway/codestream/api/registry-webhook-listeners/UUID?secureToken=T". */
#pragma once

/* external_url: where registries reach us, without a slash at its end; "" makes a URL that begins with a slash. The caller's. */
char *hook_url(const char *external_url, const char *listener, const char *token);
