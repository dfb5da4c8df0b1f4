#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/inside.h"

#define P "/pipeline/api"

/* ---- tokens */

static int token_create(struct cli *cli)
{
    struct cli_answer a = { 0 };
    int64_t days = 90;
    if (cli->days && !text_to_int(cli->days, &days)) { /* 0 would be for ever */
        fprintf(stderr, "slipway: --days is a whole number, not '%s'\n", cli->days);
        return CLI_USAGE;
    }
    AUTO_JSON *body = json_pack("{s:s,s:s,s:s,s:I}", "name", cli->count > 1 ? cli->words[1] : "", "orgRole", cli->org_role ? cli->org_role : "member",
                                "serviceRole", cli->role ? cli->role : "", "days", (json_int_t)days);
    if (cli->user)
        json_set_text(body, "user", cli->user);
    if (cli->user && !cli->role) /* then as much as that user has */
        json_object_del(body, "serviceRole");
    int code = cli_do(cli, "POST", P "/tokens", body, &a);
    if (code == CLI_OK) {
        fputs("this is the only time the token is shown:\n", stderr);
        if (cli->output == OUTPUT_TABLE) /* for $(...): nothing but the token */
            puts(json_text_at(a.json, "token", ""));
        else
            cli_show(cli, a.json, NULL, 0);
    }
    cli_answer_fini(&a);
    return code;
}

/* One's own, or those of a service user; what ends soon is said. */
static int token_list(struct cli *cli)
{
    struct cli_answer a = { 0 };
    const struct kind *kind = kind_find("tokens");
    AUTO_FREE char *path = path_of(P "/tokens?user=", cli->user ? cli->user : "", "");
    int code = cli_do(cli, "GET", path, NULL, &a);
    if (code != CLI_OK)
        return code;
    AUTO_JSON *rows = cli_rows(a.json);
    size_t i;
    json_t *row;
    cli_show_rows(cli, rows, kind->columns, kind->count);
    json_array_foreach(rows, i, row)
        say_texts(json_object_get(row, "warnings"));
    cli_answer_fini(&a);
    return CLI_OK;
}

int command_token(struct cli *cli)
{
    const char *what = cli->count ? cli->words[0] : "";
    if (text_is(what, "create") && cli->count > 1)
        return token_create(cli);
    if (text_is(what, "list"))
        return token_list(cli);
    if (text_is(what, "revoke") && cli->count > 1) {
        AUTO_FREE char *path = mem_format(P "/tokens/%s", cli->words[1]);
        return cli_do(cli, "DELETE", path, NULL, NULL);
    }
    fputs("slipway: usage: slipway token create NAME [--user SERVICE_USER] [--role ROLE] [--org-role ROLE] [--days N] | list [--user SERVICE_USER] | revoke ID\n", stderr);
    return CLI_USAGE;
}

/* ---- users */

/* The link goes to stdout, alone, so that a script can send it. */
static int user_invite(struct cli *cli)
{
    struct cli_answer a = { 0 };
    AUTO_FREE char *path = path_of(P "/users/", cli->words[1], "/invitation");
    int code = cli_do(cli, "POST", path, NULL, &a);
    if (code == CLI_OK && cli->output != OUTPUT_TABLE)
        cli_show(cli, a.json, NULL, 0);
    else if (code == CLI_OK) {
        puts(json_text_at(a.json, "url", ""));
        fprintf(stderr, "whoever opens it chooses the password of %s; it works once, until %s\n", cli->words[1], json_text_at(a.json, "expiresAt", ""));
    }
    cli_answer_fini(&a);
    return code;
}

static int user_create(struct cli *cli)
{
    struct cli_answer a = { 0 };
    AUTO_JSON *body = json_pack("{s:s,s:s,s:s,s:s}", "name", cli->words[1], "kind", cli->service ? "service" : "person", "orgRole",
                                cli->org_role ? cli->org_role : "member", "serviceRole", cli->role ? cli->role : "");
    AUTO_FREE char *password = cli->service ? NULL : cli_read_secret("Password of the new user (empty: a link to choose one)");
    if (!text_empty(password))
        json_set_text(body, "password", password);
    int code = cli_do(cli, "POST", P "/users", body, &a);
    if (code == CLI_OK && cli->output != OUTPUT_TABLE)
        cli_show(cli, a.json, NULL, 0);
    else if (code == CLI_OK && cli->service)
        fprintf(stderr, "its API tokens: slipway token create NAME --user %s\n", cli->words[1]);
    else if (code == CLI_OK && text_empty(password))
        code = user_invite(cli);
    cli_answer_fini(&a);
    return code;
}

/* Groups are names with commas between, which approvals may name. */
static int user_change(struct cli *cli)
{
    AUTO_JSON *groups = json_array();
    for (const char *at = cli->groups ? cli->groups : ""; *at;) {
        size_t n = strcspn(at, ",");
        AUTO_FREE char *name = mem_text_n(at, n);
        if (n)
            json_array_append_new(groups, json_string(name));
        at += n + (at[n] == ',');
    }
    AUTO_FREE char *path = path_of(P "/users/", cli->words[1], "");
    AUTO_JSON *body = json_object();
    if (cli->groups)
        json_object_set(body, "groups", groups);
    if (cli->email)
        json_set_text(body, "email", cli->email);
    return cli_do(cli, "PATCH", path, body, NULL);
}

static int command_user(struct cli *cli)
{
    const char *what = cli->count ? cli->words[0] : "";
    if (text_is(what, "create") && cli->count > 1)
        return user_create(cli);
    if (text_is(what, "invite") && cli->count > 1)
        return user_invite(cli);
    if (text_is(what, "change") && cli->count > 1 && (cli->groups || cli->email))
        return user_change(cli);
    if (text_is(what, "list")) {
        cli->words[0] = "users";
        cli->count = 1;
        return command_get(cli);
    }
    if (text_is(what, "delete") && cli->count > 1) {
        AUTO_FREE char *path = path_of(P "/users/", cli->words[1], "");
        return cli_do(cli, "DELETE", path, NULL, NULL);
    }
    fputs("slipway: usage: slipway user create NAME [--service] [--role ROLE] [--org-role ROLE] | invite NAME | change NAME [--groups A,B] [--email ADDRESS] | list | delete NAME\n", stderr);
    return CLI_USAGE;
}

/* ---- completions, from the table */

static void print_commands(const char *between)
{
    for (const struct cli_command *c = CLI_COMMANDS; c->name; c++)
        printf("%s%s", c == CLI_COMMANDS ? "" : between, c->name);
}

#define ALL_FLAGS "--server --token --project --ca --insecure --output --filter --search --limit --input --wait --follow --task --body --event --image --digest --webhook --execution --recursive --prune --dry-run --variable --type --service --yes --key --diff --description --hours --from --help"
static void print_kinds(void)
{
    for (const struct kind *k = KINDS; k->name; k++)
        printf("%s%s", k == KINDS ? "" : " ", k->name);
}

static int command_completion(struct cli *cli)
{
    const char *shell = cli->count ? cli->words[0] : "";
    bool zsh = text_is(shell, "zsh");
    if (text_is(shell, "fish")) {
        printf("complete -c slipway -f -n __fish_use_subcommand -a '");
        print_commands(" ");
        printf("'\ncomplete -c slipway -f -n '__fish_seen_subcommand_from get describe delete' -a '");
        print_kinds();
        puts("'");
        return CLI_OK;
    }
    if (!zsh && !text_is(shell, "bash")) {
        fputs("slipway: usage: slipway completion bash|zsh|fish\n", stderr);
        return CLI_USAGE;
    }
    if (zsh)
        puts("autoload -U +X bashcompinit && bashcompinit");
    printf("_slipway() {\n  local words='");
    print_commands(" ");
    printf("'\n  case \"$COMP_CWORD:${COMP_WORDS[1]}\" in\n  1:*) ;;\n  2:get|2:describe|2:delete) words='");
    print_kinds();
    puts("' ;;\n  2:secure) words='pipeline endpoint variable' ;;\n  2:variable) words='set' ;;\n  *) words='" ALL_FLAGS "' ;;\n  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
         "complete -o default -F _slipway slipway");
    return CLI_OK;
}

/* ---- the table of commands and of flags */

const struct cli_command CLI_COMMANDS[] = {
    { "login", "remember a server and an API token", "login URL [--token TOKEN|- | --user NAME] [--ca FILE] [--insecure] [--project NAME]\n"
      "Without --token it is asked for, or read from standard input; with --user the password is.", command_login },
    { "apply", "make what stands at the server what YAML documents describe", "apply -f FILE|FOLDER|- [-f ...] [--recursive] [--dry-run] [--prune [--yes]]\n"
      "Kinds: PROJECT, VARIABLE, ENDPOINT, CUSTOM_INTEGRATION, PIPELINE, FREEZE, DOCKER_WEBHOOK, in any order and any files: all of them, or none.\n"
      "kubeconfigFile, passwordFile and tokenFile in an endpoint's properties name files that are read here; a mask or an empty secret keeps what is stored.\n"
      "--dry-run shows what would change as a diff, without secrets, and changes nothing: exit code 8 when something would, 0 when nothing.\n"
      "--prune deletes what the set does not name, in the projects and of the kinds that it holds documents of; what is in use is kept, and said (exit code 6)", command_apply },
    { "secure", "make a SECRET variable of a secret that stands somewhere as it is", "secure pipeline|endpoint|variable NAME [POINTER] [--variable NAME]\n"
      "The server moves the value, so that nobody types it: ${var.NAME} stands in its place. POINTER: /stages/S/tasks/T/input/password;\n"
      "without it, all that are found. A variable that is REGULAR becomes SECRET", command_secure },
    { "variable", "give a variable its value, typed or read", "variable set NAME [--type SECRET|RESTRICTED|REGULAR] [-f FILE|-]\n"
      "Without -f it is asked for, or read from standard input, one line; a new one is SECRET", command_variable },
    { "get", "list things, or show one", "get KIND [NAME] [--filter F] [--search TEXT] [--limit N]\n"
      "KIND: projects variables cloud-proxies endpoints custom-integrations pipelines freezes webhooks hooks watches events executions user-operations notifications deployments deliveries ssh-hosts tokens users audit\n"
      "hooks are what stands at Docker Hub because of webhooks, or is still to be deleted there;\nwatches are the repositories that the sweep looks at;\ndeployments are what runs where, and which push and run brought it", command_get },
    { "describe", "everything about one thing", "describe KIND NAME", command_describe },
    { "delete", "delete one thing", "delete KIND NAME\n"
      "delete hooks ID gives up deleting it at Docker Hub, where a person does it then", command_delete },
    { "run", "run a pipeline", "run PIPELINE [--input NAME=VALUE]... [--wait]", command_run },
    { "watch", "stages and tasks of an execution, live; the newest when none is named", "watch [EXECUTION]\nEXECUTION: an id, or PIPELINE#NUMBER", command_watch },
    { "cancel", "stop an execution", "cancel EXECUTION\nEXECUTION: an id, or PIPELINE#NUMBER", command_cancel },
    { "pause", "let an execution wait before its next task", "pause EXECUTION\nEXECUTION: an id, or PIPELINE#NUMBER", command_pause },
    { "start", "let a queued execution begin, whatever change windows and freezes say", "start EXECUTION\nEXECUTION: an id, or PIPELINE#NUMBER\n"
      "Administrators of its project may; the audit has it.", command_start },
    { "resume", "let a paused execution go on", "resume EXECUTION\nEXECUTION: an id, or PIPELINE#NUMBER\n"
      "What waits because it uses something restricted goes on for an administrator only.", command_resume },
    { "approve", "answer yes to what a run asks", "approve OPERATION... [--comment TEXT]\n"
      "OPERATION: an id, or its six digits; slipway get user-operations lists them", command_approve },
    { "reject", "answer no to what a run asks: its task fails", "reject OPERATION... [--comment TEXT]", command_reject },
    { "logs", "what an execution's tasks said; the newest when none is named", "logs [EXECUTION] [--task STAGE.TASK] [--follow]\n"
      "EXECUTION: an id, or PIPELINE#NUMBER", command_logs },
    { "executions", "list executions", "executions [--filter F] [--limit N]", command_executions },
    { "events", "list what registries told us, and what came of it", "events [--filter F] [--limit N]", command_events },
    { "simulate", "what a push would do: which webhooks, which inputs, which YAML; starts nothing",
      "simulate --body FILE|- | --event ID | --image NAME:TAG [--digest D] [--webhook NAME] [--diff]\n"
      "--diff asks the clusters what would change, by a dry run. Ends with 0 when something would run, with 1 when nothing would", command_simulate },
    { "explain", "why an event did or did not start something", "explain ID\nID: of an event, a delivery or an execution", command_explain },
    { "doctor", "is all that webhooks need as it should be, and what is to be done", "doctor [--webhook NAME]\n"
      "Ends with 1 when a check failed", command_doctor },
    { "rerun", "run an event or an execution again, or all events of a filter", "rerun EVENT | EXECUTION --from start|stop [--wait] | events --filter F [--search TEXT] [--yes [--key KEY]]\n"
      "EXECUTION: an id, or PIPELINE#NUMBER. --from stop goes on from where it failed or was canceled: what was done is not done again\n"
      "Many: without --yes it tells how many runs would begin. What no webhook took is judged anew by today's webhooks. The same --key\n"
      "begins nothing twice", command_rerun },
    { "pushed", "say, from a script, that a run pushed an image: what it starts cannot go round in circles",
      "pushed IMAGE:TAG --execution EXECUTION [--digest sha256:...]\nEXECUTION: an id (${executionId} in the pipeline), or PIPELINE#NUMBER", command_pushed },
    { "release", "let an event go on that is held, or all that a webhook holds since a deployment failed", "release EVENT | webhook NAME", command_release },
    { "discard", "drop an event that is held: it never runs", "discard EVENT", command_discard },
    { "export", "a project as Code Stream's YAML, or parts of it", "export [variables|endpoints|custom-integrations|freezes|pipelines|pipeline NAME[,NAME]]\n"
      "Without a name: everything. pipeline NAME comes with its endpoints. Secrets are never in it.", command_export },
    { "import", "Code Stream's YAML", "import FILE", command_import },
    { "completion", "print completions for a shell", "completion bash|zsh|fish", command_completion },
    { "webhook", "a Docker webhook's URL, a new secret, its hook at Docker Hub, what arrives", "webhook url|rotate|register|listen NAME [--follow]\n"
      "url: the URL that Docker Hub posts to; rotate: a new secret, the old one is accepted for a day;\n"
      "register: Docker Hub is asked now; listen: waits for the first delivery that tells of a push, with --follow for all", command_webhook },
    { "cloud-proxy", "Cloud Proxies, through which what stands behind a firewall is reached", "cloud-proxy create NAME [--description TEXT] [--project NAME] | token NAME [--hours N] |\n"
      "  instances | rotate NAME INSTANCE | revoke NAME INSTANCE\n"
      "token: enrols one instance (slipway proxy --token), once; instances: the processes, with what their links do;\n"
      "rotate: an instance makes a new key pair; revoke: its link ends, its key is worth nothing. Without --project all projects may use it.\n"
      "List and delete: slipway get cloud-proxies, slipway delete cloud-proxies NAME", command_cloud_proxy },
    { "user", "users, and service users that have API tokens only", "user create NAME [--service] [--role ROLE] [--org-role owner|member] | invite NAME | change NAME [--groups A,B] [--email ADDRESS] | list | delete NAME\n"
      "A service user stands in for a person: its token stays valid when people leave. ROLE: administrator, developer, executor, viewer;\n"
      "without it, it has the rights of the projects that it is a member of. Groups are what approvers of a UserOperation may be named by", command_user },
    { "token", "API tokens: create, list, revoke", "token create NAME [--user SERVICE_USER] [--role ROLE] [--org-role owner|member] [--days N] | list [--user SERVICE_USER] | revoke ID", command_token },
    { 0 },
};

struct parsed {
    struct cli cli;
    bool help;
};

static bool set_output(struct cli *cli, const char *value)
{
    static const char *const NAMES[] = { "table", "json", "yaml" };
    for (size_t i = 0; i < ALEN(NAMES); i++)
        if (text_is(value, NAMES[i])) {
            cli->output = (enum cli_output)i;
            return true;
        }
    fprintf(stderr, "slipway: --output is table, json or yaml, not '%s'\n", value);
    return false;
}

static bool set_input(struct cli *cli, const char *value)
{
    const char *equals = strchr(value, '=');
    if (!equals || equals == value) {
        fprintf(stderr, "slipway: --input takes NAME=VALUE, not '%s'\n", value);
        return false;
    }
    AUTO_FREE char *name = mem_text_n(value, (size_t)(equals - value));
    if (json_object_set_new(cli->input, name, json_string(equals + 1)) == 0)
        return true;
    fprintf(stderr, "slipway: --input %s is no UTF-8 text\n", name);
    return false;
}

static bool add_file(struct cli *cli, const char *value)
{
    if (cli->file_count == (int)ALEN(cli->files))
        return fprintf(stderr, "slipway: more than %zu files; name a folder\n", ALEN(cli->files)), false;
    cli->file = cli->files[cli->file_count++] = value;
    return true;
}

static bool set_value(struct cli *cli, const char *name, const char *value)
{
    const struct { const char *name; char **owned; const char **borrowed; } FLAGS[] = {
        { "--server", &cli->server, NULL }, { "--token", &cli->token, NULL }, { "--project", &cli->project, NULL }, { "--ca", &cli->ca, NULL },
{ "--filter", NULL, &cli->filter }, { "--search", NULL, &cli->search },
        { "--limit", NULL, &cli->limit }, { "--task", NULL, &cli->task }, { "--role", NULL, &cli->role }, { "--days", NULL, &cli->days },
        { "--org-role", NULL, &cli->org_role }, { "--body", NULL, &cli->body }, { "--event", NULL, &cli->event },
        { "--image", NULL, &cli->image }, { "--digest", NULL, &cli->digest }, { "--webhook", NULL, &cli->webhook }, { "--execution", NULL, &cli->execution }, { "--key", NULL, &cli->key }, { "--user", NULL, &cli->user },
        { "--description", NULL, &cli->description }, { "--hours", NULL, &cli->hours }, { "--from", NULL, &cli->from },
        { "--comment", NULL, &cli->comment }, { "--groups", NULL, &cli->groups }, { "--email", NULL, &cli->email },
        { "-p", &cli->project, NULL }, { "--variable", NULL, &cli->variable }, { "--type", NULL, &cli->type },
    };
    if (text_is(name, "--output") || text_is(name, "-o"))
        return set_output(cli, value);
    if (text_is(name, "--input"))
        return set_input(cli, value);
    if (text_is(name, "--file") || text_is(name, "-f"))
        return add_file(cli, value);
    for (size_t i = 0; i < ALEN(FLAGS); i++) {
        if (!text_is(name, FLAGS[i].name))
            continue;
        if (FLAGS[i].borrowed) {
            *FLAGS[i].borrowed = value;
        } else {
            free(*FLAGS[i].owned);
            *FLAGS[i].owned = mem_text(value);
        }
        return true;
    }
    fprintf(stderr, "slipway: there is no flag %s\n", name);
    return false;
}

static bool set_switch(struct parsed *p, const char *name)
{
    const struct { const char *name; bool *on; } SWITCHES[] = { { "--insecure", &p->cli.insecure }, { "--wait", &p->cli.wait },
                                                                { "--follow", &p->cli.follow }, { "--diff", &p->cli.diff }, { "--yes", &p->cli.yes }, { "--service", &p->cli.service }, { "--recursive", &p->cli.recursive }, { "-R", &p->cli.recursive }, { "--prune", &p->cli.prune },
                                                                { "--dry-run", &p->cli.dry_run }, { "--help", &p->help }, { "-h", &p->help } };
    for (size_t i = 0; i < ALEN(SWITCHES); i++)
        if (text_is(name, SWITCHES[i].name))
            return *SWITCHES[i].on = true;
    return false;
}

static bool parse(struct parsed *p, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        const char *word = argv[i], *equals = strchr(word, '=');
        if (word[0] != '-' || text_is(word, "-")) {
            if (p->cli.count == (int)ALEN(p->cli.words))
                return fprintf(stderr, "slipway: too many arguments\n"), false;
            p->cli.words[p->cli.count++] = word;
        } else if (!set_switch(p, word)) {
            AUTO_FREE char *name = equals && word[1] == '-' ? mem_text_n(word, (size_t)(equals - word)) : mem_text(word);
            bool apart = !(equals && word[1] == '-');
            if (apart && i + 1 == argc)
                return fprintf(stderr, "slipway: %s needs a value\n", word), false;
            if (!set_value(&p->cli, name, apart ? argv[++i] : equals + 1))
                return false;
        }
    }
    return true;
}

int cli_main(int argc, char **argv)
{
    struct parsed p = { .cli.input = json_object() };
    const struct cli_command *command = CLI_COMMANDS;
    int code = CLI_USAGE;
    while (command->name && !text_is(command->name, argv[1]))
        command++;
    if (!command->name) {
        fprintf(stderr, "slipway: there is no command '%s'; 'slipway help' lists them\n", argv[1]);
    } else if (parse(&p, argc, argv)) {
        if (p.help) {
            printf("Usage: slipway %s\n\n%s.\n\nEverywhere: --server URL --token TOKEN --project NAME --ca FILE --insecure --output table|json|yaml\n"
                   "Exit codes: 0 done, 1 the execution failed, 2 usage, 3 not found, 4 not allowed, 5 not reached, 6 conflict, 7 refused, 8 something would change (apply --dry-run)\n",
                   command->help, command->summary);
            code = CLI_OK;
        } else {
            cli_config_read(&p.cli);
            code = command->run(&p.cli);
        }
    }
    char **owned[] = { &p.cli.server, &p.cli.token, &p.cli.project, &p.cli.ca, &p.cli.folder };
    for (size_t i = 0; i < ALEN(owned); i++)
        free(*owned[i]);
    json_decref(p.cli.input);
    return code;
}
