#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

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
    }
    bool ok = copy && code == SQLITE_DONE;
    if (!ok)
        err_set(e, code == SQLITE_FULL ? ERR_FULL : ERR_UNAVAILABLE, "write %s: %s", to_path, sqlite3_errstr(code));
    sqlite3_close(to);
    return ok;
}

/* The name itself must outlast a power failure. A folder that cannot be synced (some network ones) is no failure. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    AUTO_FREE char *folder = slash ? mem_text_n(path, (size_t)(slash - path) + 1) : mem_text(".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Neither replaces what is there. FAT knows no links, some network file systems no such rename. */
static bool rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return true;
    return (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) && link(from, to) == 0;
}

static bool sync_and_rename(const char *part, const char *to_path, struct err *e)
{
    int fd = open(part, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0 && rename_new(part, to_path);
    if (!ok)
        err_set(e, errno == EEXIST ? ERR_CONFLICT : ERR_UNAVAILABLE, "%s: %s", to_path, strerror(errno));
    if (fd >= 0)
        close(fd);
    unlink(part); /* gone already, but after a link or a failure */
    if (ok)
        sync_folder(to_path);
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
        return err_wrap(e, "back up");
    }
    bool copied = copy_pages(from.sqlite, part, e);
    connection_close(&from);
    if (!copied)
        unlink(part);
    return copied && sync_and_rename(part, to_path, e);
}
