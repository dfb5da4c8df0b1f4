#include "secrets/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#define PREFIX "sealed:v1:"
#define KEYS 8
#define ID_BYTES 8
enum { KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES, NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
       TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES };

struct seal {
    struct key {
        unsigned char bytes[KEY], id[ID_BYTES];
    } keys[KEYS];
    size_t count;
};

static bool add_key(struct seal *s, const char *text, size_t n, struct err *e)
{
    unsigned char raw[KEY + 1];
    size_t size = 0;
    if (s->count == KEYS)
        return err_set(e, ERR_INVALID, "more than %d master keys", KEYS);
    if (n == 2 * KEY && sodium_hex2bin(raw, KEY, text, n, NULL, &size, NULL) == 0 && size == KEY) {
        memcpy(s->keys[s->count].bytes, raw, KEY);
    } else {
        AUTO_FREE unsigned char *bytes = text_base64_decode(text, n, &size);
        if (!bytes || size != KEY)
            return err_set(e, ERR_INVALID, "a master key must be 32 bytes, as 64 hexadecimal digits or in base64");
        memcpy(s->keys[s->count].bytes, bytes, KEY);
        sodium_memzero(bytes, size);
    }
    sodium_memzero(raw, sizeof raw);
    crypto_generichash(s->keys[s->count].id, ID_BYTES, s->keys[s->count].bytes, KEY, (const unsigned char *)"slipway key id", 14);
    s->count++;
    return true;
}

static bool add_keys(struct seal *s, const char *text, struct err *e)
{
    static const char BETWEEN[] = " \t\r\n,";
    for (const char *p = text + strspn(text, BETWEEN); *p; p += strspn(p, BETWEEN)) {
        size_t n = strcspn(p, BETWEEN);
        if (!add_key(s, p, n, e))
            return false;
        p += n;
    }
    return s->count > 0 || err_set(e, ERR_INVALID, "there is no master key in it");
}

static bool write_key(int fd)
{
    unsigned char key[KEY];
    char line[2 * KEY + 1];
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(line, sizeof line, key, sizeof key);
    line[2 * KEY] = '\n';
    bool ok = write(fd, line, sizeof line) == (ssize_t)sizeof line && fsync(fd) == 0;
    sodium_memzero(key, sizeof key);
    sodium_memzero(line, sizeof line);
    return ok;
}

/* Under another name first: a process that dies here leaves no half a key that the next start would stumble over. */
static bool make_file(const char *file, struct err *e)
{
    AUTO_FREE char *part = mem_format("%s.part-%d", file, (int)getpid());
    unlink(part);
    int fd = open(part, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(e, ERR_UNAVAILABLE, "make the master key %s: %s", file, strerror(errno));
    bool written = write_key(fd);
    int error = errno;
    close(fd);
    if (!written) {
        unlink(part);
        return err_set(e, error == ENOSPC || error == EDQUOT ? ERR_FULL : ERR_UNAVAILABLE, "write the master key %s: %s", file,
                       strerror(error));
    }
    if (file_publish(part, file) || errno == EEXIST) /* made meanwhile by somebody else: that one counts */
        return true;
    return err_set(e, ERR_UNAVAILABLE, "make the master key %s: %s", file, strerror(errno));
}

static bool read_file(struct seal *s, const char *file, struct err *e)
{
    char text[4096];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_UNAVAILABLE, "read the master key %s: %s", file, strerror(errno));
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    bool ok = add_keys(s, text, e) || err_wrap(e, "master key %s", file);
    sodium_memzero(text, sizeof text);
    return ok;
}

bool seal_create(const char *keys_text, const char *file, bool make, struct seal **ret, struct err *e)
{
    if (sodium_init() < 0)
        return err_set(e, ERR_INTERNAL, "libsodium could not start");
    AUTO(seal) s = NEW(struct seal);
    if (keys_text ? !add_keys(s, keys_text, e)
                  : (make && access(file, F_OK) != 0 && !make_file(file, e)) || !read_file(s, file, e))
        return false;
    *ret = TAKE(s);
    return true;
}

void seal_destroy(struct seal **seal)
{
    struct seal *s = TAKE(*seal);
    if (s)
        sodium_memzero(s, sizeof *s);
    free(s);
}

/* key id, nonce, ciphertext with its tag */
char *seal_close(const struct seal *seal, const char *identity, const char *plain, size_t size)
{
    size_t room = ID_BYTES + NONCE + size + TAG;
    AUTO_FREE unsigned char *out = mem_alloc(room);
    unsigned char *nonce = out + ID_BYTES;
    memcpy(out, seal->keys[0].id, ID_BYTES);
    randombytes_buf(nonce, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE, NULL, (const unsigned char *)plain, size, (const unsigned char *)identity,
                                               strlen(identity), NULL, nonce, seal->keys[0].bytes);
    AUTO_FREE char *text = text_base64(out, room);
    return mem_format(PREFIX "%s", text);
}

static const struct key *find_key(const struct seal *s, const unsigned char *id)
{
    for (size_t i = 0; i < s->count; i++)
        if (memcmp(s->keys[i].id, id, ID_BYTES) == 0)
            return &s->keys[i];
    return NULL;
}

bool seal_is(const char *text)
{
    return text_starts(text, PREFIX);
}

bool seal_open(const struct seal *seal, const char *identity, const char *sealed, char **ret, size_t *ret_size, struct err *e)
{
    size_t size = 0;
    AUTO_FREE unsigned char *in = seal_is(sealed) ? text_base64_decode(sealed + sizeof PREFIX - 1, strlen(sealed) - sizeof PREFIX + 1, &size)
                                                  : NULL;
    if (!in || size < ID_BYTES + NONCE + TAG)
        return err_set(e, ERR_INTERNAL, "%s holds no sealed value", identity);
    const struct key *key = find_key(seal, in);
    if (!key) {
        AUTO_FREE char *id = text_hex(in, ID_BYTES);
        return err_set(e, ERR_INTERNAL, "%s was sealed with master key %s, which this server does not have", identity, id);
    }
    size_t plain_size = size - ID_BYTES - NONCE - TAG;
    AUTO_FREE char *plain = mem_alloc(plain_size + 1);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)plain, NULL, NULL, in + ID_BYTES + NONCE, size - ID_BYTES - NONCE,
                                                   (const unsigned char *)identity, strlen(identity), in + ID_BYTES, key->bytes) != 0)
        return err_set(e, ERR_INTERNAL, "%s does not open: it was changed, or moved from another place", identity);
    *ret = TAKE(plain);
    if (ret_size)
        *ret_size = plain_size;
    return true;
}

char *seal_of_endpoint(const char *uuid, const char *property)
{
    return mem_format("endpoint:%s:%s", uuid, property);
}

char *seal_of_variable(const char *uuid)
{
    return mem_format("variable:%s:value", uuid);
}

char *seal_of_execution(const char *uuid)
{
    return mem_format("execution:%s:input", uuid);
}

char *seal_of_listener(const char *uuid)
{
    return mem_format("listener:%s:token", uuid);
}

char *seal_of_notification(const char *uuid)
{
    return mem_format("notification:%s:content", uuid);
}

char *seal_of_kept(const char *uuid)
{
    return mem_format("kept:%s:object", uuid);
}
