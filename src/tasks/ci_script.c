#include "tasks/ci_script.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "docker/tar.h"

static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    while (isalnum((unsigned char)*text) || *text == '_')
        text++;
    return !*text;
}

static void quote(struct text *out, const char *text)
{
    text_add_char(out, '\'');
    for (; *text; text++)
        if (*text == '\'')
            text_add(out, "'\\''");
        else
            text_add_char(out, *text);
    text_add_char(out, '\'');
}

static bool join_steps(const json_t *steps, struct text *out, struct err *e)
{
    size_t i;
    json_t *step;
    json_array_foreach(steps, i, step) {
        if (!json_is_string(step) && !json_is_number(step) && !json_is_boolean(step) && !json_is_null(step))
            return err_field(e, "steps", "step %zu is no text", i + 1);
        AUTO_FREE char *text = json_as_text(step);
        text_add(out, text);
        text_add_char(out, '\n');
    }
    for (char *p = out->at; p && (p = strstr(p, "\r\n"));) /* written on Windows: a shell would take the CR for part of a word */
        memmove(p, p + 1, strlen(p));
    out->length = out->at ? strlen(out->at) : 0;
    return out->length <= CI_STEPS_MOST || err_field(e, "steps", "the steps are longer than %d KiB", CI_STEPS_MOST >> 10);
}

static void write_steps(const char *folder, bool strict, struct text *out)
{
    text_add(out, "cd ");
    quote(out, folder);
    text_addf(out, " || exit 125\n%s. /.slipway/steps\n", strict ? "set -e\n" : "");
}

/* The shell's function that writes exports when all is over. */
static bool write_end(const json_t *exports, struct text *out, struct err *e)
{
    size_t i;
    json_t *name;
    text_add(out, "_slipway_end() {\n    _slipway_code=$?\n    trap - EXIT\n    set +e +u\n");
    if (json_array_size(exports) > CI_EXPORTS_MOST)
        return err_field(e, "export", "more than %d exports", CI_EXPORTS_MOST);
    json_array_foreach(exports, i, name) {
        const char *text = json_is_string(name) ? json_string_value(name) : "";
        if (!is_name(text))
            return err_field(e, "export", "export '%.60s' is no name of a shell variable", text);
        text_addf(out, "    [ -z \"${%s+x}\" ] || printf %%s \"$%s\" >" CI_EXPORTS "/%s\n", text, text, text);
    }
    text_add(out, "    exit \"$_slipway_code\"\n}\ntrap _slipway_end EXIT\n");
    return true;
}

/* "#!/bin/bash" as the first step chooses the shell; words behind it do not count. */
static char *shell_of(const char *steps)
{
    size_t n = 0;
    if (text_starts(steps, "#!/"))
        n = strcspn(steps + 2, " \t\r\n");
    return n >= 2 && n < 100 && memcmp(steps + n, "sh", 2) == 0 ? mem_text_n(steps + 2, n) : mem_text("/bin/sh");
}

static void add_file(struct ci_script *s, const char *name, unsigned mode, const char *text, size_t size)
{
    tar_add(&s->tar, name, mode, text, size);
    json_set_text(s->files, strchr(name, '/') + 1, text);
}

static void begin_tar(struct ci_script *s, const char *folder, const struct text *run)
{
    s->files = json_object();
    tar_add(&s->tar, folder + 1, 0777, NULL, 0);
    tar_add(&s->tar, ".slipway", 0755, NULL, 0);
    tar_add(&s->tar, &CI_EXPORTS[1], 0777, NULL, 0);
    add_file(s, ".slipway/run", 0755, text_of(run), run->length);
}

bool ci_script_make(const json_t *steps, const json_t *exports, const char *folder, struct ci_script *ret, struct err *e)
{
    AUTO_TEXT all = { 0 }, run = { 0 };
    struct ci_script s = { 0 };
    if (!json_is_array(steps))
        return err_field(e, "steps", "steps must be a list of shell lines");
    if (!join_steps(steps, &all, e) || !write_end(exports, &run, e))
        return false;
    write_steps(folder, true, &run);
    s.shell = shell_of(text_of(&all));
    begin_tar(&s, folder, &run);
    add_file(&s, ".slipway/steps", 0644, text_of(&all), all.length);
    tar_end(&s.tar);
    *ret = s;
    return true;
}

/* ---- custom integrations */

static const char PYTHON[] = "import json, os\n"
                             "_here = os.path.dirname(os.path.abspath(__file__))\n"
                             "with open(os.path.join(_here, 'inputs.json')) as _file:\n"
                             "    _inputs = json.load(_file)\n"
                             "def getInput(name):\n"
                             "    return _inputs.get(name)\n"
                             "def setOutput(name, value):\n"
                             "    with open(os.path.join(_here, 'exports', os.path.basename(name)), 'w') as file:\n"
                             "        json.dump(value, file)\n";
static const char NODE[] = "const fs = require('fs'), path = require('path');\n"
                           "const inputs = JSON.parse(fs.readFileSync(path.join(__dirname, 'inputs.json'), 'utf8'));\n"
                           "exports.getInput = (name) => inputs[name];\n"
                           "exports.setOutput = (name, value) => fs.writeFileSync(path.join(__dirname, 'exports', path.basename(name)), JSON.stringify(value === undefined ? null : value));\n";

static const struct runtime {
    const char *name, *program, *code, *context_file, *context; /* program NULL: the shell itself */
} RUNTIMES[] = {
    { "shell", NULL, ".slipway/steps", NULL, NULL },
    { "python3", "python3", ".slipway/code.py", ".slipway/context.py", PYTHON },
    { "python2", "python2", ".slipway/code.py", ".slipway/context.py", PYTHON },
    { "nodejs", "node", ".slipway/code.js", ".slipway/context.js", NODE },
};

static json_t *names_of(const json_t *properties)
{
    json_t *names = json_array(), *one;
    size_t i;
    json_array_foreach((json_t *)properties, i, one)
        json_array_append_new(names, json_string(json_text_at(one, "name", "")));
    return names;
}

/* Inputs are variables: what is no text is JSON. */
static bool write_shell(const json_t *integration, const json_t *inputs, const char *folder, struct text *run, struct err *e)
{
    AUTO_JSON *outputs = names_of(json_object_get(integration, "outputProperties"));
    const char *name;
    json_t *value;
    if (!write_end(outputs, run, e))
        return false;
    json_object_foreach((json_t *)inputs, name, value) {
        AUTO_FREE char *text = json_as_text(value);
        if (!is_name(name))
            return err_field(e, "properties", "input '%.60s' is no name of a shell variable", name);
        text_addf(run, "%s=", name);
        quote(run, text);
        text_add_char(run, '\n');
    }
    write_steps(folder, false, run);
    return true;
}

bool custom_script_make(const json_t *integration, const json_t *inputs, const char *folder, struct ci_script *ret, struct err *e)
{
    AUTO_TEXT run = { 0 };
    AUTO_FREE char *values = json_write(inputs);
    const char *runtime = json_text_at(integration, "runtime", ""), *code = json_text_at(integration, "code", "");
    const struct runtime *r = RUNTIMES;
    while (!text_is(r->name, runtime))
        if (++r == RUNTIMES + ALEN(RUNTIMES))
            return err_set(e, ERR_INVALID, "runtime '%.30s' is not known", runtime);
    if (!r->program && !write_shell(integration, inputs, folder, &run, e))
        return false;
    if (r->program) {
        text_add(&run, "cd ");
        quote(&run, folder);
        text_addf(&run, " || exit 125\nexec %s /%s\n", r->program, r->code);
    }
    struct ci_script s = { .shell = mem_text("/bin/sh") };
    begin_tar(&s, folder, &run);
    add_file(&s, r->code, 0644, code, strlen(code));
    add_file(&s, ".slipway/inputs.json", 0644, values, strlen(values));
    if (r->context)
        add_file(&s, r->context_file, 0644, r->context, strlen(r->context));
    tar_end(&s.tar);
    *ret = s;
    return true;
}

void ci_script_fini(struct ci_script *s)
{
    text_fini(&s->tar);
    json_decref(s->files);
    free(s->shell);
    *s = (struct ci_script){ 0 };
}
