#include "base/test.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static struct CMUnitTest *tests;
static size_t test_count;

void test_add(const char *name, void (*run)(void **))
{
    tests = mem_resize(tests, (test_count + 1) * sizeof *tests);
    tests[test_count++] = (struct CMUnitTest){ .name = name, .test_func = run };
}

void test_check_text(const char *have, const char *want, const char *file, int line)
{
    if (text_is(have, want))
        return;
    print_error("have: %s\nwant: %s\n", have ? have : "(null)", want ? want : "(null)");
    _fail(file, line);
}

void test_check_has(const char *text, const char *part, const char *file, int line)
{
    if (text && strstr(text, part))
        return;
    print_error("in:       %s\nno:       %s\n", text ? text : "(null)", part);
    _fail(file, line);
}

void test_check_ok(int ok, const char *why, const char *call, const char *file, int line)
{
    if (ok)
        return;
    print_error("%s: %s\n", call, why);
    _fail(file, line);
}

int main(int argc, char **argv)
{
    char filter[256];
    if (argc > 1) {
        snprintf(filter, sizeof filter, "*%s*", argv[1]);
        cmocka_set_test_filter(filter);
    }
    int failed = _cmocka_run_group_tests(argv[0], tests, test_count, NULL, NULL);
    free(tests);
    return failed != 0;
}
