/* base/map.h - text to pointer, by hash. Keys are copied; values are the caller's.
 *
 * The hash is keyed at random per process (SipHash), so that keys chosen by a
 * stranger cannot make it slow. Lookup, insert and remove are O(1) on average.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct map;

struct map *map_create(void);
void map_destroy(struct map **map); /* the values stay the caller's */

void *map_get(const struct map *map, const char *key);           /* NULL when absent */
void *map_put(struct map *map, const char *key, void *value);    /* returns what stood there before; value not NULL */
void *map_remove(struct map *map, const char *key);              /* returns what stood there */
size_t map_count(const struct map *map);

/* Walk in no order: size_t at = 0; while (map_each(m, &at, &key, &value)). Do not change the map meanwhile. */
bool map_each(const struct map *map, size_t *at, const char **key, void **value);
