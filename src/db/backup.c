#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "db/inside.h"

/* All pages in one step: the copy is one consistent state, and writers only wait for its read lock in WAL mode (they do not). */
static bool copy_pages(sqlite3 *from, const char *to_path, struct err *e)
{
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(to_path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    sqlite3_backup *copy = code == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;
    if (copy) {
        while ((code = sqlite3_backup_step(copy, -1)) == SQLITE_BUSY || code == SQLITE_LOCKED)
            sqlite3_sleep(20);
        sqlite3_backup_finish(copy);
    }
    bool ok = copy && code == SQLITE_DONE;
    if (!ok)
        err_set(e, code == SQLITE_FULL ? ERR_FULL : ERR_UNAVAILABLE, "write %s: %s", to_path, sqlite3_errstr(code));
    sqlite3_close(to);
    return ok;
}

static bool sync_and_rename(const char *part, const char *to_path, struct err *e)
{
    int fd = open(part, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0 && link(part, to_path) == 0; /* link, unlike rename, never replaces */
    if (!ok)
        err_set(e, errno == EEXIST ? ERR_CONFLICT : ERR_UNAVAILABLE, "%s: %s", to_path, strerror(errno));
    if (fd >= 0)
        close(fd);
    unlink(part);
    return ok;
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
        return false;
    }
    bool copied = copy_pages(from.sqlite, part, e);
    connection_close(&from);
    if (!copied)
        unlink(part);
    return copied && sync_and_rename(part, to_path, e);
}
