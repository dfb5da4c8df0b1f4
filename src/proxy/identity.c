#include "proxy/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { FILE_MOST = 16384 };

/* Two processes of one key pair would end each other's links for ever. The lock ends with the process. */
static bool lock(struct identity *i, struct err *e)
{
    AUTO_FREE char *path = mem_format("%s/lock", i->folder);
    i->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (i->lock < 0)
        return err_set(e, ERR_UNAVAILABLE, "open %s: %s", path, strerror(errno));
    return flock(i->lock, LOCK_EX | LOCK_NB) == 0 ||
           err_set(e, ERR_CONFLICT, "another Cloud Proxy runs with the folder %s: give this one a --state of its own, and a token", i->folder);
}

void identity_destroy(struct identity **identity)
{
    struct identity *i = TAKE(*identity);
    if (!i)
        return;
    if (i->lock >= 0)
        close(i->lock);
    free(i->folder);
    free(i->server);
    free(i->name);
    explicit_bzero(i, sizeof *i);
    free(i);
}

static void put_key(json_t *json, const char *name, const struct proof_key *key)
{
    AUTO_FREE char *secret = text_base64(key->secret, sizeof key->secret);
    json_set_text(json, name, secret);
    explicit_bzero(secret, strlen(secret));
}

/* libsodium's secret key ends with the public one. */
static bool take_key(const json_t *json, const char *name, struct proof_key *ret)
{
    size_t n = 0;
    const char *text = json_text_at(json, name, "");
    AUTO_FREE unsigned char *bytes = text_base64_decode(text, strlen(text), &n);
    if (!bytes || n != PROOF_SECRET)
        return false;
    memcpy(ret->secret, bytes, PROOF_SECRET);
    memcpy(ret->public, bytes + PROOF_SECRET - PROOF_PUBLIC, PROOF_PUBLIC);
    explicit_bzero(bytes, n);
    return true;
}

static bool write_whole(const char *path, const char *text, struct err *e)
{
    AUTO_FREE char *fresh = mem_format("%s.new", path), *folder = mem_text_n(path, (size_t)(strrchr(path, '/') - path));
    size_t n = strlen(text);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), place = -1;
    bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    ok = ok && rename(fresh, path) == 0;
    ok = ok && (place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 && fsync(place) == 0;
    int error = errno;
    if (place >= 0)
        close(place);
    return ok || err_set(e, error == ENOSPC ? ERR_FULL : ERR_UNAVAILABLE, "write %s: %s", path, strerror(error));
}

bool identity_save(const struct identity *i, struct err *e)
{
    AUTO_FREE char *path = mem_format("%s/identity.json", i->folder);
    AUTO_JSON *json = json_pack("{s:s, s:s, s:s}", "instance", i->instance, "server", i->server ? i->server : "", "name", i->name ? i->name : "");
    put_key(json, "key", &i->key);
    if (i->has_next)
        put_key(json, "next", &i->next);
    AUTO_FREE char *text = json_write_pretty(json);
    bool ok = write_whole(path, text, e);
    explicit_bzero(text, strlen(text));
    return ok;
}

static bool read_file(const char *path, char *out, bool *ret_there, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *ret_there = fd >= 0;
    if (fd < 0)
        return errno == ENOENT || err_set(e, ERR_UNAVAILABLE, "read %s: %s", path, strerror(errno));
    ssize_t n = read(fd, out, FILE_MOST - 1);
    close(fd);
    out[n < 0 ? 0 : n] = 0;
    return n >= 0 || err_set(e, ERR_UNAVAILABLE, "read %s: %s", path, strerror(errno));
}

static bool parse(struct identity *i, const char *path, const char *text, struct err *e)
{
    AUTO_JSON *json = NULL;
    if (!json_read(text, strlen(text), &json, e))
        return err_wrap(e, "%s", path);
    snprintf(i->instance, sizeof i->instance, "%s", json_text_at(json, "instance", ""));
    i->server = mem_text(json_text_at(json, "server", ""));
    i->name = mem_text(json_text_at(json, "name", ""));
    i->has_next = take_key(json, "next", &i->next);
    return (take_key(json, "key", &i->key) && (!*i->instance || id_is(i->instance))) ||
           err_set(e, ERR_INVALID, "%s holds no key pair: delete it, and enrol this Cloud Proxy again with a new token", path);
}

bool identity_open(const char *folder, struct identity **ret, struct err *e)
{
    AUTO(identity) i = NEW(struct identity);
    AUTO_FREE char *path = mem_format("%s/identity.json", folder), *text = mem_alloc(FILE_MOST);
    bool there = false;
    i->folder = mem_text(folder);
    i->lock = -1;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return err_set(e, ERR_UNAVAILABLE, "make the folder %s: %s", folder, strerror(errno));
    if (!lock(i, e) || !read_file(path, text, &there, e))
        return false;
    if (there && !parse(i, path, text, e))
        return false;
    explicit_bzero(text, FILE_MOST);
    if (!there) {
        proof_key_new(&i->key);
        if (!identity_save(i, e))
            return false;
    }
    *ret = TAKE(i);
    return true;
}
