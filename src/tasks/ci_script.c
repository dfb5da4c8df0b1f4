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

static bool write_run(const json_t *exports, const char *folder, struct text *out, struct err *e)
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
    text_add(out, "    exit \"$_slipway_code\"\n}\ntrap _slipway_end EXIT\ncd ");
    quote(out, folder);
    text_add(out, " || exit 125\nset -e\n. /.slipway/steps\n");
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

bool ci_script_make(const json_t *steps, const json_t *exports, const char *folder, struct ci_script *ret, struct err *e)
{
    AUTO_TEXT all = { 0 }, run = { 0 };
    struct ci_script s = { 0 };
    if (!json_is_array(steps))
        return err_field(e, "steps", "steps must be a list of shell lines");
    if (!join_steps(steps, &all, e) || !write_run(exports, folder, &run, e))
        return false;
    s.shell = shell_of(text_of(&all));
    tar_add(&s.tar, folder + 1, 0777, NULL, 0);
    tar_add(&s.tar, ".slipway", 0755, NULL, 0);
    tar_add(&s.tar, &CI_EXPORTS[1], 0777, NULL, 0);
    tar_add(&s.tar, ".slipway/run", 0755, text_of(&run), run.length);
    tar_add(&s.tar, ".slipway/steps", 0644, text_of(&all), all.length);
    tar_end(&s.tar);
    *ret = s;
    return true;
}

void ci_script_fini(struct ci_script *s)
{
    text_fini(&s->tar);
    free(s->shell);
    *s = (struct ci_script){ 0 };
}
