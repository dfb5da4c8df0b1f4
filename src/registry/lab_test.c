/* Against Debian's own docker-registry (CNCF Distribution), where it is installed. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/test.h"
#include "registry/client.h"

#define PROGRAM "/usr/bin/docker-registry"
#define CONFIG "{}"
#define CONFIG_DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define OCI "application/vnd.oci.image.manifest.v1+json"
#define IMAGE                                                                                                           \
    "{\"schemaVersion\":2,\"mediaType\":\"" OCI "\",\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\"," \
    "\"size\":2,\"digest\":\"" CONFIG_DIGEST "\"},\"layers\":[]}"

struct lab {
    char folder[40];
    int port;
    pid_t registry;
    struct loop *loop;
    struct http_client *client;
    struct registry_target *target;
    int status;
    char *location;
};
static struct lab l;

static int free_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(fd, (struct sockaddr *)&at, size) == 0 && getsockname(fd, (struct sockaddr *)&at, &size) == 0);
    close(fd);
    return ntohs(at.sin_port);
}

static void write_file(const char *name, const char *text)
{
    AUTO_FREE char *path = mem_format("%s/%s", l.folder, name);
    FILE *f = fopen(path, "w");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void call_done(struct http_call *c, const struct err *e)
{
    const char *location = http_headers_get(&c->answer_headers, "Location");
    l.status = e ? 0 : c->status;
    free(l.location);
    l.location = mem_text(location);
    loop_stop(l.loop);
}

/* acme:secret's call; gives the status, 0 for none. */
static int call(const char *method, const char *path_or_url, const char *type, const char *body)
{
    struct err e = { 0 };
    AUTO_FREE char *url = *path_or_url == '/' ? mem_format("http://127.0.0.1:%d%s", l.port, path_or_url) : mem_text(path_or_url);
    struct http_call c = { .method = method, .url = url, .body = body, .body_size = body ? strlen(body) : 0, .done = call_done };
    http_headers_add(&c.headers, "Authorization", "Basic YWNtZTpzZWNyZXQ=");
    http_headers_add(&c.headers, "Content-Type", type);
    CHECK_OK(http_call_start(&c, l.client, &e), e);
    http_headers_fini(&c.headers);
    loop_run(l.loop);
    return l.status;
}

static void start_registry(void)
{
    AUTO_FREE char *config = mem_format("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
                                        "storage: {filesystem: {rootdirectory: %s/data}}\nhttp: {addr: '127.0.0.1:%d'}\n"
                                        "auth: {htpasswd: {realm: lab, path: %s/htpasswd}}\n", l.folder, l.port, l.folder);
    AUTO_FREE char *path = mem_format("%s/config.yml", l.folder);
    write_file("config.yml", config);
    /* bcrypt of "secret", cost 4 */
    write_file("htpasswd", "acme:$2y$04$XLVbvXpeoN37Gn1.BiYdee.vIRmSI8WY/NMGl4S46gYCyh98SYcXO\n");
    l.registry = fork();
    if (l.registry == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        execl(PROGRAM, PROGRAM, "serve", path, (char *)NULL);
        _exit(127);
    }
    for (int64_t until = clock_mono() + 10 * CLOCK_SECOND; call("GET", "/v2/", "application/json", NULL) == 0; usleep(20000))
        CHECK(clock_mono() < until);
}

static void open_lab(const char *user, const char *password)
{
    struct err e = { 0 };
    l = (struct lab){ .folder = "/tmp/slipway-registry-XXXXXX", .port = free_port() };
    CHECK(mkdtemp(l.folder));
    CHECK_OK(loop_create(&l.loop, &e), e);
    CHECK_OK(http_client_create(l.loop, NULL, &l.client, &e), e);
    AUTO_FREE char *url = mem_format("http://127.0.0.1:%d/acme/site", l.port);
    AUTO_JSON *p = json_pack("{s:s, s:s, s:s, s:s}", "serverType", "distribution", "repoURL", url, "username", user, "password", password);
    CHECK_OK(registry_target_from_properties(p, NULL, &l.target, &e), e);
    start_registry();
}

static void close_lab(void)
{
    AUTO_FREE char *remove = mem_format("rm -rf '%s'", l.folder);
    kill(l.registry, SIGKILL);
    waitpid(l.registry, NULL, 0);
    registry_target_destroy(&l.target);
    http_client_destroy(&l.client);
    loop_destroy(&l.loop);
    free(l.location);
    CHECK(system(remove) == 0);
}

static void push(const char *tag)
{
    AUTO_FREE char *path = mem_format("/v2/acme/site/manifests/%s", tag);
    CHECK_INT(call("POST", "/v2/acme/site/blobs/uploads/", "application/octet-stream", ""), 202);
    AUTO_FREE char *upload = mem_format("%s&digest=" CONFIG_DIGEST, l.location);
    CHECK_INT(call("PUT", upload, "application/octet-stream", CONFIG), 201);
    CHECK_INT(call("PUT", path, OCI, IMAGE), 201);
}

static void head_done(struct registry_head *op, const struct err *e)
{
    (void)op, (void)e;
    loop_stop(l.loop);
}

static void validate_done(struct registry_validate *op, const struct err *e)
{
    (void)op, (void)e;
    loop_stop(l.loop);
}

static struct registry_head head(const char *tag)
{
    struct err e = { 0 };
    struct registry_head op = { .target = l.target, .tag = tag, .done = head_done };
    CHECK_OK(registry_head_start(&op, l.client, &e), e);
    loop_run(l.loop);
    return op;
}

static struct registry_validate validate(void)
{
    struct err e = { 0 };
    struct registry_validate op = { .target = l.target, .done = validate_done };
    CHECK_OK(registry_validate_start(&op, l.client, &e), e);
    loop_run(l.loop);
    return op;
}

static bool lab_missing(void)
{
    if (access(PROGRAM, X_OK) == 0)
        return false;
    fprintf(stderr, "skipped: " PROGRAM " is not installed (tests/lab/install)\n");
    return true;
}

TEST(real_registry, resolves_a_pushed_tag)
{
    if (lab_missing())
        skip();
    open_lab("acme", "secret");
    CHECK_HAS(validate().text, "as acme; it has no repository acme/site yet");
    push("1.4");
    AUTO_FREE char *sum = text_sha256(IMAGE, strlen(IMAGE));
    struct registry_head op = head("1.4");
    CHECK_TEXT(op.digest + strlen("sha256:"), sum);
    CHECK_TEXT(op.media_type, OCI);
    CHECK_TEXT(op.text + strlen(op.text) - 64, sum);
    CHECK_INT(head(op.digest).outcome, REGISTRY_FOUND);
    CHECK_INT(head("1.5").outcome, REGISTRY_MISSING);
    struct registry_validate v = validate();
    CHECK(v.ok);
    CHECK_HAS(v.text, "acme/site has 1 tag");
    close_lab();
}

TEST(real_registry, refuses_a_wrong_password)
{
    if (lab_missing())
        skip();
    open_lab("acme", "wrong");
    CHECK_INT(head("1.4").outcome, REGISTRY_REFUSED);
    struct registry_validate v = validate();
    CHECK(!v.ok);
    CHECK_HAS(v.text, "refused user acme: wrong user or password (401)");
    close_lab();
}
