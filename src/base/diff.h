/* base/diff.h - two texts, line by line, as a unified diff. Pure. */
#pragma once

/* With three lines of context; "" when they are equal. What differs in more than 2000 lines on either side is shown as all taken
 * away and all added. The caller's. */
char *diff_unified(const char *before, const char *after);
