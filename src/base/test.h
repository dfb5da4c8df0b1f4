/* base/test.h - a test is a sentence: TEST(image_ref, says_what_is_wrong) { ... }
 *
 * Tests register themselves; base/test_main.c runs those of one room with
 * cmocka. An argument to the test program runs only tests whose name holds it.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"

void test_add(const char *name, void (*run)(void **));

#define TEST(subject, says)                                                                  \
    static void test_##subject##_##says(void **state);                                       \
    __attribute__((constructor)) static void add_##subject##_##says(void)                    \
    {                                                                                        \
        test_add(#subject " " #says, test_##subject##_##says);                               \
    }                                                                                        \
    static void test_##subject##_##says(__attribute__((unused)) void **state)

#define CHECK(condition) _assert_true(!!(condition), #condition, __FILE__, __LINE__)
#define CHECK_INT(have, want) _assert_int_equal((uintmax_t)(have), (uintmax_t)(want), __FILE__, __LINE__)
#define CHECK_TEXT(have, want) test_check_text((have), (want), __FILE__, __LINE__)
#define CHECK_HAS(text, part) test_check_has((text), (part), __FILE__, __LINE__)
/* For calls that end in a struct err: shows its text when the call failed. */
#define CHECK_OK(call, e) test_check_ok((call), (e).text, #call, __FILE__, __LINE__)

void test_check_text(const char *have, const char *want, const char *file, int line);
void test_check_has(const char *text, const char *part, const char *file, int line);
void test_check_ok(int ok, const char *why, const char *call, const char *file, int line);
