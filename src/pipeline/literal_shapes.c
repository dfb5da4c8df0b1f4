/* Which parts of a text are secrets: by the key it stands under, by assignments in it, by well-known shapes. Each finder reads the text
 * once; what they find is told by its place, overlapping findings as the first of them. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "pipeline/literals.h"

enum { KEY_MOST = 64, VALUE_LEAST = 3, PEM_KIND = 60 };

struct finding {
    const char *text;
    struct literal *ret;
    size_t count;
};

static void add(struct finding *f, const char *from, size_t length, const char *what)
{
    size_t at = (size_t)(from - f->text), i = f->count;
    for (size_t k = 0; k < f->count; k++)
        if (at < f->ret[k].at + f->ret[k].length && f->ret[k].at < at + length)
            return;
    if (!length || f->count == LITERALS)
        return;
    for (; i > 0 && f->ret[i - 1].at > at; i--)
        f->ret[i] = f->ret[i - 1];
    f->ret[i] = (struct literal){ at, length, what };
    f->count++;
}

/* ---- keys */

static const struct word {
    const char *word, *what;
    enum { ANYWHERE, AT_END, WHOLE } where;
} WORDS[] = {
    { "password", "a password", ANYWHERE },      { "passphrase", "a passphrase", ANYWHERE },    { "passwd", "a password", AT_END },
    { "sshpass", "a password", AT_END },         { "pass", "a password", AT_END },              { "pwd", "a password", AT_END },
    { "privatekey", "a private key", ANYWHERE }, { "keydata", "a private key", AT_END },        { "kubeconfig", "a kubeconfig", WHOLE },
    { "apikey", "an API key", AT_END },          { "secretkey", "a secret key", AT_END },       { "accesskey", "an access key", AT_END },
    { "token", "a token", AT_END },              { "clientsecret", "a secret", AT_END },        { "sharedsecret", "a secret", AT_END },
    { "webhooksecret", "a secret", AT_END },     { "secret", "a secret", WHOLE },               { "authorization", "an Authorization header", WHOLE },
    { "proxyauthorization", "an Authorization header", WHOLE }, { "cookie", "a cookie", WHOLE },
};
/* "password_file" names a place, "token_type" a kind: no secret. */
static const char *const NOT_AT_END[] = { "file", "path", "name", "type", "url", "uri", "id", "ref", "variable", "key", "length", "policy", "env", "meta", "hint", "title", "label" };
/* These end with a word above and are none. */
static const char *const NEVER[] = { "imagepullsecret", "bypass", "compass", "pullsecret", "maxtoken", "nexttoken", "pagetoken", "continuetoken", "automountserviceaccounttoken", "oldpwd" };

/* Small letters and digits of a key: "API-Token" is "apitoken". */
static void plain_key(const char *key, size_t n, char out[KEY_MOST])
{
    size_t k = 0;
    for (size_t i = 0; i < n && k + 1 < KEY_MOST; i++)
        if (isalnum((unsigned char)key[i]))
            out[k++] = (char)tolower((unsigned char)key[i]);
    out[k] = 0;
}

static const char *key_means(const char *key, size_t n)
{
    char plain[KEY_MOST];
    if (n < VALUE_LEAST || n >= KEY_MOST)
        return NULL;
    plain_key(key, n, plain);
    for (size_t i = 0; i < ALEN(NEVER); i++)
        if (text_ends(plain, NEVER[i]))
            return NULL;
    for (size_t i = 0; i < ALEN(WORDS); i++) {
        const struct word *w = &WORDS[i];
        bool fits = w->where == WHOLE ? text_is(plain, w->word) : w->where == AT_END ? text_ends(plain, w->word) : strstr(plain, w->word) != NULL;
        for (size_t k = 0; fits && w->where == ANYWHERE && k < ALEN(NOT_AT_END); k++)
            fits = !text_ends(plain, NOT_AT_END[k]) || text_ends(plain, w->word);
        if (fits)
            return w->what;
    }
    return NULL;
}

bool literal_key(const char *key)
{
    return key_means(key, strlen(key)) != NULL;
}

bool literal_is_mask(const char *text)
{
    size_t stars = strspn(text, "*");
    return stars >= 5 && !text[stars];
}

/* ---- values */

/* A word that stands for a secret's absence, its kind or its place. */
static bool no_value(const char *value, size_t n)
{
    static const char *const WORDS_[] = { "true", "false", "null", "none", "nil", "yes", "no", "string", "str", "text", "undefined", "required", "optional", "redirect", "stdin" };
    for (size_t i = 0; i < ALEN(WORDS_); i++)
        if (strlen(WORDS_[i]) == n && !strncasecmp(WORDS_[i], value, n))
            return true;
    return n < VALUE_LEAST || strchr("$<{%`(*@", *value) || memchr(value, '$', n) || strspn(value, "*.xX-") >= n;
}

/* "Bearer TOKEN", "Basic TOKEN": where the token begins. */
static const char *behind_scheme(const char *value)
{
    static const char *const SCHEMES[] = { "Bearer ", "Basic ", "Token ", "PRIVATE-TOKEN " };
    for (size_t i = 0; i < ALEN(SCHEMES); i++)
        if (!strncasecmp(value, SCHEMES[i], strlen(SCHEMES[i])))
            return value + strlen(SCHEMES[i]);
    return value;
}

static void of_key(struct finding *f, const char *key)
{
    const char *what = key_means(key, strlen(key)), *value = behind_scheme(f->text + strspn(f->text, " \t\r\n"));
    size_t n = strlen(value);
    while (n && isspace((unsigned char)value[n - 1]))
        n--;
    bool none = !n || strstr(f->text, "${") || (*value == '$' && n < 60) || (*value == '<' && value[n - 1] == '>') || strspn(value, "*") >= n;
    if (what && !none && !(n <= 5 && no_value(value, n) && n > 2))
        add(f, value, n, what);
}

/* ---- assignments: key=value, key: value at a line's begin, "key": "value", --key value */

static bool key_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* The key that ends before at, in f->text. */
static const char *key_before(const struct finding *f, const char *at, size_t *ret_n)
{
    const char *begin = at;
    while (begin > f->text && key_char(begin[-1]) && (size_t)(at - begin) < KEY_MOST)
        begin--;
    *ret_n = (size_t)(at - begin);
    return begin;
}

static bool at_line_begin(const struct finding *f, const char *key)
{
    while (key > f->text && (key[-1] == ' ' || key[-1] == '\t' || key[-1] == '-'))
        key--;
    return key == f->text || key[-1] == '\n' || key[-1] == '\r' || key[-1] == '{' || key[-1] == ',';
}

/* The value that begins at from: in quotes, or up to what ends a word. quoted_only: without quotes it is none. Where it ends: what was
 * read as a value is not read again, so that no text takes long. */
static const char *add_value(struct finding *f, const char *from, bool quoted_only, const char *what)
{
    bool escaped = from[0] == '\\' && (from[1] == '"' || from[1] == '\'');
    const char *begin = from + escaped;
    char quote = *begin == '"' || *begin == '\'' ? *begin : 0;
    begin += quote != 0;
    size_t n = quote ? strcspn(begin, (char[]){ quote, '\n', 0 }) : strcspn(begin, " \t\r\n\"';&|,)}]<>");
    const char *end = begin + n;
    if (escaped && n && begin[n - 1] == '\\')
        n--;
    bool call = !quote && (quoted_only || memchr(begin, '(', n) || memchr(begin, '[', n));
    if ((quote && *end != quote) || call || no_value(begin, n))
        return end;
    const char *value = behind_scheme(begin);
    if (value < begin + n && !no_value(value, (size_t)(begin + n - value)))
        add(f, value, (size_t)(begin + n - value), what);
    return end;
}

/* Is what stands before the sign a key whose value would be a secret? NULL: no. */
static const char *assigned(const struct finding *f, const char *at, bool *ret_spaced)
{
    const char *end = at;
    size_t n;
    while (end > f->text && end[-1] == ' ')
        end--;
    *ret_spaced = end < at || at[1] == ' ' || at[1] == '\t';
    bool quoted = end > f->text && (end[-1] == '"' || end[-1] == '\'');
    end -= quoted;
    end -= quoted && end > f->text && end[-1] == '\\';
    const char *key = key_before(f, end, &n), *what = n ? key_means(key, n) : NULL;
    char before = key > f->text ? key[-1] : 0;
    if (!what || before == '$' || (*at == '=' && (before == '{' || quoted))) /* [ "$PASSWORD" = "x" ] compares */
        return NULL;
    if (*at == ':' && !quoted && (!at_line_begin(f, key) || (at[1] != ' ' && at[1] != '\t')))
        return NULL;
    return what;
}

/* at: a '=' or ':'. Where to go on. */
static const char *at_sign(struct finding *f, const char *at)
{
    bool spaced = false;
    if (at[1] == '=' || at[1] == '/' || (at > f->text && strchr("=!<>:~+?", at[-1])))
        return at;
    const char *what = assigned(f, at, &spaced), *value = at + 1 + strspn(at + 1, " \t");
    return what ? add_value(f, value, *at == '=' && spaced, what) : at;
}

/* at: "--". */
static const char *at_flag(struct finding *f, const char *at)
{
    size_t n = 0;
    const char *key = at + 2;
    while (key_char(key[n]) && n < KEY_MOST)
        n++;
    const char *what = n && key[n] == ' ' && key[n + 1] != '-' ? key_means(key, n) : NULL;
    return what ? add_value(f, key + n + strspn(key + n, " "), false, what) : at;
}

static void assignments(struct finding *f)
{
    for (const char *c = f->text; *c && f->count < LITERALS;) {
        const char *next = c;
        if (*c == '=' || *c == ':')
            next = at_sign(f, c);
        else if (c[0] == '-' && c[1] == '-' && (c == f->text || isspace((unsigned char)c[-1])))
            next = at_flag(f, c);
        c = next > c ? next : c + 1;
    }
}

/* ---- shapes */

static const struct shape {
    const char *prefix, *what;
    size_t least;      /* characters behind the prefix */
    const char *also;  /* that they may hold beside letters and digits */
    size_t skip;       /* of the prefix, which is no secret */
} SHAPES[] = {
    { "ghp_", "a GitHub token", 30, "", 0 },          { "gho_", "a GitHub token", 30, "", 0 },
    { "ghu_", "a GitHub token", 30, "", 0 },          { "ghs_", "a GitHub token", 30, "", 0 },
    { "ghr_", "a GitHub token", 30, "", 0 },          { "github_pat_", "a GitHub token", 30, "_", 0 },
    { "glpat-", "a GitLab token", 16, "-_.", 0 },     { "dckr_pat_", "a Docker Hub token", 20, "-_", 0 },
    { "xoxb-", "a Slack token", 10, "-", 0 },         { "xoxa-", "a Slack token", 10, "-", 0 },
    { "xoxp-", "a Slack token", 10, "-", 0 },         { "xoxs-", "a Slack token", 10, "-", 0 },
    { "xapp-", "a Slack token", 20, "-", 0 },         { "AKIA", "an AWS access key", 16, "", 0 },
    { "ASIA", "an AWS access key", 16, "", 0 },       { "AIza", "a Google API key", 35, "-_", 0 },
    { "npm_", "an npm token", 36, "", 0 },            { "hvs.", "a Vault token", 24, "-_", 0 },
    { "sk_live_", "a Stripe key", 20, "", 0 },        { "slw_", "a Slipway API token", 20, "-_", 0 },
    { "hooks.slack.com/services/", "a Slack webhook URL", 16, "/", 25 },
    { "hooks.slack.com/workflows/", "a Slack webhook URL", 16, "/", 26 },
    { "discord.com/api/webhooks/", "a Discord webhook URL", 30, "/-_", 25 },
    { "webhook.office.com/webhookb2/", "a Teams webhook URL", 30, "/-_@", 29 },
};

static void add_shape(struct finding *f, const char *at, const struct shape *s)
{
    size_t begin = strlen(s->prefix), n = begin;
    while (isalnum((unsigned char)at[n]) || (at[n] && strchr(s->also, at[n])))
        n++;
    if (n - begin >= s->least)
        add(f, at + s->skip, n - s->skip, s->what);
}

/* Three parts of base64url, the first of which begins with {" */
static void add_jwt(struct finding *f, const char *at)
{
    size_t n = 0, parts = 0, length = 0;
    for (;; n++) {
        if (isalnum((unsigned char)at[n]) || at[n] == '-' || at[n] == '_')
            length++;
        else if (at[n] == '.' && length >= 8 && parts < 2)
            parts++, length = 0;
        else
            break;
    }
    if (parts == 2 && length >= 8)
        add(f, at, n, "a JSON Web Token");
}

static void add_pem(struct finding *f, const char *at)
{
    size_t n = 0;
    while (n < PEM_KIND && at[11 + n] && !strchr("\r\n\\", at[11 + n]))
        n++;
    if (!memmem(at + 11, n, "PRIVATE KEY-----", 16))
        return;
    const char *line = strstr(at + 11, "-----END"), *end = line ? strstr(line + 8, "-----") : NULL;
    add(f, at, end ? (size_t)(end + 5 - at) : strlen(at), "a private key");
}

/* What a decoded Basic value must look like. */
static bool is_basic(const char *at, size_t n)
{
    size_t size = 0;
    AUTO_FREE unsigned char *plain = text_base64_decode(at, n, &size);
    const unsigned char *colon = plain ? memchr(plain, ':', size) : NULL;
    for (size_t i = 0; plain && i < size; i++)
        if (plain[i] < ' ')
            return false;
    return colon && colon > plain && colon + 1 < plain + size;
}

static void add_scheme(struct finding *f, const char *at, bool basic)
{
    size_t begin = basic ? 6 : 7, n = 0;
    while (isalnum((unsigned char)at[begin + n]) || (at[begin + n] && strchr("-._~+/=", at[begin + n])))
        n++;
    bool digit = false;
    for (size_t i = 0; i < n; i++)
        digit = digit || isdigit((unsigned char)at[begin + i]);
    if (basic ? n >= 8 && is_basic(at + begin, n) : n >= 16 && digit)
        add(f, at + begin, n, basic ? "a Basic value, which is a user and a password" : "a Bearer token");
}

/* at: "://" of scheme://user:password@host */
static void add_url(struct finding *f, const char *at)
{
    const char *user = at + 3;
    size_t n = strcspn(user, "/?# \t\r\n\"'<>");
    const char *sign = NULL, *colon = memchr(user, ':', n);
    for (size_t i = 0; i < n; i++)
        if (user[i] == '@')
            sign = user + i;
    if (at == f->text || !isalnum((unsigned char)at[-1]) || !sign || !colon || colon + 1 >= sign)
        return;
    size_t length = (size_t)(sign - colon - 1);
    if (!memchr(colon, '$', length + 1) && !memchr(colon, '{', length + 1) && strspn(colon + 1, "*") < length)
        add(f, colon + 1, length, "the password in a URL");
}

#define BEGINNINGS "-:eBbgdxAanhsw" /* of all that is looked for below */

static void shapes_at(struct finding *f, const char *at, bool word)
{
    if (!strchr(BEGINNINGS, *at))
        return;
    if (text_starts(at, "-----BEGIN "))
        add_pem(f, at);
    if (!strncmp(at, "://", 3))
        add_url(f, at);
    if (word && !strncmp(at, "eyJ", 3) && (at == f->text || !strchr("-_", at[-1])))
        add_jwt(f, at);
    if (word && !strncasecmp(at, "Basic ", 6))
        add_scheme(f, at, true);
    if (word && !strncasecmp(at, "Bearer ", 7))
        add_scheme(f, at, false);
    for (size_t i = 0; word && i < ALEN(SHAPES); i++)
        if (*at == *SHAPES[i].prefix && text_starts(at, SHAPES[i].prefix))
            add_shape(f, at, &SHAPES[i]);
}

/* Behind the first that ends behind c. */
static const char *end_of(const struct finding *f, const char *c)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->text + f->ret[i].at + f->ret[i].length > c)
            return f->text + f->ret[i].at + f->ret[i].length;
    return c + 1;
}

static void shapes(struct finding *f)
{
    for (const char *c = f->text; *c && f->count < LITERALS;) {
        size_t before = f->count;
        shapes_at(f, c, c == f->text || !isalnum((unsigned char)c[-1]));
        c = f->count > before ? end_of(f, c) : c + 1;
    }
}

/* Read by people: what looks like an assignment there is a sentence. */
static bool is_prose(const char *key)
{
    static const char *const KEYS[] = { "description", "summary", "subject", "title", "message", "comments", "name", "icon" };
    for (size_t i = 0; i < ALEN(KEYS); i++)
        if (text_is_any_case(KEYS[i], key))
            return true;
    return false;
}

size_t literals_in(const char *key, const char *text, struct literal ret[LITERALS])
{
    struct finding f = { .text = text, .ret = ret };
    if (!*text)
        return 0;
    of_key(&f, key);
    shapes(&f);
    if (!is_prose(key))
        assignments(&f);
    return f.count;
}
