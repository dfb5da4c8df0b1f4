/* config/print.c - the settings as people and scripts read them. Secrets show only whether they are set. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/settings.h"

static const char *shown(const struct config *c, const struct setting *s)
{
    const char *value = c ? config_text(c, s->name) : s->otherwise;
    return s->type == SETTING_SECRET && *value ? "(set)" : value;
}

static json_t *as_json(const struct config *c, const struct setting *s)
{
    AUTO_FREE char *environment = setting_environment(s);
    AUTO_FREE char *flag = s->type == SETTING_SECRET ? mem_text("") : mem_format("--%s", s->name);
    AUTO_FREE char *range = setting_range(s);
    json_t *json = json_object();
    json_set_text(json, "name", s->name);
    json_set_text(json, "environment", environment);
    json_set_text(json, "flag", flag);
    json_set_text(json, "type", setting_type_name(s->type));
    json_set_text(json, "default", s->otherwise);
    json_set_text(json, "range", range);
    json_set_text(json, "text", s->text);
    if (c) {
        json_set_text(json, "value", shown(c, s));
        json_set_text(json, "origin", config_origin(c, s->name));
    }
    return json;
}

static char *print_json(const struct config *c)
{
    AUTO_JSON *list = json_array();
    for (size_t i = 0; i < SETTING_COUNT; i++)
        json_array_append_new(list, as_json(c, &SETTINGS[i]));
    return json_write_pretty(list);
}

static void widen(int *width, const char *text)
{
    int n = (int)strlen(text);
    *width = n > *width ? n : *width;
}

static void print_row(struct text *out, const struct config *c, const struct setting *s, int names, int values, int origins)
{
    AUTO_FREE char *range = setting_range(s);
    const char *value = *shown(c, s) ? shown(c, s) : "-";
    text_addf(out, "%-*s  %-*s  %-*s  %s%s%s%s\n", names, s->name, values, value, c ? origins : 0,
              c ? config_origin(c, s->name) : "", s->text, *range ? " (" : "", range, *range ? ")" : "");
}

char *config_print(const struct config *c, bool json)
{
    if (json)
        return print_json(c);
    int names = 4, values = 5, origins = 4;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        widen(&names, SETTINGS[i].name);
        widen(&values, shown(c, &SETTINGS[i]));
        widen(&origins, c ? config_origin(c, SETTINGS[i].name) : "");
    }
    struct text out = { 0 };
    text_add(&out, "Each setting also as SLIPWAY_NAME in the environment and, but for secrets, --name on the command line;\n"
                   "the command line wins over the environment, that over the file, that over the default.\n\n");
    text_addf(&out, "%-*s  %-*s  %-*s  %s\n", names, "NAME", values, c ? "VALUE" : "DEFAULT", c ? origins : 0, c ? "FROM" : "", "MEANING");
    for (size_t i = 0; i < SETTING_COUNT; i++)
        print_row(&out, c, &SETTINGS[i], names, values, origins);
    return text_take(&out);
}
