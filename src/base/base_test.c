#include <string.h>

#include "base/ids.h"
#include "base/json.h"
#include "base/map.h"
#include "base/test.h"

TEST(ids, sort_by_time)
{
    char a[ID_TEXT], b[ID_TEXT];
    id_new(a);
    id_new(b);
    CHECK(id_is(a) && strcmp(a, b) < 0);
}

TEST(json, reads_dockers_own_broken_example)
{
    static const char TEXT[] = "{\"a\": \"x \\[y\\]\"}";
    AUTO_JSON *json = NULL;
    char note[256];
    struct err e = { 0 };
    CHECK_OK(json_read_lenient(TEXT, sizeof TEXT - 1, &json, note, sizeof note, &e), e);
    CHECK_TEXT(json_text_at(json, "a", ""), "x [y]");
    CHECK_TEXT(note, "line 1, column 10: \\[ is no escape of JSON; read as [");
}
