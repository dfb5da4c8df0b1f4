#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth.h"
#include "base/ids.h"
#include "base/mem.h"
#include "store/objects.h"

struct first {
    const char *folder, *given;
    bool made;
};

/* The file comes before the commit: a crash between the two starts all over, with another token. */
static bool write_token(const char *folder, const char *token, struct err *e)
{
    AUTO_FREE char *path = mem_format("%s/admin.token", folder);
    AUTO_FREE char *line = mem_format("%s\n", token);
    size_t n = strlen(line);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return err_set(e, ERR_INTERNAL, "create %s: %s", path, strerror(errno));
    bool ok = fchmod(file, 0600) == 0 && write(file, line, n) == (ssize_t)n && fsync(file) == 0;
    int failed = errno;
    close(file);
    return ok || err_set(e, ERR_INTERNAL, "write %s: %s", path, strerror(failed));
}

static bool make_token(struct db_tx *tx, int64_t user_id, const struct first *f, struct err *e)
{
    struct token_row row = { .user_id = user_id, .name = (char *)"first start", .org_role = (char *)"owner",
                             .service_role = (char *)"administrator" };
    AUTO_FREE char *plain = NULL;
    if (text_empty(f->given))
        return auth_token_create(tx, &row, &plain, e) && write_token(f->folder, plain, e);
    if (strlen(f->given) < 16)
        return err_set(e, ERR_INVALID, "the admin token must have at least 16 characters");
    AUTO_FREE char *hash = auth_token_hash(f->given);
    return token_insert(tx, &row, hash, e) && write_token(f->folder, f->given, e);
}

static bool make(void *context, struct db_tx *tx, struct err *e)
{
    struct first *f = context;
    AUTO_FREE char *there = NULL;
    char org[ID_TEXT];
    int64_t project = 0;
    struct user_row admin = { .name = (char *)"admin", .email = (char *)"", .kind = (char *)"person", .org_role = (char *)"owner",
                              .service_role = (char *)"administrator", .password = (char *)"" };
    if (!meta_find(tx, "org_id", &there, e))
        return false;
    if (there)
        return true;
    f->made = true;
    return meta_put(tx, "org_id", id_new(org), e) && meta_put(tx, "org_name", "Slipway", e) &&
           project_insert(tx, "default", "", "admin", &project, e) && user_insert(tx, &admin, e) && make_token(tx, admin.id, f, e) &&
           audit_add(tx, 0, "admin", "organization.create", org, "first start", e);
}

bool auth_first_start(struct db *db, const char *folder, const char *given, bool *ret_first, struct err *e)
{
    struct first f = { .folder = folder, .given = given };
    if (!db_write_now(db, make, &f, e))
        return err_wrap(e, "first start");
    *ret_first = f.made;
    return true;
}
