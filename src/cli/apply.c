/* slipway apply: YAML documents become things at the server. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/yaml.h"
#include "cli/inside.h"

#define P "/pipeline/api"
#define FILE_MOST (1 << 20)

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
    if (!failed && n <= FILE_MOST)
        return bytes;
    free(bytes);
    if (failed) /* a folder: no empty password is made of it */
        return err_set(e, ERR_NOT_FOUND, "%s: %s", path, strerror(error)), NULL;
    return err_set(e, ERR_TOO_LARGE, "%s is larger than 1 MiB", path), NULL;
}

/* kubeconfigFile, passwordFile, tokenFile: the client reads the file, so that no secret stands in the YAML. A relative path
 * begins where the YAML is. */
static bool read_named_files(json_t *document, const char *folder, struct err *e)
{
    static const struct { const char *name, *into; bool line; } FILES[] = {
        { "kubeconfigFile", "kubeconfig", false }, { "passwordFile", "password", true }, { "tokenFile", "token", true }
    };
    json_t *properties = json_object_get(document, "properties");
    for (size_t i = 0; i < ALEN(FILES); i++) {
        const char *named = json_text_at(properties, FILES[i].name, NULL);
        if (!named)
            continue;
        AUTO_FREE char *path = *named == '/' ? mem_text(named) : mem_format("%s/%s", folder, named);
        AUTO_FREE char *text = cli_read_file(path, e);
        if (!text)
            return false;
        if (FILES[i].line)
            text[strcspn(text, "\r\n")] = 0;
        if (json_object_set_new(properties, FILES[i].into, json_string(text)) != 0)
            return err_set(e, ERR_INVALID, "%s is no UTF-8 text", path);
        json_object_del(properties, FILES[i].name);
    }
    return true;
}

/* Does the server have all this already? What it hides (a password) cannot be told, so that counts as a change. */
bool apply_same(const json_t *wanted, const json_t *there)
{
    const char *key;
    json_t *value;
    if (!json_is_object(wanted) || !json_is_object(there))
        return json_equal(wanted, there) || (json_is_null(wanted) && !there);
    json_object_foreach((json_t *)wanted, key, value)
        if (!text_is(key, "kind") && !apply_same(value, json_object_get(there, key)))
            return false;
    return true;
}

static void say(const struct kind *kind, const char *name, const char *what)
{
    fprintf(stderr, "%s %s %s\n", kind->yaml, name, what);
}

static void say_warnings(const json_t *answer)
{
    size_t i;
    json_t *warning;
    json_array_foreach(json_object_get(answer, "_warnings"), i, warning) {
        AUTO_FREE char *where = screen_clean(json_text_at(warning, "pointer", "")), *what = screen_clean(json_text_at(warning, "message", ""));
        fprintf(stderr, "  warning: %s%s%s\n", where, *where ? ": " : "", what);
    }
    say_docker_hub(answer);
    say_texts(json_object_get(answer, "warnings"));
}

static int change(struct cli *cli, const struct kind *kind, const char *path, const json_t *document, const char *name, const char *what)
{
    struct cli_answer a = { 0 };
    int code = cli_do(cli, text_is(kind->yaml, "PROJECT") ? "PATCH" : "PUT", path, document, &a);
    if (code == CLI_OK && what) {
        say(kind, name, what);
        say_warnings(a.json);
    }
    cli_answer_fini(&a);
    return code;
}

/* A pipeline that comes back disabled is enabled by a second call, as Code Stream's clients do. */
static int make(struct cli *cli, const struct kind *kind, const char *path, const json_t *document, const char *name)
{
    struct cli_answer a = { 0 };
    AUTO_FREE char *collection = mem_format(P "%s", kind->path);
    int code = cli_do(cli, "POST", collection, document, &a);
    bool disabled = json_bool_at(document, "enabled", false) && !json_bool_at(a.json, "enabled", true);
    if (code == CLI_OK) {
        say(kind, name, "created");
        say_warnings(a.json);
    }
    cli_answer_fini(&a);
    return code == CLI_OK && disabled ? change(cli, kind, path, document, name, NULL) : code;
}

static char *path_in(const struct kind *kind, const char *project, const char *name)
{
    struct cli other = { .project = (char *)project };
    return object_path(&other, kind, name);
}

static int apply_one(struct cli *cli, const struct kind *kind, json_t *document)
{
    const char *name = json_text_at(document, "name", NULL), *project = json_text_at(document, "project", cli->project);
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    if (text_empty(name)) {
        fprintf(stderr, "slipway: a %s without a name\n", kind->yaml);
        return CLI_USAGE;
    }
    if (!text_is(kind->yaml, "PROJECT"))
        json_set_text(document, "project", project);
    AUTO_FREE char *path = path_in(kind, json_text_at(document, "project", project), name);
    if (!cli_call(cli, "GET", path, NULL, NULL, &a, &e))
        return cli_error(&e);
    long status = a.status;
    bool same = status == 200 && apply_same(document, a.json);
    int code = status == 200 || status == 404 ? CLI_OK : cli_refused(&a);
    cli_answer_fini(&a);
    if (code == CLI_OK && same)
        say(kind, name, "unchanged");
    if (code != CLI_OK || same)
        return code;
    return status == 200 ? change(cli, kind, path, document, name, "updated") : make(cli, kind, path, document, name);
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? mem_text_n(path, (size_t)(slash - path)) : mem_text(".");
}

static int add_documents(const char *path, json_t *all)
{
    struct err e = { 0 };
    AUTO(yaml) yaml = NULL;
    AUTO_FREE char *text = cli_read_file(path, &e);
    if (!text)
        return cli_error(&e);
    AUTO_FREE char *folder = folder_of(path);
    if (!yaml_read(text, strlen(text), &yaml, &e)) {
        fprintf(stderr, "slipway: %s: %s\n", path, e.text);
        return CLI_USAGE;
    }
    for (size_t i = 0; i < yaml_count(yaml); i++) {
        json_t *document = yaml_document(yaml, i);
        const char *kind = json_text_at(document, "kind", "");
        if (json_is_null(document))
            continue;
        if (!kind_of_yaml(kind)) {
            fprintf(stderr, "slipway: %s: document %zu: kind '%s' is none of PROJECT, VARIABLE, ENDPOINT, PIPELINE, DOCKER_WEBHOOK\n", path, i + 1, kind);
            return CLI_USAGE;
        }
        json_t *copy = json_deep_copy(document);
        json_array_append_new(all, copy);
        if (!read_named_files(copy, folder, &e))
            return cli_error(&e);
    }
    return CLI_OK;
}

static int add_path(const char *path, json_t *all)
{
    struct dirent **found = NULL;
    struct stat s;
    int code = CLI_OK;
    if (text_is(path, "-") || stat(path, &s) != 0 || !S_ISDIR(s.st_mode))
        return add_documents(path, all);
    int count = scandir(path, &found, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        AUTO_FREE char *file = mem_format("%s/%s", path, found[i]->d_name);
        if (code == CLI_OK && (text_ends(file, ".yaml") || text_ends(file, ".yml") || text_ends(file, ".json")))
            code = add_documents(file, all);
        free(found[i]);
    }
    free(found);
    return code;
}

int command_apply(struct cli *cli)
{
    AUTO_JSON *all = json_array();
    size_t i;
    json_t *document;
    const char *path = cli->file ? cli->file : cli->count ? cli->words[0] : NULL;
    if (!path) {
        fputs("slipway: usage: slipway apply -f FILE|FOLDER|-\n", stderr);
        return CLI_USAGE;
    }
    int code = add_path(path, all);
    for (size_t k = 0; code == CLI_OK && KINDS[k].name; k++)
        json_array_foreach(all, i, document)
            if (code == CLI_OK && kind_of_yaml(json_text_at(document, "kind", "")) == &KINDS[k])
                code = apply_one(cli, &KINDS[k], document);
    return code;
}

