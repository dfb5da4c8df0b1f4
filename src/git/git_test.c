#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "git/fetch.h"

/* ---- addresses and logins */

TEST(git_target, works_out_where_the_repository_is)
{
    static const struct { const char *type, *url, *want; } CASES[] = {
        { "GitHub", "https://api.github.com/acme/shop", "https://github.com/acme/shop.git" },
        { "GitHub", "https://api.github.com/repos/acme/shop/", "https://github.com/acme/shop.git" },
        { "GitHub", "https://github.com/acme/shop", "https://github.com/acme/shop.git" },
        { "github-enterprise", "https://git.acme.example/api/v3/acme/shop", "https://git.acme.example/acme/shop.git" },
        { "GitHub-Enterprise", "https://git.acme.example/api/v3/repos/acme/shop", "https://git.acme.example/acme/shop.git" },
        { "GitLab", "https://gitlab.com/acme/web/shop", "https://gitlab.com/acme/web/shop.git" },
        { "GitLab-Enterprise", "http://gitlab.acme.example:8443/api/v4/projects/acme%2Fshop", "http://gitlab.acme.example:8443/acme/shop.git" },
        { "Bitbucket", "https://api.bitbucket.org/acme/shop", "https://bitbucket.org/acme/shop.git" },
        { "Bitbucket", "https://api.bitbucket.org/2.0/repositories/acme/shop", "https://bitbucket.org/acme/shop.git" },
        { "Bitbucket-Enterprise", "https://bb.example/rest/api/1.0/projects/AC/repos/shop", "https://bb.example/scm/AC/shop.git" },
        { "Bitbucket-Enterprise", "https://bb.example/rest/api/1.0/users/~anna/repos/shop", "https://bb.example/scm/~anna/shop.git" },
        { "Bitbucket-Enterprise", "https://bb.example/scm/ac/shop.git", "https://bb.example/scm/ac/shop.git" },
        { "Gitea", "https://git.example/api/v1/repos/acme/shop", "https://git.example/acme/shop.git" },
        { "generic", "http://10.0.0.5:3000/srv/shop", "http://10.0.0.5:3000/srv/shop" },
        { "", "http://10.0.0.5/shop.git", "http://10.0.0.5/shop.git" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *url = NULL;
        struct err e = { 0 };
        CHECK_OK(git_clone_url(CASES[i].type, CASES[i].url, &url, &e), e);
        CHECK_TEXT(url, CASES[i].want);
    }
}

TEST(git_target, says_which_property_is_wrong)
{
    static const struct { const char *json, *field; } CASES[] = {
        { "{\"serverType\": \"SVN\", \"repoURL\": \"https://a/b/c\"}", "serverType" },
        { "{\"serverType\": \"GitHub\"}", "repoURL" },
        { "{\"serverType\": \"GitHub\", \"repoURL\": \"https://api.github.com/acme\"}", "repoURL" },
        { "{\"serverType\": \"GitHub\", \"repoURL\": \"git@github.com:acme/shop\"}", "repoURL" },
        { "{\"serverType\": \"GitHub\", \"repoURL\": \"https://me:secret@github.com/acme/shop\"}", "repoURL" },
        { "{\"serverType\": \"GitHub\", \"repoURL\": \"https://github.com/acme/../shop\"}", "repoURL" },
        { "{\"repoURL\": \"https://a/b/c\", \"branch\": \"a b\"}", "branch" },
        { "{\"repoURL\": \"https://a/b/c\", \"branch\": \"a\\nref-prefix b\"}", "branch" },
        { "{\"repoURL\": \"https://a/b/c\", \"authType\": \"privateToken\"}", "privateToken" },
        { "{\"repoURL\": \"https://a/b/c\", \"authType\": \"password\", \"password\": \"x\"}", "userName" },
        { "{\"repoURL\": \"https://a/b/c\", \"authType\": \"key\"}", "authType" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(git_target) target = NULL;
        AUTO_JSON *properties = NULL;
        struct err e = { 0 };
        CHECK_OK(json_read(CASES[i].json, strlen(CASES[i].json), &properties, &e), e);
        CHECK(!git_target_from_properties(properties, &target, &e));
        CHECK_TEXT(e.field, CASES[i].field);
    }
}

TEST(git_target, logs_in_as_each_server_wants_it)
{
    static const struct { const char *json, *plain; } CASES[] = {
        { "{\"serverType\": \"GitHub\", \"repoURL\": \"https://api.github.com/a/b\", \"authType\": \"privateToken\", \"privateToken\": \"t0\"}", "x-access-token:t0" },
        { "{\"serverType\": \"GitLab\", \"repoURL\": \"https://gitlab.com/a/b\", \"privateToken\": \"t0\"}", "oauth2:t0" },
        { "{\"serverType\": \"Bitbucket\", \"repoURL\": \"https://bitbucket.org/a/b\", \"userName\": \"anna\", \"privateToken\": \"t0\"}", "anna:t0" },
        { "{\"repoURL\": \"https://h/a/b\", \"authType\": \"password\", \"userName\": \"anna\", \"password\": \"p\", \"privateToken\": \"t0\"}", "anna:p" },
        { "{\"repoURL\": \"https://h/a/b\", \"authType\": \"none\", \"password\": \"p\"}", NULL },
        { "{\"repoURL\": \"https://h/a/b\"}", NULL },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(git_target) target = NULL;
        AUTO_JSON *properties = NULL;
        struct err e = { 0 };
        CHECK_OK(json_read(CASES[i].json, strlen(CASES[i].json), &properties, &e), e);
        CHECK_OK(git_target_from_properties(properties, &target, &e), e);
        AUTO_FREE char *encoded = CASES[i].plain ? text_base64(CASES[i].plain, strlen(CASES[i].plain)) : NULL;
        AUTO_FREE char *want = encoded ? mem_format("Basic %s", encoded) : mem_text("");
        CHECK_TEXT(target->authorization, want);
    }
}

TEST(git_path, names_files_as_git_does)
{
    static const struct { const char *path, *want; } CASES[] = {
        { "/k8s/site.yaml", "k8s/site.yaml" }, { "k8s//./site.yaml", "k8s/site.yaml" }, { "a..b", "a..b" }, { "../x", NULL }, { "a/../../x", NULL }, { "/", NULL }, { "", NULL },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *path = NULL;
        struct err e = { 0 };
        CHECK(git_path(CASES[i].path, &path, &e) == (CASES[i].want != NULL));
        CHECK_TEXT(path, CASES[i].want);
    }
}

/* ---- the protocol */

#define OID_A "1111111111111111111111111111111111111111"
#define OID_B "2222222222222222222222222222222222222222"

/* "line|line|0000" as packets. */
static void packets(struct text *out, const char *lines)
{
    for (const char *at = lines; *at;) {
        size_t n = strcspn(at, "|");
        if (n == 4 && strspn(at, "01") == 4)
            text_add_n(out, at, n);
        else
            text_addf(out, "%04zx%.*s\n", n + 5, (int)n, at);
        at += n + (at[n] == '|');
    }
}

TEST(git_packet, reads_what_a_server_can_do)
{
    static const struct { const char *lines; bool filter, shallow; const char *why; } CASES[] = {
        { "# service=git-upload-pack|0000|version 2|agent=git/2.39|ls-refs=unborn|fetch=shallow wait-for-done filter|object-format=sha1|0000", true, true, NULL },
        { "version 2|fetch=shallow|0000", false, true, NULL },
        { "version 2|fetch=filterless|0000", false, false, NULL },
        { "# service=git-upload-pack|0000|" OID_A " HEAD|0000", false, false, "protocol version 2" },
        { "version 2|object-format=sha256|0000", false, false, "SHA-256" },
        { "# service=git-upload-pack|0000", false, false, "no Git server" },
        { "ERR no such repository", false, false, "no such repository" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_TEXT bytes = { 0 };
        struct git_offer offer;
        struct err e = { 0 };
        packets(&bytes, CASES[i].lines);
        CHECK(git_offer_read(bytes.at, bytes.length, &offer, &e) == !CASES[i].why);
        if (CASES[i].why) {
            CHECK_HAS(e.text, CASES[i].why);
            continue;
        }
        CHECK(offer.filter == CASES[i].filter);
        CHECK(offer.shallow == CASES[i].shallow);
    }
}

TEST(git_packet, finds_a_branch_before_a_tag)
{
    static const struct { const char *lines, *name, *want; } CASES[] = {
        { OID_A " refs/heads/main|0000", "main", OID_A },
        { OID_A " refs/tags/main|" OID_B " refs/heads/main|0000", "main", OID_B },
        { OID_A " refs/tags/v1 peeled:" OID_B "|0000", "v1", OID_B },
        { OID_A " refs/heads/mainline|0000", "main", NULL },
        { OID_A " HEAD symref-target:refs/heads/main|" OID_B " refs/heads/HEAD|0000", "", OID_A },
        { OID_A " refs/heads/x|0000", "refs/heads/x", OID_A },
        { "not an id refs/heads/main|0000", "main", NULL },
        { "0000", "main", NULL },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_TEXT bytes = { 0 };
        char oid[GIT_OID + 1] = "";
        struct err e = { 0 };
        packets(&bytes, CASES[i].lines);
        CHECK(git_refs_read(bytes.at, bytes.length, CASES[i].name, oid, &e) == (CASES[i].want != NULL));
        CHECK_TEXT(oid, CASES[i].want ? CASES[i].want : "");
        CHECK_INT(e.kind, CASES[i].want ? ERR_NONE : ERR_NOT_FOUND);
    }
}

TEST(git_packet, takes_the_pack_out_of_its_bands)
{
    static const struct { const char *lines, *pack, *why; } CASES[] = {
        { "shallow-info|shallow " OID_A "|0001|packfile|\1PA|\2Counting|\1CK|0000", "PA\nCK\n", NULL },
        { "packfile|\1PA|\3access denied|0000", NULL, "broke off: access denied" },
        { "packfile|0000", NULL, "sent no objects" },
        { "packfile|\1PA", NULL, "broke off" },
        { "ERR upload-pack: not our ref " OID_A, NULL, "not our ref" },
        { "packfile|\7PA|0000", NULL, "makes no sense" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_TEXT bytes = { 0 }, pack = { 0 };
        struct err e = { 0 };
        packets(&bytes, CASES[i].lines);
        CHECK(git_pack_read(bytes.at, bytes.length, &pack, &e) == (CASES[i].pack != NULL));
        if (CASES[i].pack)
            CHECK_TEXT(pack.at, CASES[i].pack);
        else
            CHECK_HAS(e.text, CASES[i].why);
    }
}

TEST(git_packet, asks_for_no_more_than_it_needs)
{
    AUTO_TEXT filtered = { 0 }, whole = { 0 }, refs = { 0 };
    git_ask_commit(&filtered, OID_A, &(struct git_offer){ .filter = true, .shallow = true });
    CHECK_HAS(filtered.at, "0012command=fetch");
    CHECK_HAS(filtered.at, "000ddeepen 1\n");
    CHECK_HAS(filtered.at, "0015filter blob:none\n");
    git_ask_file(&whole, OID_A);
    CHECK_HAS(whole.at, "0032want " OID_A "\n");
    CHECK(!strstr(whole.at, "deepen"));
    git_ask_refs(&refs, "main");
    CHECK_HAS(refs.at, "ref-prefix refs/heads/main\n");
}

/* ---- packs */

struct made { /* a commit of two files, and what a server would send of it */
    git_repository *repository;
    char folder[64];
    git_oid commit, file;
};

static void make(struct made *m)
{
    git_treebuilder *inner = NULL, *outer = NULL;
    git_signature *who = NULL;
    git_tree *tree = NULL;
    git_oid folder, root;
    git_libgit2_init();
    snprintf(m->folder, sizeof m->folder, "/tmp/slipway-git-test-XXXXXX");
    CHECK(mkdtemp(m->folder) != NULL);
    CHECK_INT(git_repository_init(&m->repository, m->folder, 1), 0);
    CHECK_INT(git_blob_create_from_buffer(&m->file, m->repository, "kind: Service\n", 14), 0);
    git_treebuilder_new(&inner, m->repository, NULL);
    git_treebuilder_insert(NULL, inner, "site.yaml", &m->file, GIT_FILEMODE_BLOB);
    git_treebuilder_insert(NULL, inner, "link.yaml", &m->file, GIT_FILEMODE_LINK);
    git_treebuilder_write(&folder, inner);
    git_treebuilder_new(&outer, m->repository, NULL);
    git_treebuilder_insert(NULL, outer, "k8s", &folder, GIT_FILEMODE_TREE);
    git_treebuilder_write(&root, outer);
    git_tree_lookup(&tree, m->repository, &root);
    git_signature_new(&who, "anna", "anna@example.com", 0, 0);
    CHECK_INT(git_commit_create_v(&m->commit, m->repository, NULL, who, who, NULL, "one", tree, 0), 0);
    git_treebuilder_free(inner);
    git_treebuilder_free(outer);
    git_tree_free(tree);
    git_signature_free(who);
}

static void unmake(struct made *m)
{
    AUTO_FREE char *command = mem_format("rm -rf %s", m->folder);
    git_repository_free(m->repository);
    CHECK_INT(system(command), 0);
    git_libgit2_shutdown();
}

static int keep(void *bytes, size_t size, void *context)
{
    text_add_n(context, bytes, size);
    return 0;
}

/* What a server sends: the commit with its folders, and its files unless they are left out; or one file alone. */
static void pack_of(struct made *m, bool commit, bool file, struct text *out)
{
    git_packbuilder *builder = NULL;
    git_commit *found = NULL;
    git_packbuilder_new(&builder, m->repository);
    if (commit && file) {
        git_packbuilder_insert_commit(builder, &m->commit);
    } else if (commit) {
        git_tree_entry *entry = NULL;
        git_tree *tree = NULL;
        git_commit_lookup(&found, m->repository, &m->commit);
        git_commit_tree(&tree, found);
        git_tree_entry_bypath(&entry, tree, "k8s");
        git_packbuilder_insert(builder, &m->commit, NULL);
        git_packbuilder_insert(builder, git_tree_id(tree), NULL);
        git_packbuilder_insert(builder, git_tree_entry_id(entry), NULL);
        git_tree_entry_free(entry);
        git_tree_free(tree);
        git_commit_free(found);
    } else {
        git_packbuilder_insert(builder, &m->file, NULL);
    }
    CHECK_INT(git_packbuilder_foreach(builder, keep, out), 0);
    git_packbuilder_free(builder);
}

TEST(git_pack, reads_one_file_of_a_commit)
{
    struct made m = { 0 };
    AUTO_TEXT all = { 0 }, folders = { 0 }, alone = { 0 };
    char commit[GIT_OID + 1];
    struct git_file file = { 0 };
    struct err e = { 0 };
    make(&m);
    git_oid_tostr(commit, sizeof commit, &m.commit);
    pack_of(&m, true, true, &all);
    pack_of(&m, true, false, &folders);
    pack_of(&m, false, true, &alone);
    CHECK_OK(git_pack_file(all.at, all.length, commit, "k8s/site.yaml", 100, &file, &e), e);
    CHECK_TEXT(file.bytes, "kind: Service\n");
    git_file_fini(&file);
    CHECK_OK(git_pack_file(folders.at, folders.length, commit, "k8s/site.yaml", 100, &file, &e), e);
    CHECK(!file.here);
    AUTO_FREE char *oid = mem_text(file.oid);
    CHECK_OK(git_pack_blob(alone.at, alone.length, oid, 100, &file, &e), e);
    CHECK_TEXT(file.bytes, "kind: Service\n");
    git_file_fini(&file);
    unmake(&m);
}

TEST(git_pack, says_what_is_there_instead)
{
    static const struct { const char *path; size_t most; const char *why; } CASES[] = {
        { "k8s/sight.yaml", 100, "there is no file 'k8s/sight.yaml'; folder 'k8s' has: link.yaml, site.yaml" },
        { "other/site.yaml", 100, "there is no file 'other/site.yaml'; the repository has: k8s/" },
        { "k8s", 100, "'k8s' is a folder, and no file" },
        { "k8s/link.yaml", 100, "'k8s/link.yaml' is a symbolic link, and no file" },
        { "k8s/site.yaml", 13, "the file has 14 bytes, and at most 13 are read" },
    };
    struct made m = { 0 };
    AUTO_TEXT all = { 0 };
    char commit[GIT_OID + 1];
    make(&m);
    git_oid_tostr(commit, sizeof commit, &m.commit);
    pack_of(&m, true, true, &all);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct git_file file = { 0 };
        struct err e = { 0 };
        CHECK(!git_pack_file(all.at, all.length, commit, CASES[i].path, CASES[i].most, &file, &e));
        CHECK_TEXT(e.text, CASES[i].why);
        git_file_fini(&file);
    }
    AUTO_TEXT many = { 0 }; /* it says that it has 713 million objects */
    text_add_n(&many, all.at, all.length);
    memcpy(many.at + 8, "\x2a\x86\x48\x86", 4);
    struct git_file none = { 0 };
    struct err too_many = { 0 };
    CHECK(!git_pack_file(many.at, many.length, commit, "k8s/site.yaml", 100, &none, &too_many));
    CHECK_HAS(too_many.text, "too many objects");
    for (size_t cut = 0; cut < all.length; cut += 7) { /* and whatever breaks off is an error, not a crash */
        struct git_file file = { 0 };
        struct err e = { 0 };
        CHECK(!git_pack_file(all.at, cut, commit, "k8s/site.yaml", 100, &file, &e));
        git_file_fini(&file);
    }
    unmake(&m);
}
