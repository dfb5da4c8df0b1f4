#include "pipeline/literals.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "pipeline/testing.h"

#define TOKEN36 "abcdefghijklmnopqrstuvwxyz0123456789"

/* What is found in text under key, "|" between; "" for nothing. */
static char *found_in(const char *key, const char *text)
{
    struct literal found[LITERALS];
    size_t count = literals_in(key, text, found);
    struct text out = { 0 };
    for (size_t i = 0; i < count; i++) {
        text_add(&out, i ? "|" : "");
        text_add_n(&out, text + found[i].at, found[i].length);
    }
    return text_take(&out);
}

static void check_rows(const char *const (*rows)[3], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO_FREE char *found = found_in(rows[i][0], rows[i][1]);
        if (!text_is(found, rows[i][2]))
            fail_msg("row %zu, %s: %s\nwant %s\ngot  %s", i, rows[i][0], rows[i][1], rows[i][2], found);
    }
}

TEST(literals, are_found_by_key)
{
    static const char *const ROWS[][3] = {
        { "password", "hunter2", "hunter2" },
        { "password", "REDACTED", "REDACTED" },
        { "Packer-Build-vRA-Password", "VMware1!", "VMware1!" },
        { "passphrase", "open sesame", "open sesame" },
        { "privatekey", "MIIEpAIBAAKCAQEA", "MIIEpAIBAAKCAQEA" },
        { "k8sUserPrivateKey", "abc123def", "abc123def" },
        { "apiToken", "0123456789", "0123456789" },
        { "vraAccessToken", "abcdefgh", "abcdefgh" },
        { "X-API-Key", "abcdefgh", "abcdefgh" },
        { "certKeyData", "LS0tLS1CRUdJTg==", "LS0tLS1CRUdJTg==" },
        { "Authorization", "Bearer abcdefgh", "abcdefgh" },
        { "authorization", "Basic dXNlcjpwYXNz", "dXNlcjpwYXNz" },
        { "clientSecret", "s3cr3t", "s3cr3t" },
        { "SSHPASS", "VMware1!", "VMware1!" },
        { "DB_PASSWORD", "p w", "p w" },
        /* none */
        { "password", "", "" },
        { "password", "${var.LinuxPassword}", "" },
        { "password", "pre-${var.x}", "" },
        { "password", "$PASSWORD", "" },
        { "password", "********", "" },
        { "password", "<your password>", "" },
        { "Authorization", "Bearer ${Create Token.Get.output.responseBody.token}", "" },
        { "Authorization", "${input.vraAccessToken}", "" },
        { "username", "admin", "" },
        { "passwordFile", "/etc/pw", "" },
        { "tokenUrl", "https://idp/token", "" },
        { "privateKeyPath", "/root/.ssh/id_rsa", "" },
        { "secretName", "regcred", "" },
        { "imagePullSecret", "regcred", "" },
        { "fingerprint", "82E88BA410C44CF359FA096312587ED4C821F857B6E06662284951E00FC27CE7", "" },
        { "certData", "LS0tLS1CRUdJTg==", "" },
        { "accessKeyId", "whoever", "" },
        { "bypass", "proxy.local", "" },
        { "token", "true", "" },
        { "passwordPolicy", "strong", "" },
        { "key", "value", "" },
    };
    check_rows(ROWS, ALEN(ROWS));
}

TEST(literals, are_found_in_scripts_and_payloads)
{
    static const char *const ROWS[][3] = {
        { "script", "docker login --username=hol --password=VMware1!\n", "VMware1!" },
        { "script", "docker login -u a --password VMware1! host", "VMware1!" },
        { "script", "export SSHPASS=\"VMware1!\"", "VMware1!" },
        { "script", "export VCPASS='two words'; ls", "two words" },
        { "script", "mysql --user=root --password=VMware1\\! < x.sql", "VMware1\\!" },
        { "script", "curl 'https://h/x?token=abcdef123&a=b'", "abcdef123" },
        { "script", "password = \"hunter22\"", "hunter22" },
        { "payload", "{\"username\": \"a\", \"password\": \"VMware1!\"}", "VMware1!" },
        { "payload", "{\\\"password\\\":\\\"VMware1!\\\"}", "VMware1!" },
        { "payload", "{\"apiToken\":\"abc\",\"refreshToken\":\"def\"}", "abc|def" },
        { "yaml", "stringData:\n  password: hunter22\n  user: a\n", "hunter22" },
        { "yaml", "- Password: REDACTED", "REDACTED" },
        { "steps", "Password: REDACTED", "REDACTED" },
        { "script", "curl -H 'Authorization: Bearer abcdefgh12345678' https://h", "abcdefgh12345678" },
        { "script", "kubectl config set-credentials x --token abc.def", "abc.def" },
        /* none */
        { "script", "docker login --password=$PASSWORD", "" },
        { "script", "docker login --password=\"$PASSWORD\"", "" },
        { "script", "docker login --password-stdin", "" },
        { "script", "docker login --password --username a", "" },
        { "script", "docker login --password ${var.x}", "" },
        { "script", "export VCPASS='${input.Packer-Build-vCenter-User-Password}'", "" },
        { "script", "docker run -e VMWPASS=$VMWPASS x", "" },
        { "script", "TOKEN=$(cat /run/token)", "" },
        { "script", "TOKEN=`cat /run/token`", "" },
        { "script", "if [ \"$PASSWORD\" = \"abc\" ]; then", "" },
        { "script", "if [ $PASSWORD == abc ]; then", "" },
        { "script", "token = get_token()", "" },
        { "script", "token=getInput('x')", "" },
        { "script", "password=None", "" },
        { "script", "GOVC_PASSWORD", "" },
        { "script", "echo Enter the password: and wait", "" },
        { "payload", "{\"password\": \"${var.x}\", \"token\": \"\"}", "" },
        { "yaml", "automountServiceAccountToken: false", "" },
        { "yaml", "      imagePullSecrets:\n      - name: regcred\n", "" },
        { "yaml", "        secretKeyRef:\n          name: db\n          key: password\n", "" },
        { "yaml", "  secretName: tls\n  tokenExpirationSeconds: 3600\n", "" },
        { "description", "Enter the password: hunter2", "" },
        { "summary", "token=abcdef", "" },
        { "url", "https://h/oauth/token?grant=x", "" },
        { "preCondition", "${input.password} == \"abc\"", "" },
        { "script", "####********####", "" },
    };
    check_rows(ROWS, ALEN(ROWS));
}

TEST(literals, are_found_by_shape_wherever_they_stand)
{
    static const char *const ROWS[][3] = {
        { "", "ghp_" TOKEN36, "ghp_" TOKEN36 },
        { "description", "use ghp_" TOKEN36 ", please", "ghp_" TOKEN36 },
        { "", "github_pat_" TOKEN36, "github_pat_" TOKEN36 },
        { "", "glpat-abcdefghij0123456789", "glpat-abcdefghij0123456789" },
        { "", "dckr_pat_abcdefghij0123456789-_", "dckr_pat_abcdefghij0123456789-_" },
        { "", "xoxb-1234567890-abcdef", "xoxb-1234567890-abcdef" },
        { "", "https://hooks.slack.com/services/T000/B000/XXXXXXXXXX1", "T000/B000/XXXXXXXXXX1" },
        { "", "key AKIAIOSFODNN7EXAMPLE.", "AKIAIOSFODNN7EXAMPLE" },
        { "", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl" },
        { "", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----" },
        { "", "-----BEGIN PRIVATE KEY-----MIIE-----END PRIVATE KEY----- x", "-----BEGIN PRIVATE KEY-----MIIE-----END PRIVATE KEY-----" },
        { "", "x -----BEGIN OPENSSH PRIVATE KEY-----\ncut", "-----BEGIN OPENSSH PRIVATE KEY-----\ncut" },
        { "", "curl -H 'X: Basic dXNlcjpwYXNz'", "dXNlcjpwYXNz" },
        { "", "X: Bearer 0123456789abcdef", "0123456789abcdef" },
        { "", "git clone https://ann:hunter22@git.test/a.git", "hunter22" },
        { "url", "postgres://u:p%40ss@db/x", "p%40ss" },
        { "", "slw_" TOKEN36, "slw_" TOKEN36 },
        /* none */
        { "", "ghp_short", "" },
        { "", "xghp_" TOKEN36, "" },
        { "", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n", "" },
        { "", "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----\n", "" },
        { "", "Basic information", "" },
        { "", "Basic dXNlcg==", "" },
        { "", "the Bearer of this letter, who is known", "" },
        { "", "Bearer ${var.token}", "" },
        { "", "https://ann@git.test/a.git", "" },
        { "", "https://ann:${var.pw}@git.test/a.git", "" },
        { "", "https://$USER:$PASS@git.test/a.git", "" },
        { "", "https://ann:********@git.test/a.git", "" },
        { "", "http://10.0.0.1:8080/a@b", "" },
        { "", "eyJust a word", "" },
        { "", "ASIA is a continent", "" },
        { "", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "" },
        { "", "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA", "" },
    };
    check_rows(ROWS, ALEN(ROWS));
}

static void count_lost(void *context, const char *pointer)
{
    text_addf(context, "%s ", pointer);
}

TEST(literals, are_masked_and_come_back)
{
    AUTO_JSON *stored = read_yaml("{a: {password: hunter2, n: {password: 12345}, user: ann}, s: ['x --password=hunter2 --token abc1', 'git https://a:b0b@h'],"
                                  " r: {password: '${var.x}'}, k: \"-----BEGIN PRIVATE KEY-----\\nM\\n-----END PRIVATE KEY-----\\n\"}");
    AUTO_JSON *masked = literals_masked(stored);
    AUTO_JSON *want = read_yaml("{a: {password: '********', n: {password: '********'}, user: ann}, s: ['x --password=******** --token ********',"
                                " 'git https://a:********@h'], r: {password: '${var.x}'}, k: \"********\\n\"}");
    AUTO_JSON *back = literals_unmasked(masked, stored, NULL, NULL);
    CHECK(json_equal(masked, want));
    CHECK(json_equal(back, stored));
    AUTO_JSON *twice = literals_masked(masked);
    CHECK(json_equal(twice, masked));
}

TEST(literals, of_another_place_stay_masks_and_are_told)
{
    AUTO_JSON *stored = read_yaml("{s: ['deploy --password=hunter2 --to a'], r: {password: '${var.x}'}, o: {password: abc1}}");
    AUTO_JSON *fresh = read_yaml("{s: ['deploy --password=******** --to b', '--password=********', 'echo ********'], r: {password: '********'},"
                                 " o: {password: '*****'}, n: {password: '********'}}");
    AUTO_JSON *want = read_yaml("{s: ['deploy --password=hunter2 --to b', '--password=********', 'echo ********'], r: {password: '${var.x}'},"
                                " o: {password: abc1}, n: {password: '********'}}");
    AUTO_TEXT lost = { 0 };
    AUTO_JSON *out = literals_unmasked(fresh, stored, count_lost, &lost);
    CHECK(json_equal(out, want));
    CHECK_TEXT(text_of(&lost), "/s/1 /n/password ");
    AUTO_JSON *nothing = literals_unmasked(fresh, NULL, NULL, NULL);
    CHECK(json_equal(nothing, fresh));
}

TEST(literals, say_the_command_and_never_the_value)
{
    AUTO_JSON *p = read_yaml("{name: My Pipe, project: Field Demo, stages: {S 1: {tasks: {Get it: {input: {password: hunter2, script: 'x --password=hunter2 --token=t0ken'}}}}}}");
    AUTO_PROBLEMS found = { 0 };
    literals_check("pipeline", p, &found);
    CHECK_INT(found.count, 2);
    CHECK_INT(found.errors, 0);
    CHECK_TEXT(found.at[0].pointer, "/stages/S 1/tasks/Get it/input/password");
    CHECK_TEXT(found.at[0].text, "a password stands here as it is; a SECRET variable hides it: slipway secure pipeline 'My Pipe' "
               "'/stages/S 1/tasks/Get it/input/password' --variable My-Pipe-Get-it-password --project 'Field Demo'");
    CHECK_HAS(found.at[1].text, "a password (and 1 more)");
    CHECK_TEXT(found.at[1].variable, "My-Pipe-Get-it-password"); /* the same value */
    for (size_t i = 0; i < found.count; i++)
        CHECK(!strstr(found.at[i].text, "hunter2") && !strstr(found.at[i].text, "t0ken"));
}

TEST(literals, take_no_long_time_over_a_hostile_text)
{
    static const char *const PIECES[] = { "token=", "-----BEGIN PRIVATE KEY-----", "-----BEGIN KEY-----", "eyJ-", "glpat-", "://a:", "Basic ", "--token ", "\"token\":\"", "token: ", "AKIA", "=$", "\\\"" };
    for (size_t i = 0; i < ALEN(PIECES); i++) {
        AUTO_TEXT text = { 0 };
        struct literal found[LITERALS];
        while (text.length < 1 << 20)
            text_add(&text, PIECES[i]);
        int64_t before = clock_mono();
        CHECK(literals_in("script", text_of(&text), found) <= LITERALS);
        CHECK(clock_mono() - before < 5 * CLOCK_SECOND); /* what is quadratic takes minutes */
    }
}
