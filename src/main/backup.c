/* slipway backup and restore: the database as one consistent state, and the key without which its secrets are lost. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "config/config.h"
#include "db/db.h"
#include "main/main.h"

struct folders {
    struct config *config;
    const char *data, *other;
};

static bool copy_file(const char *from, const char *to, struct err *e)
{
    char bytes[4096];
    int in = open(from, O_RDONLY | O_CLOEXEC), out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ssize_t n = 0;
    bool ok = in >= 0 && out >= 0;
    while (ok && (n = read(in, bytes, sizeof bytes)) > 0)
        ok = write(out, bytes, (size_t)n) == n;
    ok = ok && n == 0 && fsync(out) == 0;
    if (!ok)
        err_set(e, ERR_UNAVAILABLE, "copy %s to %s: %s", from, to, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return ok;
}

static bool copy_key(const char *from, const char *to, struct err *e)
{
    AUTO_FREE char *key = mem_format("%s/master.key", from), *copy = mem_format("%s/master.key", to);
    return access(key, F_OK) != 0 || copy_file(key, copy, e); /* without one, the key comes from a setting, and is kept there */
}

static bool make_folder(const char *path, struct err *e)
{
    return mkdir(path, 0700) == 0 || err_set(e, ERR_CONFLICT, "%s: %s", path, strerror(errno));
}

static bool backup(const struct folders *f, struct err *e)
{
    AUTO_FREE char *from = mem_format("%s/slipway.db", f->data), *to = mem_format("%s/slipway.db", f->other);
    if (access(from, R_OK) != 0)
        return err_set(e, ERR_NOT_FOUND, "%s: %s; name the data folder with --data", from, strerror(errno));
    return make_folder(f->other, e) && db_backup(from, to, e) && copy_key(f->data, f->other, e);
}

static bool not_running(const char *data, struct err *e)
{
    AUTO_FREE char *path = mem_format("%s/slipway.db.lock", data);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool free_now = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0)
        close(fd);
    return free_now || err_set(e, ERR_CONFLICT, "a server works on %s; stop it first", data);
}

static bool restore(const struct folders *f, struct err *e)
{
    AUTO_FREE char *from = mem_format("%s/slipway.db", f->other), *to = mem_format("%s/slipway.db", f->data);
    if (access(from, R_OK) != 0)
        return err_set(e, ERR_NOT_FOUND, "%s: %s", from, strerror(errno));
    if (mkdir(f->data, 0700) != 0 && errno != EEXIST)
        return err_set(e, ERR_UNAVAILABLE, "%s: %s", f->data, strerror(errno));
    if (!not_running(f->data, e))
        return false;
    if (access(to, F_OK) == 0)
        return err_set(e, ERR_CONFLICT, "%s exists; move it away first, or restore into another folder with --data", to);
    return db_backup(from, to, e) && copy_key(f->other, f->data, e);
}

static int run(const char *name, const char *usage, int count, const char *const *arguments,
               bool (*work)(const struct folders *f, struct err *e))
{
    struct err e = { 0 };
    AUTO(config) config = NULL;
    if (count < 1 || text_is(arguments[0], "--help") || text_is(arguments[0], "-h") || arguments[0][0] == '-') {
        fputs(usage, count > 0 && arguments[0][1] != 'd' ? stdout : stderr);
        return count > 0 && (text_is(arguments[0], "--help") || text_is(arguments[0], "-h")) ? 0 : 2;
    }
    if (!config_read(count - 1, arguments + 1, (const char *const *)environ, &config, &e)) {
        fprintf(stderr, "slipway %s: %s\n", name, e.text);
        return 2;
    }
    struct folders f = { .config = config, .data = config_text(config, "data"), .other = arguments[0] };
    if (!work(&f, &e)) {
        fprintf(stderr, "slipway %s: %s\n", name, e.text);
        return 1;
    }
    printf("%s: %s\n", name, f.other);
    return 0;
}

int backup_main(int count, const char *const *arguments)
{
    return run("backup", "Usage: slipway backup NEW-FOLDER [--data DIR]\n\nCopies the database, as one consistent state and while the server runs, and the master key.\n"
                         "Who has the folder can read every secret in it.\n", count, arguments, backup);
}

int restore_main(int count, const char *const *arguments)
{
    return run("restore", "Usage: slipway restore FOLDER [--data DIR]\n\nPuts a backup into a data folder that holds no database. The server must not run.\n", count,
               arguments, restore);
}
