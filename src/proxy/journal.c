#include "proxy/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/db.h"

/* AUTOINCREMENT: a number is never given twice, whatever was forgotten. */
static const struct db_migration MIGRATIONS[] = {
    { 1, "0001_journal",
      "CREATE TABLE journal (id TEXT NOT NULL);"
      "CREATE TABLE webhooks (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL,"
      " remote TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL);" },
    { 0 },
};
static const char ID_FIND[] = "SELECT id FROM journal;";
static const char ID_PUT[] = "INSERT INTO journal (id) VALUES ($1);";
static const char ADD[] = "INSERT INTO webhooks (at, path, query, remote, headers, body) VALUES ($1, $2, $3, $4, $5, $6);";
static const char NEXT[] = "SELECT number, at, path, query, remote, headers, body FROM webhooks WHERE number > $1 ORDER BY number LIMIT 1;";
static const char LAST[] = "SELECT max(number) FROM webhooks;"; /* those between are all there */
static const char FORGET[] = "DELETE FROM webhooks WHERE number <= $1;";

/* Forgetting needs a little room as well: on a full disk this file is given up for it. */
#define BALLAST (256 << 10)

struct journal {
    struct db *db;
    char id[ID_TEXT];
    char *ballast; /* its path */
    bool ballasted;
};

static void take_ballast(struct journal *j)
{
    int fd = j->ballasted ? -1 : open(j->ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    j->ballasted = posix_fallocate(fd, 0, BALLAST) == 0;
    close(fd);
    if (!j->ballasted)
        unlink(j->ballast);
}

static bool drop_ballast(struct journal *j)
{
    bool was = j->ballasted;
    j->ballasted = false;
    return was && unlink(j->ballast) == 0;
}

/* ---- opening */

static bool identify(void *context, struct db_tx *tx, struct err *e)
{
    struct journal *j = context;
    AUTO(db_rows) r = db_rows(tx, ID_FIND, "");
    if (db_next(r, e)) {
        snprintf(j->id, sizeof j->id, "%s", db_text(r, 0));
        return true;
    }
    return !db_rows_failed(r) && db_run(tx, e, ID_PUT, "t", id_new(j->id));
}

bool journal_open(struct loop *loop, const char *folder, struct journal **ret, struct err *e)
{
    AUTO_FREE char *path = mem_format("%s/journal.db", folder);
    struct db_config config = { .path = path, .readers = 1, .migrations = MIGRATIONS };
    struct journal *j = NEW(struct journal);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        err_set(e, ERR_UNAVAILABLE, "make the journal's folder %s: %s", folder, strerror(errno));
    else if (db_open(loop, &config, &j->db, e) && db_write_now(j->db, identify, j, e)) {
        j->ballast = mem_format("%s/ballast", folder);
        take_ballast(j);
        *ret = j;
        return true;
    }
    journal_close(&j);
    return false;
}

void journal_close(struct journal **journal)
{
    struct journal *j = TAKE(*journal);
    if (j && j->db)
        db_close(&j->db);
    if (j)
        free(j->ballast);
    free(j);
}

const char *journal_id(const struct journal *j)
{
    return j->id;
}

/* ---- adding */

struct adding {
    struct db_job job;
    int64_t at;
    char *path, *query, *remote, *headers;
    void *body;
    size_t size;
    void (*done)(void *context, const struct err *e);
    void *context;
};

static bool add(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct adding *a = OWNER(job, struct adding, job);
    return db_run(tx, e, ADD, "ittttb", a->at, a->path, a->query, a->remote, a->headers, a->body, a->size);
}

static void added(struct db_job *job, const struct err *e)
{
    struct adding *a = OWNER(job, struct adding, job);
    a->done(a->context, e);
    free(a->path);
    free(a->query);
    free(a->remote);
    free(a->headers);
    free(a->body);
    free(a);
}

void journal_add(struct journal *j, const struct journal_entry *entry, void (*done)(void *context, const struct err *e), void *context)
{
    struct adding *a = NEW(struct adding);
    *a = (struct adding){ .job = { .work = add, .done = added }, .at = clock_now(), .path = mem_text(entry->path), .query = mem_text(entry->query),
                          .remote = mem_text(entry->remote), .headers = mem_text(entry->headers), .body = mem_text_n(entry->body ? entry->body : "", entry->body_size),
                          .size = entry->body_size, .done = done, .context = context };
    db_write(j->db, &a->job);
}

/* ---- reading */

struct reading {
    struct db_job job;
    int64_t behind, waiting;
    struct journal_entry entry;
    bool found;
    char *path, *query, *remote, *headers;
    void *body;
    void (*done)(void *context, const struct journal_entry *entry, int64_t waiting, const struct err *e);
    void *context;
};

static bool take(struct reading *r, const struct db_rows *row)
{
    size_t n = 0;
    const void *body = db_blob(row, 6, &n);
    r->entry = (struct journal_entry){ .number = db_int(row, 0), .at = db_int(row, 1), .path = r->path = mem_text(db_text(row, 2)),
                                       .query = r->query = mem_text(db_text(row, 3)), .remote = r->remote = mem_text(db_text(row, 4)),
                                       .headers = r->headers = mem_text(db_text(row, 5)), .body = r->body = mem_text_n(n ? body : "", n), .body_size = n };
    return r->found = true;
}

static bool read_next(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct reading *r = OWNER(job, struct reading, job);
    AUTO(db_rows) row = db_rows(tx, NEXT, "i", r->behind);
    if (!(db_next(row, e) && take(r, row)))
        return !db_rows_failed(row);
    AUTO(db_rows) last = db_rows(tx, LAST, "");
    if (db_next(last, e))
        r->waiting = db_int(last, 0) - r->entry.number + 1;
    return !db_rows_failed(last);
}

static void was_read(struct db_job *job, const struct err *e)
{
    struct reading *r = OWNER(job, struct reading, job);
    r->done(r->context, !e && r->found ? &r->entry : NULL, r->waiting, e);
    free(r->path);
    free(r->query);
    free(r->remote);
    free(r->headers);
    free(r->body);
    free(r);
}

void journal_next(struct journal *j, int64_t behind, void (*done)(void *context, const struct journal_entry *entry, int64_t waiting, const struct err *e),
                  void *context)
{
    struct reading *r = NEW(struct reading);
    *r = (struct reading){ .job = { .work = read_next, .done = was_read }, .behind = behind, .done = done, .context = context };
    db_read(j->db, &r->job);
}

/* ---- forgetting */

struct forgetting {
    struct db_job job;
    struct journal *journal;
    int64_t number;
};

static bool forget(struct db_job *job, struct db_tx *tx, struct err *e)
{
    return db_run(tx, e, FORGET, "i", OWNER(job, struct forgetting, job)->number);
}

/* What is not forgotten is told again, and the server knows it by its number. */
static void forgotten(struct db_job *job, const struct err *e)
{
    struct forgetting *f = OWNER(job, struct forgetting, job);
    if (e && drop_ballast(f->journal)) {
        db_write(f->journal->db, &f->job);
        return;
    }
    if (e && e->kind != ERR_CANCELED)
        log_error("agent", "a webhook that the server has could not be taken out of the journal: %s", e->text);
    if (!e)
        take_ballast(f->journal);
    free(f);
}

void journal_forget(struct journal *j, int64_t number)
{
    struct forgetting *f = NEW(struct forgetting);
    *f = (struct forgetting){ .job = { .work = forget, .done = forgotten }, .journal = j, .number = number };
    db_write(j->db, &f->job);
}
