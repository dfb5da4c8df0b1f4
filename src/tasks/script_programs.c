#include "tasks/script_programs.h"

#include <string.h>

#include "base/mem.h"

/* In '...' a shell reads nothing but the next '. */
static void add_quoted(struct text *t, const char *value)
{
    text_add_char(t, '\'');
    for (const char *p = value; *p; p++)
        text_add(t, *p == '\'' ? "'\\''" : (char[]){ *p, 0 });
    text_add_char(t, '\'');
}

static void add_set(struct text *t, const char *name, const char *value)
{
    text_addf(t, "%s=", name);
    add_quoted(t, value);
    text_add_char(t, '\n');
}

/* A function first, called by the last line: half a program does nothing. */
static void begin(struct text *t, const char *marker)
{
    text_add(t, "main() {\nnap() { sleep 0.1 2>/dev/null || sleep 1; }\n");
    add_set(t, "marker", marker);
    text_add(t, "echo \"$marker\"\n");
}

static char *end(struct text *t)
{
    text_add(t, "}\nmain\n");
    return text_take(t);
}

/* ---- the script, and what starts it */

/* The words behind "#!"; an empty array: there is no such line. */
static json_t *interpreter_of(const char *script)
{
    json_t *words = json_array();
    const char *p = script + 2, *line_end = script + strcspn(script, "\r\n");
    while (text_starts(script, "#!") && p < line_end) {
        p += strspn(p, " \t");
        size_t n = strcspn(p, " \t\r\n");
        AUTO_FREE char *word = mem_text_n(p, n);
        if (n)
            json_array_append_new(words, json_text(word));
        p += n;
    }
    return words;
}

static bool is_shell(const char *word)
{
    static const char *const SHELLS[] = { "sh", "bash", "dash", "ksh", "zsh", "ash" };
    const char *slash = strrchr(word, '/'), *name = slash ? slash + 1 : word;
    for (size_t i = 0; i < ALEN(SHELLS); i++)
        if (text_is(name, SHELLS[i]))
            return true;
    return false;
}

/* A shell stops at the first command that fails (-e), unless it shall go on. */
static void add_interpreter(struct text *t, const struct script_spec *script)
{
    AUTO_JSON *words = interpreter_of(script->text);
    const json_t *word;
    size_t i;
    bool shell = !json_array_size(words);
    if (script->powershell) {
        text_add(t, "p=pwsh; command -v pwsh >/dev/null 2>&1 || p=powershell\nexec \"$p\" -NoProfile -NonInteractive -File");
        return;
    }
    if (shell)
        text_add(t, "s=sh; command -v bash >/dev/null 2>&1 && s=bash\nexec \"$s\"");
    else
        text_add(t, "exec");
    json_array_foreach(words, i, word) {
        text_add_char(t, ' ');
        add_quoted(t, json_string_value(word));
        shell |= is_shell(json_string_value(word));
    }
    if (shell && !script->go_on)
        text_add(t, " -e");
}

static void add_environment(struct text *t, const struct script_spec *script)
{
    const char *name;
    const json_t *value;
    text_add(t, "SCRIPT_RESPONSE_FILE=$d/response\nexport SCRIPT_RESPONSE_FILE\n");
    json_object_foreach((json_t *)script->environment, name, value) {
        AUTO_FREE char *text = json_as_text(value);
        add_set(t, name, text);
        text_addf(t, "export %s\n", name);
    }
}

/* A signal for all of its group ends the script, and what remains to be done here is done. */
static char *run_text(const struct script_spec *script)
{
    AUTO_TEXT t = { 0 };
    const json_t *argument;
    size_t i;
    text_add(&t, "d=$1\nexec 9<>\"$d/alive\" || exit\necho $$ >\"$d/pid.new\" && mv \"$d/pid.new\" \"$d/pid\"\ntrap : HUP INT TERM\n(\nexec 9>&-\n");
    add_environment(&t, script);
    if (!text_empty(script->working_directory)) {
        text_add(&t, "cd -- ");
        add_quoted(&t, script->working_directory);
        text_add(&t, " || exit\n");
    }
    add_interpreter(&t, script);
    text_addf(&t, " \"$d/script%s\"", script->powershell ? ".ps1" : "");
    json_array_foreach(script->arguments, i, argument) {
        AUTO_FREE char *text = json_as_text(argument);
        text_add_char(&t, ' ');
        add_quoted(&t, text);
    }
    text_add(&t, "\n) </dev/null >\"$d/log\" 2>&1\necho $? >\"$d/exit.new\" && mv \"$d/exit.new\" \"$d/exit\"\n");
    return text_take(&t);
}

/* ---- the programs */

/* Folders of runs that ended two days ago are those whose removal was cut off. */
static const char LAUNCH[] =
    "umask 077\n"
    "d=\n"
    "for b in \"${HOME:-}\" /tmp; do\n"
    "  [ -z \"$d\" ] && [ -n \"$b\" ] && [ -d \"$b/$folder\" ] && [ -O \"$b/$folder\" ] && d=$b/$folder\n"
    "done\n"
    "if [ -z \"$d\" ]; then\n"
    "  if [ \"$how\" != launch ]; then echo gone; return; fi\n"
    "  for b in \"${HOME:-}\" /tmp; do\n"
    "    [ -z \"$d\" ] && [ -n \"$b\" ] && [ -d \"$b\" ] && mkdir \"$b/$folder\" 2>/dev/null && d=$b/$folder\n"
    "  done\n"
    "fi\n"
    "if [ -z \"$d\" ]; then echo \"failed no folder can be made in ${HOME:-/} or /tmp\"; return; fi\n"
    "state=there\n"
    "if mkdir \"$d/began\" 2>/dev/null; then\n"
    "  if [ \"$how\" = never ]; then rm -rf -- \"$d\"; echo gone; return; fi\n"
    "  if why=$( { mkfifo \"$d/alive\" && printf %s \"$script\" >\"$d/$file\" && printf %s \"$run\" >\"$d/run\" && : >\"$d/log\"; } 2>&1); then\n"
    "    if command -v setsid >/dev/null 2>&1; then setsid sh \"$d/run\" \"$d\" </dev/null >/dev/null 2>&1 &\n"
    "    else set -m; nohup sh \"$d/run\" \"$d\" </dev/null >/dev/null 2>&1 & fi\n"
    "    state=started\n"
    "  else rm -rf -- \"$d\"; echo \"failed $why\"; return; fi\n"
    "fi\n"
    "i=0; while [ ! -s \"$d/pid\" ] && [ $i -lt 100 ]; do nap; i=$((i+1)); done\n"
    "[ -s \"$d/pid\" ] || state=silent\n"
    "echo \"$state $d\"\n"
    "for o in \"${d%/*}\"/.slipway-*; do\n"
    "  [ -n \"$(find \"$o/exit\" -mtime +1 2>/dev/null)\" ] && rm -rf -- \"$o\"\n"
    "done\n";

char *script_program_launch(const struct script_spec *script, const char *folder, const char *marker, enum script_launch how)
{
    AUTO_TEXT t = { 0 };
    AUTO_FREE char *run = run_text(script);
    begin(&t, marker);
    add_set(&t, "folder", folder);
    add_set(&t, "how", how == SSH_LAUNCH ? "launch" : how == SSH_LAUNCH_FOUND ? "found" : "never");
    add_set(&t, "file", script->powershell ? "script.ps1" : "script");
    add_set(&t, "script", script->text);
    add_set(&t, "run", run);
    text_add(&t, LAUNCH);
    return end(&t);
}

/* Opened for writing too, the pipe opens at once; then only the script's end holds it. */
#define OPEN_ALIVE "exec 6<>\"$d/alive\"\nexec 7<\"$d/alive\"\nexec 6>&-\n"

char *script_program_follow(const char *path, const char *marker, int64_t from, bool logs)
{
    AUTO_TEXT t = { 0 };
    begin(&t, marker);
    add_set(&t, "d", path);
    text_add(&t, "[ -p \"$d/alive\" ] || return 0\n" OPEN_ALIVE);
    if (logs)
        text_addf(&t, "tail -c +%lld -f \"$d/log\" 7<&- &\nt=$!\n", (long long)from + 1);
    text_add(&t, "read x <&7\n");
    if (logs)
        text_add(&t, "kill $t 2>/dev/null\nwait $t 2>/dev/null\n");
    text_add(&t, "return 0\n");
    return end(&t);
}

char *script_program_finish(const char *path, const char *marker, int64_t from, int64_t most)
{
    AUTO_TEXT t = { 0 };
    begin(&t, marker);
    add_set(&t, "d", path);
    text_addf(&t, "from=%lld most=%lld response_most=%d logs_most=%d\n", (long long)from, (long long)most, SSH_RESPONSE_MOST, SSH_LOGS_MOST);
    text_add(&t, "if ! [ -f \"$d/log\" ]; then echo gone; echo; return; fi\n"
                 "e=none; [ -s \"$d/exit\" ] && e=$(cat \"$d/exit\")\n"
                 "s=$(($(wc -c <\"$d/log\")))\n"
                 "l=$((s-from)); [ $l -gt $most ] && l=$most; [ $l -lt 0 ] && l=0\n"
                 "k=$s; [ $k -gt $logs_most ] && k=$logs_most\n"
                 "r=0; [ -f \"$d/response\" ] && r=$(($(wc -c <\"$d/response\")))\n"
                 "echo \"exit $e\"; echo \"log $l\"; echo \"response $r\"; echo \"logs $k\"; echo\n"
                 "tail -c +$((from+1)) \"$d/log\" | head -c $l\n"
                 "if [ $r -gt 0 ] && [ $r -le $response_most ]; then head -c $r \"$d/response\"; fi\n"
                 "tail -c +$((s-k+1)) \"$d/log\" | head -c $k\n");
    return end(&t);
}

/* A process id that is somebody else's by now is not touched: the pipe tells whether the script is still there. */
char *script_program_stop(const char *path, const char *marker)
{
    AUTO_TEXT t = { 0 };
    begin(&t, marker);
    add_set(&t, "d", path);
    text_add(&t, "if ! [ -p \"$d/alive\" ] || ! [ -s \"$d/pid\" ]; then echo over; return; fi\n"
                 "rm -f \"$d/over\"; p=$(cat \"$d/pid\")\n" OPEN_ALIVE
                 "( read x; : >\"$d/over\" ) <&7 >/dev/null 2>&1 &\n"
                 "exec 7<&-\n"
                 "nap; nap\n"
                 "if [ -e \"$d/over\" ]; then echo over; return; fi\n"
                 "kill -s TERM -- \"-$p\" 2>/dev/null || kill -s TERM \"$p\"\n"
                 "i=0; while [ ! -e \"$d/over\" ] && [ $i -lt 50 ]; do nap; i=$((i+1)); done\n"
                 "if [ -e \"$d/over\" ]; then echo ended; return; fi\n"
                 "kill -s KILL -- \"-$p\" 2>/dev/null || kill -s KILL \"$p\"\n"
                 "echo killed\n");
    return end(&t);
}

char *script_program_remove(const char *path)
{
    AUTO_TEXT t = { 0 };
    begin(&t, "");
    add_set(&t, "d", path);
    text_add(&t, "rm -rf -- \"$d\"\n");
    return end(&t);
}
