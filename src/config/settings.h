/* config/settings.h - the table of all settings, and what each type takes; only for the files of this room. */
#pragma once

#include <stdint.h>

#include "base/err.h"

enum setting_type { SETTING_TEXT, SETTING_INT, SETTING_BOOL, SETTING_CHOICE, SETTING_URL, SETTING_LISTEN, SETTING_SECRET,
                    SETTING_NETWORKS };

struct setting {
    const char *name;
    enum setting_type type;
    const char *otherwise; /* the default, as text */
    int64_t least, most;   /* of SETTING_INT; of SETTING_SECRET the characters */
    const char *choices;   /* of SETTING_CHOICE: "lines|json" */
    const char *text;      /* what it means */
};

extern const struct setting SETTINGS[];
extern const size_t SETTING_COUNT;

size_t setting_find(const char *name); /* SETTING_COUNT when there is none */
bool setting_check(const struct setting *s, const char *value, struct err *e);
const char *setting_type_name(enum setting_type type);
char *setting_environment(const struct setting *s); /* "SLIPWAY_EXTERNAL_URL"; the caller's */
char *setting_range(const struct setting *s);       /* "1..65535", "lines|json", ""; the caller's */
