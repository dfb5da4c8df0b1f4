/* Answers as tables, JSON or YAML. */
#include <string.h>

#include "base/mem.h"
#include "base/yaml.h"
#include "cli/inside.h"

#define CELL_MOST 100 /* characters; longer ones are cut in tables only */

/* Characters on the screen: bytes that begin one. Enough for European texts. */
static int width_of(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

static char *cell(const json_t *document, const char *path)
{
    AUTO_FREE char *raw = json_as_text(json_at(document, path));
    char *text = screen_clean(raw);
    if (strlen(text) <= CELL_MOST)
        return text;
    size_t n = CELL_MOST - 3;
    while (n && (text[n] & 0xc0) == 0x80)
        n--;
    memcpy(text + n, "...", 4);
    return text;
}

static void print_row(char **cells, const int *widths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%s%*s", cells[i], i + 1 < count ? widths[i] - width_of(cells[i]) + 2 : 0, "");
    putchar('\n');
}

static void print_table(const json_t *documents, const struct column *columns, size_t count)
{
    size_t rows = json_array_size(documents);
    int *widths = mem_alloc(count * sizeof *widths);
    char **cells = mem_alloc((rows + 1) * count * sizeof *cells);
    for (size_t r = 0; r <= rows; r++)
        for (size_t c = 0; c < count; c++) {
            char *text = r ? cell(json_array_get(documents, r - 1), columns[c].path) : mem_text(columns[c].title);
            cells[r * count + c] = text;
            widths[c] = width_of(text) > widths[c] ? width_of(text) : widths[c];
        }
    for (size_t r = 0; r <= rows; r++)
        print_row(cells + r * count, widths, count);
    for (size_t i = 0; i < (rows + 1) * count; i++)
        free(cells[i]);
    free(cells);
    free(widths);
}

static void print_tree(const struct cli *cli, const json_t *json)
{
    AUTO_FREE char *text = cli->output == OUTPUT_YAML ? yaml_write(json) : json_write_pretty(json);
    fputs(text, stdout);
    if (cli->output == OUTPUT_JSON)
        putchar('\n');
}

/* The rows of an answer, in their order: an envelope's documents, the list of {"tokens": [...]}, or the one object it is. */
json_t *cli_rows(const json_t *answer)
{
    const json_t *links = json_object_get(answer, "links"), *documents = json_object_get(answer, "documents");
    json_t *first = json_object_iter_value(json_object_iter((json_t *)answer)), *rows, *link;
    size_t i;
    if (!documents && json_object_size(answer) == 1 && json_is_array(first))
        return json_incref(first);
    rows = json_array();
    if (!documents)
        json_array_append(rows, (json_t *)answer);
    json_array_foreach((json_t *)links, i, link)
        json_array_append(rows, json_object_get(documents, json_string_value(link)));
    return rows;
}

void cli_show(const struct cli *cli, const json_t *answer, const struct column *columns, size_t count)
{
    AUTO_JSON *rows = cli_rows(answer);
    bool one = json_array_size(rows) == 1 && json_array_get(rows, 0) == answer;
    if (one && cli->output != OUTPUT_TABLE)
        print_tree(cli, answer);
    else
        cli_show_rows(cli, rows, columns, count);
}

void cli_show_rows(const struct cli *cli, const json_t *rows, const struct column *columns, size_t count)
{
    if (cli->output == OUTPUT_TABLE)
        print_table(rows, columns, count);
    else
        print_tree(cli, rows);
}
