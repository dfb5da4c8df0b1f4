/* ssh/fake_test.h - a host in the test's process: libssh's other side, with the machine's own /bin/sh behind it. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

struct fake_host;
/* home: the folder that its programs see as HOME. It takes user "joe" with password "good". */
struct fake_host *fake_host_open(const char *home);
void fake_host_close(struct fake_host **host); /* after its connections ended */
int fake_host_port(const struct fake_host *host);
const char *fake_host_fingerprint(const struct fake_host *host);
void fake_host_new_key(struct fake_host *host);
int fake_host_logins(struct fake_host *host); /* passwords that were offered */
void fake_host_cut(struct fake_host *host);   /* every connection, as a network does */
void fake_host_deaf(struct fake_host *host, bool deaf); /* new connections are taken and not answered */
