/* What an SSH task says, resolved and checked. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/fields.h"
#include "base/mem.h"
#include "tasks/script.h"

#define SCRIPT_MOST (1 << 20)
#define ALL_MOST (2 << 20) /* arguments and environment with it */
enum { PORT = 22, ARGUMENTS = 1000 };

#define INPUT(path, type, member, need) { path, type, offsetof(struct script_input, member), need }
#define COMMON \
    INPUT("script", FIELD_TEXT, script, REQUIRED), INPUT("host", FIELD_TEXT, host, REQUIRED), INPUT("username", FIELD_TEXT, username, REQUIRED), \
        INPUT("password", FIELD_TEXT, password, OPTIONAL), INPUT("passphrase", FIELD_TEXT, passphrase, OPTIONAL), INPUT("privatekey", FIELD_TEXT, key, OPTIONAL), \
        INPUT("workingDirectory", FIELD_TEXT, working_directory, OPTIONAL), INPUT("arguments", FIELD_ARRAY, arguments, OPTIONAL), \
        INPUT("environmentVariables", FIELD_OBJECT, environment, OPTIONAL), INPUT("fingerprint", FIELD_TEXT, fingerprint, OPTIONAL)
const struct field SSH_FIELDS[SSH_FIELD_COUNT] = { COMMON, INPUT("continueOnCommandFailure", FIELD_TEXT, go_on, OPTIONAL) };
/* The last two are of WinRM. */
const struct field POWERSHELL_FIELDS[POWERSHELL_FIELD_COUNT] = { COMMON, { "useTLS", FIELD_IGNORED, 0, OPTIONAL }, { "trustCert", FIELD_IGNORED, 0, OPTIONAL } };

void script_input_fini(struct script_input *input)
{
    fields_release(SSH_FIELDS, SSH_FIELD_COUNT, input);
    free(input->name);
    free(input->via);
    json_decref(input->shown);
    *input = (struct script_input){ 0 };
}

/* ---- the script, with its references */

static bool plain(const char *value)
{
    for (const char *p = value; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-/:@+,=%", *p))
            return false;
    return *value != '-';
}

/* What came from outside stands in the script only when no shell can read it as anything but a word. */
static bool add_reference(struct text *out, struct scope *scope, const char *name, size_t n, struct err *e)
{
    struct value value = { 0 };
    enum scope_answer answer = scope->find(scope, name, n, &value, e);
    if (answer == SCOPE_UNKNOWN)
        text_addf(out, "${%.*s}", (int)n, name);
    if (answer != SCOPE_FOUND)
        return answer == SCOPE_UNKNOWN;
    AUTO_FREE char *text = json_as_text(value.json);
    bool ok = !value.outside || plain(text) ||
              err_field(e, "script", "the script holds ${%.*s}, whose value came from outside and could be read as code: '%.80s'; give it to the script by arguments or "
                                     "environmentVariables", (int)n, name, text);
    text_add(out, text);
    value_fini(&value);
    return ok;
}

static bool resolve_script(const char *text, struct scope *scope, char **ret, struct err *e)
{
    AUTO_TEXT out = { 0 };
    struct segment piece;
    size_t n = strlen(text);
    for (size_t at = 0; segment_next(text, n, &at, &piece);) {
        if (!piece.reference)
            text_add_n(&out, text + piece.at, piece.length);
        else if (!add_reference(&out, scope, text + piece.at + 2, piece.length - 3, e))
            return false;
        if (out.length > SCRIPT_MOST)
            return err_field(e, "script", "the script is longer than %d KiB", SCRIPT_MOST >> 10);
    }
    *ret = text_take(&out);
    return true;
}

/* ---- where to */

static bool read_port(const char *text, int64_t *ret, struct err *e)
{
    return (text_to_int(text, ret) && *ret > 0 && *ret < 65536) || err_field(e, "host", "'%.20s' is no port: 1 to 65535", text);
}

/* "host", "host:22", "192.0.2.7", "2001:db8::7", "[2001:db8::7]:22" */
static bool split_host(struct script_input *input, struct err *e)
{
    const char *host = input->host, *colon = strrchr(host, ':'), *close = strchr(host, ']');
    bool bracket = *host == '[' && close && (!close[1] || close[1] == ':');
    bool port = bracket ? close[1] == ':' : colon && strchr(host, ':') == colon;
    size_t n = bracket ? (size_t)(close - host - 1) : port ? (size_t)(colon - host) : strlen(host);
    input->name = mem_text_n(host + bracket, n);
    input->port = PORT;
    if (!n || n > 253 || input->name[strspn(input->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%")] || *input->name == '-')
        return err_field(e, "host", "'%.100s' is no host: a name or an address, and after a colon its port", host);
    for (char *p = input->name; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return !port || read_port(colon + 1, &input->port, e);
}

static bool take_agent(struct script_input *input, const struct task_job *job, struct err *e)
{
    const json_t *agent = json_object_get(job->endpoints, "agent");
    const char *via = json_text_at(agent, "properties.cloudProxyId", ""), *type = json_text_at(agent, "type", "agent");
    input->via = mem_text(via);
    if (!text_is(type, "agent"))
        return err_field(e, "agent", "endpoint '%s' is of type %s, not agent", json_text_at(agent, "name", ""), type);
    return !agent || *via || err_field(e, "agent", "endpoint '%s' names no Cloud Proxy: choose one there, or leave the task's agent out", json_text_at(agent, "name", ""));
}

/* ---- the rest */

static bool name_good(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return n && !name[n] && !isdigit((unsigned char)*name);
}

static bool check_values(const struct script_input *input, struct err *e)
{
    const char *name;
    const json_t *value;
    size_t i, size = strlen(input->script);
    if (json_array_size(input->arguments) > ARGUMENTS)
        return err_field(e, "arguments", "there are more than %d arguments", ARGUMENTS);
    json_array_foreach(input->arguments, i, value) {
        AUTO_FREE char *text = json_as_text(value);
        size += strlen(text);
    }
    json_object_foreach(input->environment, name, value) {
        AUTO_FREE char *text = json_as_text(value);
        size += strlen(text);
        if (!name_good(name))
            return err_field(e, "environmentVariables", "'%.60s' is no name of an environment variable: letters, digits and '_', no digit first", name);
    }
    if (size > ALL_MOST)
        return err_field(e, "arguments", "script, arguments and environment together are more than %d MiB", ALL_MOST >> 20);
    if (input->go_on && *input->go_on && !text_is(input->go_on, "true") && !text_is(input->go_on, "false"))
        return err_field(e, "continueOnCommandFailure", "continueOnCommandFailure is true or false, not '%.40s'", input->go_on);
    if (text_empty(input->username) || strpbrk(input->username, "\r\n"))
        return err_field(e, "username", "a user is missing, as whom to log in");
    return text_empty(input->fingerprint) || remote_fingerprint_parse(input->fingerprint, ((struct script_input *)input)->pinned, e);
}

static json_t *shown_of(const json_t *tree, const char *script)
{
    static const char *const HIDDEN[] = { "password", "passphrase", "privatekey" };
    json_t *shown = json_copy((json_t *)tree);
    json_set_text(shown, "script", script);
    for (size_t i = 0; i < ALEN(HIDDEN); i++)
        if (*json_text_at(shown, HIDDEN[i], ""))
            json_set_text(shown, HIDDEN[i], "*****");
    return shown;
}

bool script_input_read(const struct task_job *job, struct script_input *ret, struct err *e)
{
    static const char *const RAW[] = { "script", NULL };
    AUTO_JSON *tree = NULL;
    AUTO_FREE char *script = NULL;
    if (!expression_resolve_tree(job->input, RAW, job->scope, &tree, NULL, e) || !fields_read(tree, SSH_FIELDS, SSH_FIELD_COUNT, ret, e) ||
        !resolve_script(ret->script, job->scope, &script, e))
        return false;
    free(ret->script);
    ret->script = TAKE(script);
    ret->shown = shown_of(tree, ret->script);
    return split_host(ret, e) && take_agent(ret, job, e) && check_values(ret, e);
}
