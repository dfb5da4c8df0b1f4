/* The commands against a server that answers what a table says; in a process of its own, because the client waits for answers. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "cli/inside.h"
#include "http/server.h"

#define A "/pipeline/api"
#define EXECUTION                                                                                                          \
    "{\"name\":\"P\",\"index\":3,\"id\":\"x3\",\"status\":\"FAILED\",\"statusMessage\":\"S.A: no\",\"stageOrder\":[\"S\"]," \
    "\"stages\":{\"S\":{\"status\":\"FAILED\",\"taskOrder\":[\"A, B\"],\"tasks\":{"                                         \
    "\"A\":{\"id\":\"x3~0.0\",\"status\":\"FAILED\",\"statusMessage\":\"no \\u001b[31m\"},"                                \
    "\"B\":{\"id\":\"x3~0.1\",\"status\":\"COMPLETED\",\"statusMessage\":\"\"}}}}}"

static const struct row {
    const char *method, *path; /* path: with the query, as sent */
    int status;
    const char *type, *body;
} ROWS[] = {
    { "GET", A "/user-preferences", 200, NULL, "{\"userName\":\"ann\"}" },
    { "GET", A "/pipelines?expand=true&%24top=100", 200, NULL,
      "{\"count\":2,\"totalCount\":2,\"links\":[\"/b\",\"/a\"],\"documents\":{\"/a\":{\"name\":\"a\",\"project\":\"d\"},"
      "\"/b\":{\"name\":\"\xc3\xbc\xc3\xb6\",\"project\":\"\\u001b[2Jevil\",\"state\":\"ENABLED\"}}}" },
    { "GET", A "/pipelines?expand=true&%24filter=%28project%20eq%20%27o%27%27x%27%29&%24top=100", 200, NULL,
      "{\"count\":0,\"totalCount\":0,\"links\":[],\"documents\":{}}" },
    { "GET", A "/pipelines?expand=true&%24top=1", 200, NULL,
      "{\"count\":1,\"totalCount\":7,\"links\":[\"/a\"],\"documents\":{\"/a\":{\"name\":\"a\"}}}" },
    { "GET", A "/pipelines/default/gone", 404, NULL, "{\"message\":\"there is no pipeline 'gone'\"}" },
    { "GET", A "/pipelines/default/secret", 403, NULL, "{\"message\":\"no\"}" },
    { "GET", A "/pipelines/default/html", 502, "text/html", "<html>" },
    { "DELETE", A "/endpoints/default/used", 409, NULL, "{\"message\":\"used by w\"}" },
    { "POST", A "/pipelines/default/P/executions", 202, NULL, "{\"executionId\":\"x3\"}" },
    { "GET", A "/pipelines/default/P/executions/3", 200, NULL, EXECUTION },
    { "GET", A "/executions/x3", 200, NULL, EXECUTION },
    { "GET", A "/executions/x3/events", 200, "text/event-stream", ": hello\n\nevent: execution\ndata: " EXECUTION "\n\n" },
    { "GET", A "/executions/x3/logs?after=0&wait=20", 200, NULL, "{\"logs\":\"one\\n\",\"next\":5}" },
    { "GET", A "/executions/x3/logs?after=5&wait=20", 200, NULL, "{\"logs\":\"two\\n\",\"next\":9}" },
    { "GET", A "/executions/x3/logs?after=9&wait=20", 200, NULL, "{\"logs\":\"\",\"next\":9}" },
    { "GET", A "/executions/x3/logs?after=9", 200, NULL, "{\"logs\":\"\",\"next\":9}" },
    { "GET", A "/executions/x3/logs?after=0&task=1", 200, NULL, "{\"logs\":\"of B\\n\",\"next\":0}" },
    { "GET", A "/registry-events/e1", 200, NULL,
      "{\"imageName\":\"a/b\",\"tag\":\"1\",\"executionStatus\":\"IGNORED\",\"message\":\"m\",\"trace\":[{\"webhook\":\"w\",\"why\":\"tag no\"}]}" },
    { "POST", A "/registry-events?action=rerun&$filter=F&search=", 200, NULL,
      "{\"count\":2,\"matched\":3,\"superseded\":1,\"underWay\":0,\"notTaken\":0,\"started\":[],\"refused\":[]}" },
    { "POST", A "/registry-events?action=rerun&$filter=F&search=&expect=2", 200, NULL,
      "{\"count\":2,\"matched\":3,\"superseded\":1,\"started\":[{\"event\":\"e1\"}],\"refused\":[{\"event\":\"e2\",\"message\":\"no \\u001b[31m\"}]}" },
    { "POST", A "/registry-events/e1?action=release", 200, NULL, "{\"executionStatus\":\"QUEUED\",\"message\":\"\"}" },
    { "POST", A "/registry-events/e1?action=discard", 409, NULL, "{\"message\":\"the event is not held\"}" },
    { "POST", A "/executions/x3/pushes", 201, NULL, "{\"image\":\"docker.io/a/b:1\"}" },
    { "POST", A "/users", 200, NULL, "{\"name\":\"bot\"}" },
    { "POST", A "/users/vera/invitation", 200, NULL, "{\"url\":\"https://slipway.test/invitation#sli_x\",\"expiresAt\":\"soon\"}" },
    { "POST", A "/tokens", 200, NULL, "{\"token\":\"once\"}" },
    { "GET", A "/variables/default/other", 200, NULL, "{\"name\":\"other\",\"project\":\"default\",\"value\":\"1\"}" },
    { "PUT", A "/variables/default/other", 200, NULL, "{}" },
    { "GET", A "/variables/default/fresh", 404, NULL, "{}" },
    { "POST", A "/variables", 200, NULL, "{}" },
    { "POST", A "/apply", 200, NULL,
      "{\"created\":1,\"updated\":1,\"unchanged\":1,\"deleted\":1,\"kept\":0,\"documents\":["
      "{\"document\":1,\"kind\":\"VARIABLE\",\"project\":\"d\",\"name\":\"same\",\"status\":\"UNCHANGED\",\"statusMessage\":\"\",\"warnings\":[]},"
      "{\"document\":2,\"kind\":\"ENDPOINT\",\"project\":\"d\",\"name\":\"e\",\"status\":\"UPDATED\",\"statusMessage\":\"\",\"diff\":\"-a: 1\\n+a: 2\\n\",\"warnings\":["
      "{\"level\":\"WARNING\",\"pointer\":\"/properties/password\",\"message\":\"a password\",\"variable\":\"e-password\"},"
      "{\"level\":\"WARNING\",\"pointer\":\"/properties/x\",\"message\":\"odd \\u001b[2J\"}]},"
      "{\"document\":0,\"kind\":\"PIPELINE\",\"project\":\"d\",\"name\":\"new\",\"status\":\"CREATED\",\"statusMessage\":\"\",\"diff\":\"+name: new\\n\",\"warnings\":["
      "{\"level\":\"WARNING\",\"pointer\":\"/enabled\",\"message\":\"look\"}]},"
      "{\"kind\":\"PIPELINE\",\"project\":\"d\",\"name\":\"old\",\"status\":\"DELETED\",\"statusMessage\":\"\",\"diff\":\"-name: old\\n\",\"warnings\":[]}]}" },
    { "POST", A "/pipelines/default/P/secrets", 200, NULL, "{\"secured\":[{\"variable\":\"v\",\"pointer\":\"/a\"}]}" },
    { "GET", A "/registry-webhooks/default/w", 200, NULL,
      "{\"name\":\"w\",\"externalListenerLink\":\"/x/u1\",\"webhookUrl\":\"https://s/u1?secureToken=t\",\"dockerHub\":{\"state\":\"manual\",\"message\":\"by \\u001bhand\"}}" },
    { "GET", A "/registry-webhooks/default/blind", 200, NULL, "{\"name\":\"blind\"}" },
    { "POST", A "/registry-webhooks/default/w?action=rotate", 200, NULL,
      "{\"webhookUrl\":\"https://s/new\",\"dockerHub\":{\"state\":\"registered\"},\"warnings\":[\"private\",\"sweep\"]}" },
    { "POST", A "/registry-webhooks/default/w?action=register", 200, NULL,
      "{\"webhookUrl\":\"https://s/u1\",\"dockerHub\":{\"state\":\"failed\",\"message\":\"no (401)\",\"nextTryAt\":\"soon\"}}" },
    { "GET", A "/registry-deliveries?expand=true&%24top=20&%24orderby=receivedAt%20desc&%24filter=listener%20eq%20%27u2%27", 200, NULL,
      "{\"count\":0,\"totalCount\":0,\"links\":[],\"documents\":{}}" },
    { "POST", A "/import?action=apply", 400, NULL, "{\"message\":\"bad\",\"field\":\"f\",\"problems\":[{\"pointer\":\"/p\",\"message\":\"why\"}]}" },
};

static bool authorized(const struct http_request *r)
{
    return text_is(http_headers_get(r->headers, "Authorization"), "Bearer good");
}

static void handle(void *context, struct http_request *r)
{
    AUTO_FREE char *whole = *r->query ? mem_format("%s?%s", r->path, r->query) : mem_text(r->path);
    (void)context;
    if (text_ends(r->path, "/authorize")) {
        bool known = text_is(r->body, "refresh_token=t");
        const char *body = known ? "{\"access_token\":\"good\",\"expires_in\":300}" : "{\"message\":\"unknown token\"}";
        http_answer(r, known ? 200 : 401, "application/json", body, strlen(body));
        return;
    }
    for (size_t i = 0; i < ALEN(ROWS); i++) {
        const struct row *row = &ROWS[i];
        if (!text_is(row->path, whole) || !text_is(row->method, r->method))
            continue;
        http_answer(r, authorized(r) ? row->status : 401, row->type ? row->type : "application/json", row->body, strlen(row->body));
        return;
    }
    AUTO_FREE char *unknown = mem_format("{\"message\":\"not in the table: %s %s\"}", r->method, whole);
    http_answer(r, 500, "application/json", unknown, strlen(unknown));
}

static void serve(int to)
{
    struct loop *loop = NULL;
    struct http_server *server = NULL;
    struct http_server_config config = { .address = "127.0.0.1", .handle = handle, .limits = HTTP_LIMITS };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!loop_create(&loop, NULL) || !http_server_open(loop, &config, &server, NULL))
        _exit(1);
    int port = http_server_port(server);
    if (write(to, &port, sizeof port) != sizeof port)
        _exit(1);
    loop_run(loop);
}

/* ---- one scene: a server, an empty folder for the configuration, and what the last command wrote */

static struct {
    pid_t server;
    char folder[40], *out, *err, *url;
} s;

static void open_scene(void)
{
    int ends[2], port = 0;
    CHECK(pipe(ends) == 0);
    s.server = fork();
    if (s.server == 0)
        serve(ends[1]);
    CHECK(read(ends[0], &port, sizeof port) == sizeof port);
    close(ends[0]);
    close(ends[1]);
    snprintf(s.folder, sizeof s.folder, "/tmp/slipway-cli-XXXXXX");
    CHECK(mkdtemp(s.folder));
    s.url = mem_format("http://127.0.0.1:%d", port);
    setenv("XDG_CONFIG_HOME", s.folder, 1);
    setenv("SLIPWAY_SERVER", s.url, 1);
    setenv("SLIPWAY_TOKEN", "t", 1);
    unsetenv("SLIPWAY_PROJECT");
}

static void close_scene(void)
{
    AUTO_FREE char *remove = mem_format("rm -rf '%s'", s.folder);
    kill(s.server, SIGKILL);
    waitpid(s.server, NULL, 0);
    CHECK(system(remove) == 0);
    char **owned[] = { &s.out, &s.err, &s.url };
    for (size_t i = 0; i < ALEN(owned); i++)
        free(TAKE(*owned[i]));
}

static char *read_all(FILE *f)
{
    AUTO_TEXT text = { 0 };
    char bytes[1000];
    rewind(f);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, f));)
        text_add_n(&text, bytes, n);
    fclose(f);
    return text_take(&text);
}

/* "get pipelines -o json": words without quotes. */
static int run(const char *line)
{
    AUTO_FREE char *words = mem_text(line);
    char *argv[16] = { (char *)"slipway" }, *rest = words;
    int argc = 1, out = dup(1), err = dup(2);
    FILE *to_out = tmpfile(), *to_err = tmpfile();
    for (char *word; (word = strsep(&rest, " ")) && argc < 15;)
        argv[argc++] = word;
    fflush(stdout);
    dup2(fileno(to_out), 1);
    dup2(fileno(to_err), 2);
    int code = cli_main(argc, argv);
    fflush(stdout);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    free(s.out);
    free(s.err);
    s.out = read_all(to_out);
    s.err = read_all(to_err);
    return code;
}

TEST(cli_server, lists_as_table_and_json)
{
    open_scene();
    CHECK_INT(run("get pipelines"), CLI_OK);
    CHECK_TEXT(s.out, "NAME  PROJECT   STATE    UPDATED\n\xc3\xbc\xc3\xb6     [2Jevil  ENABLED  \na     d                  \n");
    CHECK_INT(run("get pipelines -o json"), CLI_OK);
    CHECK(text_starts(s.out, "[\n"));
    CHECK_INT(run("get pipelines -o yaml"), CLI_OK);
    CHECK_HAS(s.out, "name: a\n");
    CHECK_INT(run("get pipelines --project o'x"), CLI_OK);
    CHECK_TEXT(s.out, "NAME  PROJECT  STATE  UPDATED\n");
    CHECK_INT(run("get pipelines --limit 1"), CLI_OK);
    CHECK_TEXT(s.err, "1 of 7 are shown; --limit N shows more\n");
    CHECK_INT(run("get pipelines --limit x"), CLI_USAGE);
    close_scene();
}

TEST(cli_server, ends_with_a_code_that_scripts_can_use)
{
    static const struct { const char *line; int code; const char *err; } CASES[] = {
        { "get pipelines gone", CLI_NOT_FOUND, "there is no pipeline 'gone'" },
        { "get pipelines secret", CLI_NOT_ALLOWED, "slipway: no\n" },
        { "get pipelines html", CLI_REFUSED, "<html>" },
        { "delete endpoint used", CLI_CONFLICT, "used by w" },
        { "get pipelines --token wrong", CLI_NOT_ALLOWED, "unknown token" },
        { "get pipelines --server http://127.0.0.1:1", CLI_UNREACHABLE, "is not reached" },
        { "logs nope", CLI_REFUSED, "not in the table" },
        { "logs x3 --task S.Z", CLI_NOT_FOUND, "no task 'S.Z'" },
        { "import /dev/null", CLI_REFUSED, "slipway: bad (field f)\n  /p: why\n" },
        { "apply -f /nowhere.yaml", CLI_NOT_FOUND, "/nowhere.yaml" },
    };
    open_scene();
    for (size_t i = 0; i < ALEN(CASES); i++) {
        CHECK_INT(run(CASES[i].line), CASES[i].code);
        CHECK_HAS(s.err, CASES[i].err);
        CHECK_TEXT(s.out, "");
    }
    close_scene();
}

TEST(cli_server, watches_to_the_end)
{
    open_scene();
    CHECK_INT(run("watch P#3"), CLI_FAILED);
    CHECK_HAS(s.out, "  P #3  FAILED S.A: no\n");
    CHECK_HAS(s.out, "  S.A  FAILED no  [31m\n");
    CHECK_HAS(s.out, "  S.B  COMPLETED \n");
    CHECK_INT(run("run P --wait --input a=b"), CLI_FAILED);
    CHECK_INT(run("run P"), CLI_OK);
    CHECK_TEXT(s.out, "x3\n");
    CHECK_INT(run("logs x3 --follow"), CLI_OK);
    CHECK_TEXT(s.out, "one\ntwo\n");
    CHECK_INT(run("logs P#3 --task S.B"), CLI_OK);
    CHECK_TEXT(s.out, "of B\n");
    CHECK_INT(run("explain e1"), CLI_OK);
    CHECK_HAS(s.out, "considered  w: tag no\n");
    CHECK_HAS(s.out, "came of it  IGNORED: m\n");
    CHECK_HAS(s.out, "next        nothing, if it was not meant");
    CHECK_INT(run("simulate"), CLI_USAGE);
    CHECK_INT(run("simulate --event e1 --image a/b:1"), CLI_USAGE);
    close_scene();
}

TEST(cli_server, runs_events_again_and_lets_held_ones_go)
{
    open_scene();
    CHECK_INT(run("rerun events"), CLI_USAGE);
    CHECK_INT(run("rerun events --filter F"), CLI_OK);
    CHECK_HAS(s.out, "2 of 3 events would run again\n  left out: 1 run again before\n");
    CHECK_HAS(s.err, "nothing was started; --yes starts them");
    CHECK_INT(run("rerun events --filter F --yes"), CLI_OK);
    CHECK_HAS(s.out, "2 of 3 events run again\n");
    CHECK_HAS(s.out, "  e2: no  [31m\n");
    CHECK_INT(run("release e1"), CLI_OK);
    CHECK_TEXT(s.err, "QUEUED\n");
    CHECK_INT(run("discard e1"), CLI_CONFLICT);
    CHECK_INT(run("pushed a/b:1"), CLI_USAGE);
    CHECK_INT(run("pushed a/b:1 --execution P#3"), CLI_OK);
    CHECK_INT(run("user create bot --service"), CLI_OK);
    CHECK_INT(run("user invite vera"), CLI_OK);
    CHECK_TEXT(s.out, "https://slipway.test/invitation#sli_x\n");
    CHECK_INT(run("user"), CLI_USAGE);
    close_scene();
}

static void write_file(const char *name, const char *text)
{
    AUTO_FREE char *path = mem_format("%s/%s", s.folder, name);
    FILE *f = fopen(path, "w");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* Three documents in a folder and one below it. */
static void write_set(void)
{
    AUTO_FREE char *inner = mem_format("%s/b", s.folder);
    CHECK(mkdir(inner, 0700) == 0);
    write_file("a.yaml", "# first\nkind: PIPELINE\nname: new\nenabled: true\n---\nkind: VARIABLE\nname: same\n");
    write_file("b/c.yml", "kind: ENDPOINT\nname: e\nproperties:\n  x: 1\n  passwordFile: pw\n");
    write_file("b/pw", "hunter2\n");
    write_file("ignored.txt", "not: [yaml");
}

TEST(cli_server, applies_a_set_of_files)
{
    open_scene();
    write_set();
    AUTO_FREE char *line = mem_format("apply -f %s --recursive", s.folder), *dry = mem_format("%s --dry-run", line), *json = mem_format("%s -o json", line);
    AUTO_FREE char *prune = mem_format("%s --prune", line), *yes = mem_format("%s --prune --yes", line);
    AUTO_FREE char *said = mem_format("VARIABLE same unchanged\nENDPOINT e updated\n  warning: %s/b/c.yml:4:6: odd  [2J\nPIPELINE new created\n  warning: %s/a.yaml:4:10: look\nPIPELINE old deleted\n",
                                      s.folder, s.folder);
    CHECK_INT(run(line), CLI_OK);
    CHECK_TEXT(s.err, said); /* not of the password: it stands in a file of its own */
    CHECK_TEXT(s.out, "");
    CHECK_INT(run(dry), CLI_CHANGES);
    CHECK_HAS(s.err, "PIPELINE old would be deleted");
    CHECK_HAS(s.out, "--- ENDPOINT d/e\n+++ ENDPOINT d/e ");
    CHECK_HAS(s.out, "b/c.yml:1:1\n-a: 1\n+a: 2\n--- PIPELINE d/new (does not exist)\n");
    CHECK_HAS(s.out, "+++ PIPELINE d/old (would be deleted)\n-name: old\n");
    CHECK_INT(run(json), CLI_OK);
    CHECK_HAS(s.out, "\"status\": \"CREATED\"");
    CHECK_INT(run(prune), CLI_REFUSED); /* nobody is there to be asked */
    CHECK_HAS(s.err, "1 things would be deleted; say --yes");
    CHECK_INT(run(yes), CLI_OK);
    close_scene();
}

TEST(cli_server, applies_no_part_of_a_set)
{
    static const struct { const char *text, *said; int code; } CASES[] = {
        { "kind: VARIABLE\n---\nx: [\n", "bad.yaml: line 4", CLI_USAGE },
        { "kind: VARIABLE\n---\n- a\n", "bad.yaml: line 3, column 1: a document must be an object with its kind", CLI_USAGE },
        { "kind: ENDPOINT\nproperties: {passwordFile: gone}\n", "gone: No such file", CLI_NOT_FOUND },
    };
    open_scene();
    write_set();
    AUTO_FREE char *line = mem_format("apply -f %s/a.yaml -f %s/bad.yaml", s.folder, s.folder), *empty = mem_format("apply -f %s/bad.yaml --prune --yes", s.folder);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        write_file("bad.yaml", CASES[i].text);
        CHECK_INT(run(line), CASES[i].code);
        CHECK_HAS(s.err, CASES[i].said);
    }
    write_file("bad.yaml", "# nothing\n---\n");
    CHECK_INT(run(empty), CLI_USAGE);
    CHECK_HAS(s.err, "there is no document in what was named: nothing is deleted");
    close_scene();
}

TEST(cli_server, secures_and_sets_variables)
{
    open_scene();
    CHECK_INT(run("secure pipeline P /a --variable v"), CLI_OK);
    CHECK_TEXT(s.err, "SECRET variable v holds what stood at /a\n");
    write_file("v", "hunter2\n");
    AUTO_FREE char *fresh = mem_format("variable set fresh -f %s/v", s.folder), *other = mem_format("variable set other -f %s/v", s.folder);
    CHECK_INT(run(fresh), CLI_OK);
    CHECK_TEXT(s.err, "variable fresh created\n");
    CHECK_INT(run(other), CLI_OK);
    CHECK_TEXT(s.err, "variable other updated\n");
    close_scene();
}

TEST(cli_server, shows_and_changes_a_webhook)
{
    open_scene();
    CHECK_INT(run("webhook url w"), CLI_OK);
    CHECK_TEXT(s.out, "https://s/u1?secureToken=t\n");
    CHECK_TEXT(s.err, "  Docker Hub: manual: by  hand\n");
    CHECK_INT(run("webhook url blind"), CLI_NOT_ALLOWED);
    CHECK_INT(run("webhook rotate w"), CLI_OK);
    CHECK_TEXT(s.out, "https://s/new\n");
    CHECK_HAS(s.err, "  warning: private\n  warning: sweep\n");
    CHECK_HAS(s.err, "accepted for a day");
    CHECK_INT(run("webhook register w"), CLI_REFUSED);
    CHECK_HAS(s.err, "  Docker Hub: failed: no (401)\n  the next try is at soon;");
    CHECK_INT(run("webhook listen w"), CLI_REFUSED); /* the server of this test has no deliveries of u1 */
    CHECK_INT(run("webhook fly w"), CLI_USAGE);
    close_scene();
}

TEST(cli_server, keeps_a_login_for_its_server_alone)
{
    open_scene();
    AUTO_FREE char *line = mem_format("login %s", s.url);
    CHECK_INT(run("login 127.0.0.10:1 --token t"), CLI_UNREACHABLE);
    CHECK_HAS(s.err, "https://127.0.0.10:1 "); /* it only begins like this machine */
    unsetenv("SLIPWAY_SERVER");
    CHECK_INT(run(line), CLI_OK);
    CHECK_HAS(s.err, "as ann");
    unsetenv("SLIPWAY_TOKEN");
    CHECK_INT(run("get pipelines"), CLI_OK);
    CHECK_INT(run("get pipelines --server http://127.0.0.1:1"), CLI_NOT_ALLOWED); /* and not: unreachable with the token */
    CHECK_HAS(s.err, "not logged in");
    CHECK_INT(run("token create ci --days 5 --output json"), CLI_OK);
    CHECK_HAS(s.out, "\"token\": \"once\"");
    CHECK_INT(run("token create ci --days 5"), CLI_OK);
    CHECK_TEXT(s.out, "once\n");
    close_scene();
}

TEST(cli, cleans_and_cuts_for_the_screen)
{
    AUTO_FREE char *clean = screen_clean("a\033[2J\xc2\x9b" "b\x7f\xc3\xbc\x9b"), *cut = screen_cut("\xc3\xbc\xc3\xb6x", 2);
    AUTO_FREE char *lines = screen_lines("a\033[31m\tb\nc\r");
    CHECK_TEXT(lines, "a [31m\tb\nc ");
    CHECK_TEXT(clean, "a [2J b \xc3\xbc?");
    CHECK_TEXT(cut, "\xc3\xbc\xc3\xb6");
}
