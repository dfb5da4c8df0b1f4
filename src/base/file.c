#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

bool file_read(const char *path, size_t most, char **ret, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = mem_alloc(most + 1);
    ssize_t n = fd >= 0 ? read(fd, text, most) : -1;
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (n < 0) {
        free(text);
        return err_set(e, ERR_INVALID, "%s: %s", path, strerror(error));
    }
    *ret = text;
    return true;
}

/* A folder that cannot be synced (some network ones) is no failure. */
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

bool file_publish(const char *from, const char *to)
{
    bool ok = rename_new(from, to);
    int error = errno;
    unlink(from); /* gone already, but after a link or a failure */
    if (ok)
        sync_folder(to);
    errno = error;
    return ok;
}
