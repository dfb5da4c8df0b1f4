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
    char *text = json_as_text(json_at(document, path));
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20)
            *p = ' ';
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

static void print_table(json_t *const *documents, size_t rows, const struct column *columns, size_t count)
{
    int *widths = mem_alloc(count * sizeof *widths);
    char **cells = mem_alloc((rows + 1) * count * sizeof *cells);
    for (size_t r = 0; r <= rows; r++)
        for (size_t c = 0; c < count; c++) {
            char *text = r ? cell(documents[r - 1], columns[c].path) : mem_text(columns[c].title);
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

void cli_show(const struct cli *cli, const json_t *answer, const struct column *columns, size_t count)
{
    const json_t *links = json_object_get(answer, "links"), *all = json_object_get(answer, "documents");
    size_t rows = all ? json_array_size(links) : 1;
    json_t **documents = mem_alloc((rows + 1) * sizeof *documents);
    for (size_t i = 0; i < rows; i++)
        documents[i] = all ? json_object_get(all, json_string_value(json_array_get(links, i))) : (json_t *)answer;
    if (cli->output == OUTPUT_TABLE) {
        print_table(documents, rows, columns, count);
    } else if (!all) {
        print_tree(cli, answer);
    } else {
        AUTO_JSON *list = json_array();
        for (size_t i = 0; i < rows; i++)
            json_array_append(list, documents[i]);
        print_tree(cli, list);
    }
    free(documents);
}
