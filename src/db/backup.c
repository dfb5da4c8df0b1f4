#include <errno.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "db/inside.h"

enum { BUSY_SLEEP_MS = 20, BUSY_TRIES = 1500 }; /* half a minute */

/* All pages in one step: the copy is one consistent state. In WAL mode writers do not wait for it. */
static bool copy_pages(sqlite3 *from, const char *to_path, struct err *e)
{
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(to_path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    sqlite3_backup *copy = code == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;
    if (copy) {
        int tries = 0;
        while (((code = sqlite3_backup_step(copy, -1)) == SQLITE_BUSY || code == SQLITE_LOCKED) && ++tries < BUSY_TRIES)
            sqlite3_sleep(BUSY_SLEEP_MS);
        sqlite3_backup_finish(copy);
    } else if (code == SQLITE_OK) {
        code = sqlite3_errcode(to); /* where it could not even begin */
    }
    bool ok = copy && code == SQLITE_DONE;
    if (!ok)
        err_set(e, code == SQLITE_FULL ? ERR_FULL : ERR_UNAVAILABLE, "write %s: %s", to_path, sqlite3_errstr(code));
    sqlite3_close(to);
    return ok;
}

static bool sync_and_publish(const char *part, const char *to_path, struct err *e)
{
    int fd = open(part, O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (!synced)
        unlink(part);
    else if (file_publish(part, to_path))
        return true;
    else
        error = errno;
    return err_set(e, error == EEXIST ? ERR_CONFLICT : ERR_UNAVAILABLE, "%s: %s", to_path, strerror(error));
}

bool db_backup(const char *from_path, const char *to_path, struct err *e)
{
    struct connection from = { 0 };
    if (access(to_path, F_OK) == 0)
        return err_set(e, ERR_CONFLICT, "%s exists; name a new file", to_path);
    if (access(from_path, R_OK) != 0)
        return err_set(e, ERR_NOT_FOUND, "%s: %s", from_path, strerror(errno));
    AUTO_FREE char *part = mem_format("%s.part-%d", to_path, (int)getpid());
    int fd = open(part, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(e, ERR_UNAVAILABLE, "%s: %s", part, strerror(errno));
    close(fd);
    if (!connection_open(&from, from_path, false, 5000000, e)) {
        unlink(part);
        return err_wrap(e, "back up");
    }
    bool copied = copy_pages(from.sqlite, part, e);
    connection_close(&from);
    if (!copied)
        unlink(part);
    return copied && sync_and_publish(part, to_path, e);
}
