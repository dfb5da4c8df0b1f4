/* tasks/ci_files.h - files that leave a pod on the log of a container, because nothing but its log leads out of a pod without a way in.
 *
 * A script in the container puts each path into a tar archive, says how long it is, and writes it as base64; here it is read back, into a file
 * without a name. Every piece says what it is, so that a log that the node cut off is noticed and never taken for the whole:
 *
 *   slipway-files 1
 *   file 0 10240          the archive of the first path follows, of so many bytes
 *   (base64, a line at a time)
 *   end 0
 *   missing 1             there is no such path
 *   large 2 99999999      it is not sent, as it is longer than what may come
 *   failed 3 WHY
 *   done
 */
#pragma once

#include "base/json.h"

#define CI_FILES_MOST (96 << 20) /* bytes of all archives of one task */
enum { CI_FILES_COUNT = 128 };

/* The script; paths: an array of texts. The caller's. */
char *ci_files_script(const json_t *paths);

enum ci_file_state { CI_FILE_UNSEEN, CI_FILE_HERE, CI_FILE_MISSING, CI_FILE_FAILED };
struct ci_file {
    enum ci_file_state state;
    int64_t at, size; /* in the file */
    char why[200];    /* CI_FILE_FAILED */
};
struct ci_files;
/* ERR_INTERNAL: no file can be made in TMPDIR. */
bool ci_files_create(struct ci_files **ret, struct err *e);
void ci_files_destroy(struct ci_files **f);
/* ERR_UPSTREAM: this is not what the script writes; ERR_TOO_LARGE; ERR_FULL, ERR_INTERNAL: of the file here. */
bool ci_files_feed(struct ci_files *f, const char *bytes, size_t size, struct err *e);
bool ci_files_done(const struct ci_files *f); /* all of it came */
const struct ci_file *ci_files_get(const struct ci_files *f, size_t number); /* borrowed; NULL: there was no such number */
/* Up to size bytes of one, from offset on; how many; -1: e says why. */
int64_t ci_files_read(const struct ci_files *f, const struct ci_file *file, int64_t offset, char *to, size_t size, struct err *e);
