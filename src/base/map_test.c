#include "base/map.h"

#include <stdio.h>

#include "base/list.h"
#include "base/test.h"

enum { MANY = 10000 };

TEST(map, holds_many_and_lets_go_of_half)
{
    static int values[MANY];
    char key[32];
    struct map *m = map_create();
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "key %d", i);
        CHECK(!map_put(m, key, &values[i]));
    }
    CHECK_INT(map_count(m), MANY);
    for (int i = 0; i < MANY; i += 2) {
        snprintf(key, sizeof key, "key %d", i);
        CHECK(map_remove(m, key) == &values[i]);
        CHECK(!map_remove(m, key));
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "key %d", i);
        CHECK(map_get(m, key) == (i % 2 ? &values[i] : NULL));
    }
    size_t at = 0, seen = 0;
    const char *name;
    void *value;
    while (map_each(m, &at, &name, &value))
        seen++;
    CHECK_INT(seen, MANY / 2);
    map_destroy(&m);
    CHECK(!m);
    map_destroy(&m);
}

TEST(map, replaces)
{
    int a, b;
    struct map *m = map_create();
    CHECK(!map_put(m, "", &a));
    CHECK(map_put(m, "", &b) == &a);
    CHECK(map_get(m, "") == &b && map_count(m) == 1);
    map_destroy(&m);
}

TEST(list, a_link_may_leave_while_walking)
{
    struct link head, links[4] = { 0 };
    list_init(&head);
    for (int i = 0; i < 4; i++)
        list_append(&head, &links[i]);
    int seen = 0;
    LIST_EACH(&head, l) {
        seen++;
        list_remove(l);
        list_remove(l);
    }
    CHECK(seen == 4 && list_empty(&head) && !link_in_list(&links[0]) && !list_first(&head));
}
