#include "base/yaml.h"

#include "fuzz.h"

/* What is written reads back as the same. */
static void check_round(const json_t *json)
{
    AUTO_FREE char *text = yaml_write(json);
    AUTO(yaml) again = NULL;
    struct err e = { 0 };
    if (strlen(text) > 1 << 20)
        return;
    FUZZ_CHECK(yaml_read(text, strlen(text), &again, &e));
    FUZZ_CHECK(yaml_count(again) == 1 && json_equal(json, yaml_document(again, 0)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(yaml) yaml = NULL;
    struct err e = { 0 };
    if (!yaml_read((const char *)data, size, &yaml, &e)) {
        fuzz_refused(&e);
        return 0;
    }
    for (size_t i = 0; i < yaml_count(yaml); i++) {
        int line, column;
        yaml_where(yaml, i, "/a/0/b", &line, &column);
        FUZZ_CHECK(line > 0 && column > 0);
        yaml_style(yaml, i, "/a");
        check_round(yaml_document(yaml, i));
    }
    return 0;
}
