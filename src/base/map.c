#include "base/map.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

struct slot {
    char *key; /* NULL: free. Removed slots are closed up by moving their followers back. */
    void *value;
    uint64_t hash;
};

struct map {
    struct slot *slots; /* a power of two of them, at most three quarters used */
    size_t room, count;
    unsigned char secret[crypto_shorthash_KEYBYTES];
};

struct map *map_create(void)
{
    struct map *m = NEW(struct map);
    m->room = 8;
    m->slots = mem_alloc(m->room * sizeof *m->slots);
    randombytes_buf(m->secret, sizeof m->secret);
    return m;
}

void map_destroy(struct map **map)
{
    struct map *m = TAKE(*map);
    if (!m)
        return;
    for (size_t i = 0; i < m->room; i++)
        free(m->slots[i].key);
    free(m->slots);
    free(m);
}

static uint64_t map_hash(const struct map *m, const char *key)
{
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)key, strlen(key), m->secret);
    return hash;
}

/* The slot that holds key, or the free one where it would stand. */
static size_t map_place(const struct map *m, const char *key, uint64_t hash)
{
    size_t i = hash & (m->room - 1);
    while (m->slots[i].key && (m->slots[i].hash != hash || strcmp(m->slots[i].key, key) != 0))
        i = (i + 1) & (m->room - 1);
    return i;
}

void *map_get(const struct map *map, const char *key)
{
    const struct slot *s = &map->slots[map_place(map, key, map_hash(map, key))];
    return s->key ? s->value : NULL;
}

static void map_grow(struct map *m)
{
    struct slot *old = m->slots;
    size_t room = m->room;
    m->room = room * 2;
    m->slots = mem_alloc(m->room * sizeof *m->slots);
    for (size_t i = 0; i < room; i++)
        if (old[i].key)
            m->slots[map_place(m, old[i].key, old[i].hash)] = old[i];
    free(old);
}

void *map_put(struct map *map, const char *key, void *value)
{
    if ((map->count + 1) * 4 > map->room * 3)
        map_grow(map);
    uint64_t hash = map_hash(map, key);
    struct slot *s = &map->slots[map_place(map, key, hash)];
    void *before = s->key ? s->value : NULL;
    if (!s->key) {
        *s = (struct slot){ .key = mem_text(key), .hash = hash };
        map->count++;
    }
    s->value = value;
    return before;
}

void *map_remove(struct map *map, const char *key)
{
    size_t hole = map_place(map, key, map_hash(map, key)), mask = map->room - 1;
    if (!map->slots[hole].key)
        return NULL;
    void *value = map->slots[hole].value;
    free(map->slots[hole].key);
    for (size_t i = (hole + 1) & mask; map->slots[i].key; i = (i + 1) & mask) {
        size_t home = map->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) { /* may move back to the hole */
            map->slots[hole] = map->slots[i];
            hole = i;
        }
    }
    map->slots[hole] = (struct slot){ 0 };
    map->count--;
    return value;
}

size_t map_count(const struct map *map)
{
    return map->count;
}

bool map_each(const struct map *map, size_t *at, const char **key, void **value)
{
    for (; *at < map->room; (*at)++) {
        const struct slot *s = &map->slots[*at];
        if (!s->key)
            continue;
        *key = s->key;
        *value = s->value;
        (*at)++;
        return true;
    }
    return false;
}
