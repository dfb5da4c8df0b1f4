/* Prints docs/states.md; with a file's name, says whether the file is what would be printed. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "pipeline/engine.h"

static bool same(const char *path, const char *want)
{
    FILE *file = fopen(path, "r");
    struct text have = { 0 };
    char part[4096];
    for (size_t n; file && (n = fread(part, 1, sizeof part, file)) > 0;)
        text_add_n(&have, part, n);
    bool ok = file && text_is(text_of(&have), want);
    if (file)
        fclose(file);
    text_fini(&have);
    return ok;
}

int main(int count, char **words)
{
    AUTO_FREE char *states = moves_print();
    if (count < 2) {
        fputs(states, stdout);
        return 0;
    }
    if (same(words[1], states))
        return 0;
    fprintf(stderr, "%s differs from the tables of moves: print it again\n", words[1]);
    return 1;
}
