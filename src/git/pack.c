#include "git/pack.h"

#include <dirent.h>
#include <errno.h>
#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { NAMES_SHOWN = 8 };
#define OBJECTS_MOST ((size_t)1000000) /* of one commit: libgit2 makes room for as many as the pack says that it has */

struct store { /* an index over the pack */
    char folder[256];
    git_indexer *indexer;
    git_odb *odb;
    git_repository *repository;
};

static bool failed(struct err *e, const char *what)
{
    const git_error *why = git_error_last();
    return err_set(e, ERR_UPSTREAM, "%s: %.300s", what, why && why->message ? why->message : "unknown");
}

/* ---- opening */

static void remove_folder(const char *path)
{
    DIR *folder = *path ? opendir(path) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (*entry->d_name != '.')
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    if (*path)
        rmdir(path);
}

static void store_close(struct store *s)
{
    git_repository_free(s->repository);
    git_odb_free(s->odb);
    git_indexer_free(s->indexer);
    remove_folder(s->folder);
    git_libgit2_shutdown();
}

static bool make_folder(struct store *s, struct err *e)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(s->folder, sizeof s->folder, "%.200s/slipway-git-XXXXXX", text_empty(tmp) ? "/tmp" : tmp);
    if (mkdtemp(s->folder))
        return true;
    err_set(e, ERR_UNAVAILABLE, "no folder for what Git sends can be made as %s: %s", s->folder, strerror(errno));
    s->folder[0] = 0;
    return false;
}

static bool index_pack(struct store *s, const void *pack, size_t size, struct err *e)
{
    git_indexer_progress progress = { 0 };
    if (git_indexer_new(&s->indexer, s->folder, 0, NULL, NULL) || git_indexer_append(s->indexer, pack, size, &progress) ||
        git_indexer_commit(s->indexer, &progress))
        return failed(e, "what the Git server sent is broken");
    return true;
}

static bool store_open(struct store *s, const void *pack, size_t size, struct err *e)
{
    git_odb_backend *backend = NULL;
    git_libgit2_init();
    git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, OBJECTS_MOST);
    if (!make_folder(s, e) || !index_pack(s, pack, size, e))
        return false;
    AUTO_FREE char *index = mem_format("%s/pack-%s.idx", s->folder, git_indexer_name(s->indexer));
    if (git_odb_new(&s->odb) || git_odb_backend_one_pack(&backend, index))
        return failed(e, "what the Git server sent cannot be read");
    if (git_odb_add_backend(s->odb, backend, 1)) {
        backend->free(backend);
        return failed(e, "what the Git server sent cannot be read");
    }
    return !git_repository_wrap_odb(&s->repository, s->odb) || failed(e, "what the Git server sent cannot be read");
}

/* ---- reading */

void git_file_fini(struct git_file *file)
{
    free(file->bytes);
    *file = (struct git_file){ 0 };
}

static bool take_blob(struct store *s, const git_oid *oid, size_t most, struct git_file *ret, struct err *e)
{
    git_blob *blob = NULL;
    git_object_t type;
    size_t size = 0;
    git_oid_tostr(ret->oid, sizeof ret->oid, oid);
    ret->here = git_odb_exists(s->odb, oid);
    if (!ret->here)
        return true;
    if (git_odb_read_header(&size, &type, s->odb, oid))
        return failed(e, "the file cannot be read");
    if (size > most) /* before it is unpacked */
        return err_set(e, ERR_TOO_LARGE, "the file has %zu bytes, and at most %zu are read", size, most);
    if (git_blob_lookup(&blob, s->repository, oid))
        return failed(e, "the file cannot be read");
    ret->size = (size_t)git_blob_rawsize(blob);
    ret->bytes = mem_text_n(git_blob_rawcontent(blob), ret->size);
    git_blob_free(blob);
    return true;
}

/* What people need who mistyped a name: what is in the folder that is there. */
static void say_names(const git_tree *tree, struct text *out)
{
    size_t count = git_tree_entrycount(tree);
    for (size_t i = 0; i < count && i < NAMES_SHOWN; i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        text_addf(out, "%s%s%s", i ? ", " : "", git_tree_entry_name(entry), git_tree_entry_type(entry) == GIT_OBJECT_TREE ? "/" : "");
    }
    text_add(out, count > NAMES_SHOWN ? ", ..." : count ? "" : "nothing");
}

static bool not_there(struct store *s, const git_tree *root, const char *path, struct err *e)
{
    AUTO_FREE char *folder = mem_text(path);
    AUTO_TEXT names = { 0 };
    git_tree_entry *entry = NULL;
    git_tree *tree = NULL;
    for (char *slash; (slash = strrchr(folder, '/')) && !entry;) {
        *slash = 0;
        if (git_tree_entry_bypath(&entry, root, folder) == 0 && git_tree_lookup(&tree, s->repository, git_tree_entry_id(entry)) != 0)
            tree = NULL;
    }
    AUTO_FREE char *where = tree ? mem_format("folder '%.120s'", folder) : mem_text("the repository");
    say_names(tree ? tree : root, &names);
    text_mend(names.at);
    err_set(e, ERR_NOT_FOUND, "there is no file '%.120s'; %s has: %.200s", path, where, text_of(&names));
    git_tree_free(tree);
    git_tree_entry_free(entry);
    return false;
}

static bool take_entry(struct store *s, const git_tree *tree, const char *path, size_t most, struct git_file *ret, struct err *e)
{
    git_tree_entry *entry = NULL;
    if (git_tree_entry_bypath(&entry, tree, path))
        return not_there(s, tree, path, e);
    git_filemode_t mode = git_tree_entry_filemode(entry);
    bool ok = (mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE)
                  ? take_blob(s, git_tree_entry_id(entry), most, ret, e)
                  : err_set(e, ERR_INVALID, "'%.200s' is a %s, and no file", path,
                            mode == GIT_FILEMODE_TREE ? "folder" : mode == GIT_FILEMODE_LINK ? "symbolic link" : "submodule");
    git_tree_entry_free(entry);
    return ok;
}

static bool from_commit(struct store *s, const char *commit, const char *path, size_t most, struct git_file *ret, struct err *e)
{
    git_oid oid;
    git_commit *found = NULL;
    git_tree *tree = NULL;
    bool ok = !git_oid_fromstr(&oid, commit) && !git_commit_lookup(&found, s->repository, &oid) && !git_commit_tree(&tree, found);
    ok = ok ? take_entry(s, tree, path, most, ret, e) : failed(e, "the commit cannot be read");
    git_tree_free(tree);
    git_commit_free(found);
    return ok;
}

bool git_pack_file(const void *pack, size_t size, const char *commit, const char *path, size_t most, struct git_file *ret, struct err *e)
{
    struct store s = { 0 };
    bool ok = store_open(&s, pack, size, e) && from_commit(&s, commit, path, most, ret, e);
    store_close(&s);
    return ok;
}

bool git_pack_blob(const void *pack, size_t size, const char *oid, size_t most, struct git_file *ret, struct err *e)
{
    struct store s = { 0 };
    git_oid id;
    bool ok = store_open(&s, pack, size, e) && (!git_oid_fromstr(&id, oid) || failed(e, "the file's name is wrong")) && take_blob(&s, &id, most, ret, e) &&
              (ret->here || err_set(e, ERR_UPSTREAM, "the Git server did not send the file"));
    store_close(&s);
    return ok;
}
