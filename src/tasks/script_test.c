/* SSH tasks on a host that the test plays, with the machine's own shell. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"
#include "ssh/fake_test.h"
#include "tasks/harness_test.h"
#include "tasks/script_programs.h"

struct scene {
    struct harness h;
    struct fake_host *host;
    char home[64];
    struct timer timer;
};

static void scene_open(struct scene *s)
{
    *s = (struct scene){ .home = "/tmp/slipway-script-XXXXXX" };
    CHECK(mkdtemp(s->home));
    s->host = fake_host_open(s->home);
    harness_open(&s->h);
    s->h.job.type = task_type_find("SSH");
}

static void scene_close(struct scene *s)
{
    char remove[100];
    snprintf(remove, sizeof remove, "rm -rf %s", s->home);
    harness_close(&s->h);
    fake_host_close(&s->host);
    CHECK(system(remove) == 0);
}

/* more: further lines of the input. */
static bool run(struct scene *s, const char *script, const char *more, int64_t cancel_after)
{
    AUTO_FREE char *input = mem_format("host: 127.0.0.1:%d\nusername: joe\npassword: good\n%s\nscript: |\n  %s\n", fake_host_port(s->host), more, script);
    return harness_run(&s->h, input, cancel_after);
}

static bool is_there(const struct scene *s, const char *name)
{
    AUTO_FREE char *path = mem_format("%s/%s", s->home, name);
    return access(path, F_OK) == 0;
}

TEST(ssh_task, runs_a_script_and_reads_its_response)
{
    struct scene s;
    scene_open(&s);
    harness_value(&s.h, "input.DOCKER_TAG", "v1'; echo $(id)\n\"x", true);
    CHECK(run(&s, "echo \"<$1> <$TAG>\"\n  echo '{\"a\": [1, {\"b\": 2}]}' >$SCRIPT_RESPONSE_FILE", "arguments: ['${input.DOCKER_TAG}']\nenvironmentVariables: {TAG: '${input.DOCKER_TAG}'}", 0));
    CHECK_TEXT(text_of(&s.h.message), "");
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_TEXT(text_of(&s.h.log), "<v1'; echo $(id)\n\"x> <v1'; echo $(id)\n\"x>\n");
    CHECK_INT(json_int_at(s.h.output, "response.a[1].b", 0), 2);
    CHECK_INT(json_int_at(s.h.output, "exitCode", -1), 0);
    CHECK_TEXT(json_text_at(s.h.output, "status", ""), "COMPLETED");
    CHECK_TEXT(json_text_at(s.h.shown, "password", ""), "*****");
    CHECK_TEXT(s.h.host_fingerprint, fake_host_fingerprint(s.host));
    scene_close(&s);
}

TEST(ssh_task, fails_as_its_script_does)
{
    struct scene s;
    scene_open(&s);
    CHECK(run(&s, "echo why >&2\n  false\n  echo never", "", 0));
    CHECK_INT(s.h.result, TASK_FAILED);
    CHECK_TEXT(text_of(&s.h.message), "the script ended with exit code 1; its last line: why");
    s.h.job.attempt++; /* the folder of the one before is still being removed */
    CHECK(run(&s, "false\n  echo on", "continueOnCommandFailure: 'true'", 0));
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_TEXT(text_of(&s.h.log), "on\n");
    s.h.job.attempt++;
    CHECK(run(&s, "kill -9 $PPID; sleep 5", "", 0));
    CHECK_INT(s.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&s.h.message), "ended without an exit code");
    scene_close(&s);
}

TEST(ssh_task, refuses_another_host)
{
    struct scene s;
    scene_open(&s);
    strcpy(s.h.host_type, "ssh-ed25519");
    strcpy(s.h.host_fingerprint, "SHA256:old");
    CHECK(run(&s, "true", "", 0));
    CHECK_INT(s.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&s.h.message), "another host key than before");
    CHECK_HAS(text_of(&s.h.message), "SHA256:old");
    CHECK_HAS(text_of(&s.h.message), fake_host_fingerprint(s.host));
    CHECK_INT(fake_host_logins(s.host), 0);
    scene_close(&s);
}

TEST(ssh_task, says_what_is_wrong_with_its_input)
{
    static const struct { const char *more, *field; } CASES[] = {
        { "arguments: 7", "arguments" },
        { "environmentVariables: {'A B': 1}", "environmentVariables" },
        { "fingerprint: x", "fingerprint" },
        { "continueOnCommandFailure: maybe", "continueOnCommandFailure" },
    };
    static const char *const HOSTS[] = { "a b", "host:0", "host:70000", "[::1", "-oProxyCommand=x", "a;b" };
    struct scene s;
    scene_open(&s);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        CHECK(!run(&s, "true", CASES[i].more, 0));
        CHECK_TEXT(s.h.e.field, CASES[i].field);
    }
    for (size_t i = 0; i < ALEN(HOSTS); i++) {
        AUTO_FREE char *input = mem_format("{host: '%s', username: joe, script: 'true'}", HOSTS[i]);
        CHECK(!harness_run(&s.h, input, 0));
        CHECK_TEXT(s.h.e.field, "host");
    }
    harness_value(&s.h, "input.DOCKER_TAG", "v1; reboot", true);
    CHECK(!run(&s, "echo ${input.DOCKER_TAG}", "", 0));
    CHECK_HAS(s.h.e.text, "could be read as code");
    scene_close(&s);
}

TEST(ssh_task, a_cancel_ends_the_script)
{
    struct scene s;
    scene_open(&s);
    CHECK(run(&s, "sleep 60; touch ~/never", "", CLOCK_SECOND));
    CHECK_INT(s.h.result, TASK_CANCELED);
    CHECK_HAS(text_of(&s.h.message), "was ended");
    CHECK(!is_there(&s, "never"));
    scene_close(&s);
}

static void cut(struct timer *t)
{
    fake_host_cut(OWNER(t, struct scene, timer)->host);
}

TEST(ssh_task, goes_on_after_its_connection_broke)
{
    struct scene s;
    scene_open(&s);
    timer_set(&s.timer, s.h.services.loop, CLOCK_SECOND, cut);
    CHECK(run(&s, "echo x >>~/count\n  for i in 1 2 3 4 5 6; do echo $i; sleep 0.4; done\n  [ $(wc -l <~/count) = 1 ]", "", 0));
    CHECK_TEXT(text_of(&s.h.message), "");
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_TEXT(text_of(&s.h.log), "1\n2\n3\n4\n5\n6\n");
    CHECK_HAS(text_of(&s.h.progress), "the script goes on there");
    scene_close(&s);
}

static void leave(struct timer *t)
{
    struct scene *s = OWNER(t, struct scene, timer);
    s->h.job.type->leave(&s->h.job);
}

/* The server stops, and starts again with what was stored. */
static void stop_and_start(struct scene *s, const char *script, const char *on_crash)
{
    timer_set(&s->timer, s->h.services.loop, CLOCK_SECOND, leave);
    CHECK(run(s, script, "", 0));
    CHECK_INT(s->h.result, TASK_CANCELED);
    s->h.job.resolved = s->h.resolved;
    s->h.job.on_crash = on_crash;
}

TEST(ssh_task, finds_its_script_after_a_restart)
{
    static const char SCRIPT[] = "echo x >>~/count\n  for i in 1 2 3 4; do echo $i; sleep 0.5; done\n  wc -l <~/count >$SCRIPT_RESPONSE_FILE";
    struct scene s;
    scene_open(&s);
    stop_and_start(&s, SCRIPT, "");
    s.h.job.log_position = 2; /* its first line was stored */
    CHECK(run(&s, SCRIPT, "", 0));
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_TEXT(text_of(&s.h.log), "2\n3\n4\n");
    CHECK_TEXT(json_text_at(s.h.output, "response", ""), "1");
    scene_close(&s);
}

TEST(ssh_task, fetches_a_large_log_in_parts)
{
    static const char SCRIPT[] = "sleep 1.5; head -c 9500000 /dev/zero | tr '\\0' x; echo over";
    struct scene s;
    scene_open(&s);
    s.h.services.log_most = 64 << 20;
    stop_and_start(&s, SCRIPT, "");
    sleep(2);
    CHECK(run(&s, SCRIPT, "", 0));
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_INT(s.h.log.length, 9500005);
    CHECK(text_ends(text_of(&s.h.log), "xover\n"));
    scene_close(&s);
}

TEST(ssh_task, does_not_begin_anew_what_may_have_run)
{
    static const char SCRIPT[] = "echo x >>~/count; sleep 3";
    char remove[120];
    struct scene s;
    scene_open(&s);
    stop_and_start(&s, SCRIPT, "");
    snprintf(remove, sizeof remove, "rm -rf %s/.slipway-*", s.home);
    CHECK(system(remove) == 0);
    CHECK(run(&s, SCRIPT, "", 0));
    CHECK_INT(s.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&s.h.message), "was not started again");
    s.h.job.on_crash = "retry";
    CHECK(run(&s, "wc -l <~/count", "", 0));
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_TEXT(text_of(&s.h.log), "1\n");
    scene_close(&s);
}

/* A folder whose script did not begin: the launch was cut off before. Whoever cancels makes sure that it never does. */
TEST(ssh_task, a_launch_happens_once_or_never)
{
    struct scene s;
    char answer[100] = "";
    scene_open(&s);
    AUTO_FREE char *make = mem_format("mkdir %s/.slipway-f", s.home);
    CHECK(system(make) == 0);
    struct script_spec script = { .text = "touch ~/never" };
    setenv("HOME", s.home, 1);
    AUTO_FREE char *program = script_program_launch(&script, ".slipway-f", "MARK", SSH_LAUNCH_NEVER), *path = mem_format("%s/program", s.home);
    FILE *file = fopen(path, "w");
    fputs(program, file);
    fclose(file);
    AUTO_FREE char *command = mem_format("sh %s", path);
    FILE *sh = popen(command, "r");
    CHECK(fread(answer, 1, sizeof answer - 1, sh));
    pclose(sh);
    CHECK_TEXT(answer, "MARK\ngone\n");
    CHECK(!is_there(&s, ".slipway-f") && !is_there(&s, "never"));
    scene_close(&s);
}
