#include "base/diff.h"

#include "base/test.h"

static void check(const char *before, const char *after, const char *want)
{
    AUTO_FREE char *have = diff_unified(before, after);
    CHECK_TEXT(have, want);
}

TEST(diff, says_nothing_about_what_is_equal)
{
    check("", "", "");
    check("a\nb\n", "a\nb\n", "");
}

TEST(diff, shows_a_change_with_three_lines_around_it)
{
    check("1\n2\n3\n4\nold\n6\n7\n8\n9\n", "1\n2\n3\n4\nnew\n6\n7\n8\n9\n", "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-old\n+new\n 6\n 7\n 8\n");
}

TEST(diff, shows_what_came_and_what_went)
{
    check("", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n");
    check("a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n");
    check("a\nc\n", "a\nb\nc\n", "@@ -1,2 +1,3 @@\n a\n+b\n c\n");
}

TEST(diff, parts_what_is_far_from_each_other)
{
    check("x\n1\n2\n3\n4\n5\n6\n7\nx\n", "y\n1\n2\n3\n4\n5\n6\n7\ny\n",
          "@@ -1,4 +1,4 @@\n-x\n+y\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-x\n+y\n");
}
