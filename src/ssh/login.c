/* The thread's second step: who we are. */
#include "ssh/inside.h"

#include <string.h>

#include "base/mem.h"

enum { ROUNDS = 5, PROMPTS = 5 }; /* of keyboard-interactive */

/* As people paste them: line ends of another system, none behind the last line. */
static char *key_text(const char *key)
{
    AUTO_TEXT text = { 0 };
    for (const char *p = key + strspn(key, " \t\r\n"); *p; p++)
        if (*p != '\r')
            text_add_char(&text, *p);
    while (text.length && strchr(" \t\n", text.at[text.length - 1]))
        text.at[--text.length] = 0;
    text_add_char(&text, '\n');
    return text_take(&text);
}

/* passphrase is never NULL: for a key that has one, OpenSSL would ask the server's terminal. */
static bool read_key(struct remote_session *s, ssh_key *ret, struct err *e)
{
    char *key = key_text(s->key);
    int answer = ssh_pki_import_privkey_base64(key, s->passphrase, NULL, NULL, ret);
    explicit_bzero(key, strlen(key));
    free(key);
    if (answer == SSH_OK)
        return true;
    if (!strstr(s->key, "PRIVATE KEY-----"))
        return err_field(e, "privatekey", "the private key is none: it begins with -----BEGIN OPENSSH PRIVATE KEY----- or another PRIVATE KEY");
    return text_empty(s->passphrase) ? err_field(e, "privatekey", "the private key cannot be read: it needs a passphrase, or is damaged")
                                     : err_field(e, "passphrase", "the private key cannot be read: the passphrase is wrong, or the key is damaged");
}

static int by_key(struct remote_session *s, struct err *e)
{
    ssh_key key = NULL;
    if (!read_key(s, &key, e))
        return SSH_AUTH_ERROR;
    int answer = ssh_userauth_publickey(s->ssh, NULL, key);
    ssh_key_free(key);
    return answer;
}

/* Every question whose answer is not to be seen is one for the password. */
static int by_questions(struct remote_session *s)
{
    int answer = ssh_userauth_kbdint(s->ssh, NULL, NULL);
    for (int round = 0; answer == SSH_AUTH_INFO && round < ROUNDS; round++) {
        int count = ssh_userauth_kbdint_getnprompts(s->ssh);
        if (count > PROMPTS)
            return SSH_AUTH_DENIED;
        for (int i = 0; i < count; i++) {
            char echo = 0;
            ssh_userauth_kbdint_getprompt(s->ssh, (unsigned)i, &echo);
            ssh_userauth_kbdint_setanswer(s->ssh, (unsigned)i, echo ? "" : s->password);
        }
        answer = ssh_userauth_kbdint(s->ssh, NULL, NULL);
    }
    return answer == SSH_AUTH_INFO ? SSH_AUTH_DENIED : answer;
}

/* A wrong password is not offered a second time by another method: hosts count. */
static int by_password(struct remote_session *s)
{
    int methods = ssh_userauth_list(s->ssh, NULL);
    if (methods & SSH_AUTH_METHOD_PASSWORD)
        return ssh_userauth_password(s->ssh, NULL, s->password);
    return methods & SSH_AUTH_METHOD_INTERACTIVE ? by_questions(s) : SSH_AUTH_DENIED;
}

static const char *shown_methods(struct remote_session *s)
{
    int methods = ssh_userauth_list(s->ssh, NULL);
    bool password = methods & (SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE), key = methods & SSH_AUTH_METHOD_PUBLICKEY;
    return password && key ? "a password or a key" : password ? "a password" : key ? "a key" : "something else than a password or a key";
}

static bool refused(struct remote_session *s, int answer, struct err *e)
{
    const char *given = text_empty(s->key) ? text_empty(s->password) ? "no password and no private key" : "the password"
                                           : text_empty(s->password) ? "the private key" : "the private key and the password";
    if (e->kind)
        return false;
    if (answer == SSH_AUTH_ERROR && !ssh_is_connected(s->ssh))
        return err_set(e, ERR_UNAVAILABLE, "%s closed the connection during the login: %.200s", s->host, ssh_get_error(s->ssh));
    return err_set(e, ERR_UNAUTHORIZED, "%s refused user %s with %s%s; it takes %s", s->host, s->user, given, answer == SSH_AUTH_PARTIAL ? " alone" : "", shown_methods(s));
}

bool remote_step_login(struct remote_session *s, struct err *e)
{
    int answer = ssh_userauth_none(s->ssh, NULL); /* tells which methods there are */
    if ((answer == SSH_AUTH_DENIED || answer == SSH_AUTH_PARTIAL) && !text_empty(s->key))
        answer = by_key(s, e);
    if ((answer == SSH_AUTH_DENIED || answer == SSH_AUTH_PARTIAL) && !text_empty(s->password))
        answer = by_password(s);
    return answer == SSH_AUTH_SUCCESS || refused(s, answer, e);
}
