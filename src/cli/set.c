#include "cli/set.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/yaml.h"
#include "cli/inside.h"

enum { FILE_MOST = 1 << 20, FOLDERS_DEEP = 16, FILES_MOST = 2000 };

struct file {
    char *path;
    struct yaml *yaml;
};

struct set {
    struct file *files;
    size_t file_count;
    struct member { /* a document: where it stands */
        size_t file, index;
        json_t *document, *read; /* read: an object whose keys are pointers */
    } *members;
    size_t count;
};

char *cli_read_file(const char *path, struct err *e)
{
    FILE *f = text_is(path, "-") ? stdin : fopen(path, "re");
    if (!f)
        return err_set(e, ERR_NOT_FOUND, "%s: %s", path, strerror(errno)), NULL;
    char *bytes = mem_alloc(FILE_MOST + 2);
    size_t n = fread(bytes, 1, FILE_MOST + 1, f);
    bool failed = ferror(f);
    int error = errno;
    if (f != stdin)
        fclose(f);
    bool wide = n > 1 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0), cut = memchr(bytes, 0, n) != NULL;
    if (!failed && n <= FILE_MOST && !wide && !cut)
        return bytes;
    free(bytes);
    if (failed) /* a folder: no empty password is made of it */
        return err_set(e, ERR_NOT_FOUND, "%s: %s", path, strerror(error)), NULL;
    if (n <= FILE_MOST) /* half of a file is none */
        return err_set(e, ERR_INVALID, wide ? "%s is UTF-16: save it as UTF-8" : "%s holds a NUL character, so it is no text", path), NULL;
    return err_set(e, ERR_TOO_LARGE, "%s is larger than 1 MiB", path), NULL;
}

void set_destroy(struct set **set)
{
    struct set *s = TAKE(*set);
    if (!s)
        return;
    for (size_t i = 0; i < s->file_count; i++) {
        free(s->files[i].path);
        yaml_destroy(&s->files[i].yaml);
    }
    for (size_t i = 0; i < s->count; i++) {
        json_decref(s->members[i].document);
        json_decref(s->members[i].read);
    }
    free(s->files);
    free(s->members);
    free(s);
}

/* kubeconfigFile, passwordFile, tokenFile: the client reads the file, so that no secret stands in the YAML. A relative path
 * begins where the YAML is. */
static bool read_named_files(struct member *m, const char *folder, struct err *e)
{
    static const struct { const char *name, *into; bool line; } FILES[] = {
        { "kubeconfigFile", "kubeconfig", false }, { "passwordFile", "password", true }, { "tokenFile", "token", true }
    };
    json_t *properties = json_object_get(m->document, "properties");
    for (size_t i = 0; i < ALEN(FILES); i++) {
        const char *named = json_text_at(properties, FILES[i].name, NULL);
        if (!named)
            continue;
        AUTO_FREE char *path = *named == '/' ? mem_text(named) : mem_format("%s/%s", folder, named);
        AUTO_FREE char *text = cli_read_file(path, e);
        AUTO_FREE char *pointer = mem_format("/properties/%s", FILES[i].into);
        if (!text)
            return false;
        if (FILES[i].line)
            text[strcspn(text, "\r\n")] = 0;
        if (json_object_set_new(properties, FILES[i].into, json_string(text)) != 0)
            return err_set(e, ERR_INVALID, "%s is no UTF-8 text", path);
        json_object_del(properties, FILES[i].name);
        json_object_set_new(m->read, pointer, json_true());
    }
    return true;
}

static bool add_document(struct set *s, size_t index, const char *folder, struct err *e)
{
    const struct file *f = &s->files[s->file_count - 1];
    json_t *document = yaml_document(f->yaml, index);
    int line = 1, column = 1;
    if (json_is_null(document))
        return true;
    yaml_where(f->yaml, index, "", &line, &column);
    if (!json_is_object(document) || !*json_text_at(document, "kind", ""))
        return err_set(e, ERR_INVALID, "%s: line %d, column %d: a document must be an object with its kind (PIPELINE, ENDPOINT, VARIABLE ...)", f->path, line, column);
    s->members = mem_resize(s->members, (s->count + 1) * sizeof *s->members);
    struct member *m = &s->members[s->count++];
    *m = (struct member){ s->file_count - 1, index, json_deep_copy(document), json_object() };
    return read_named_files(m, folder, e);
}

static bool add_file(struct set *s, const char *path, struct err *e)
{
    AUTO(yaml) yaml = NULL;
    const char *slash = strrchr(path, '/');
    AUTO_FREE char *folder = slash ? mem_text_n(path, (size_t)(slash - path)) : mem_text(".");
    AUTO_FREE char *text = s->file_count < FILES_MOST ? cli_read_file(path, e) : NULL;
    if (s->file_count == FILES_MOST)
        return err_set(e, ERR_TOO_LARGE, "more than %d files", FILES_MOST);
    if (!text || !yaml_read(text, strlen(text), &yaml, e))
        return text ? err_wrap(e, "%s", path) : false;
    s->files = mem_resize(s->files, (s->file_count + 1) * sizeof *s->files);
    s->files[s->file_count++] = (struct file){ mem_text(path), TAKE(yaml) };
    for (size_t i = 0; i < yaml_count(s->files[s->file_count - 1].yaml); i++)
        if (!add_document(s, i, folder, e))
            return false;
    return true;
}

static bool add_path(struct set *s, const char *path, bool recursive, int depth, struct err *e);

static bool add_folder(struct set *s, const char *path, bool recursive, int depth, struct err *e)
{
    struct dirent **found = NULL;
    bool ok = true;
    int count = scandir(path, &found, NULL, alphasort);
    if (count < 0)
        return err_set(e, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        AUTO_FREE char *inner = mem_format("%s/%s", path, found[i]->d_name);
        struct stat st;
        bool folder = stat(inner, &st) == 0 && S_ISDIR(st.st_mode), document = text_ends(inner, ".yaml") || text_ends(inner, ".yml") || text_ends(inner, ".json");
        if (ok && found[i]->d_name[0] != '.' && (folder ? recursive : document))
            ok = add_path(s, inner, recursive, depth + 1, e);
        free(found[i]);
    }
    free(found);
    return ok;
}

static bool add_path(struct set *s, const char *path, bool recursive, int depth, struct err *e)
{
    struct stat st;
    if (depth > FOLDERS_DEEP)
        return err_set(e, ERR_TOO_LARGE, "%s: folders deeper than %d", path, FOLDERS_DEEP);
    if (text_is(path, "-") || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return add_file(s, path, e);
    return add_folder(s, path, recursive, depth, e);
}

bool set_read(const char *const *paths, int count, bool recursive, struct set **ret, struct err *e)
{
    AUTO(set) s = NEW(struct set);
    for (int i = 0; i < count; i++)
        if (!add_path(s, paths[i], recursive, 0, e))
            return false;
    *ret = TAKE(s);
    return true;
}

size_t set_count(const struct set *set)
{
    return set->count;
}

json_t *set_documents(const struct set *set)
{
    json_t *list = json_array();
    for (size_t i = 0; i < set->count; i++)
        json_array_append(list, set->members[i].document);
    return list;
}

char *set_where(const struct set *set, size_t i, const char *pointer)
{
    int line = 1, column = 1;
    if (i >= set->count)
        return mem_text("");
    const struct member *m = &set->members[i];
    yaml_where(set->files[m->file].yaml, m->index, pointer, &line, &column);
    return mem_format("%s:%d:%d", set->files[m->file].path, line, column);
}

bool set_from_file(const struct set *set, size_t i, const char *pointer)
{
    return i < set->count && json_object_get(set->members[i].read, pointer);
}
