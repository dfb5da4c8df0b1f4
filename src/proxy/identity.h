/* proxy/identity.h - who this Cloud Proxy is: its key pair and what the server called it; in one file of mode 0600, that is written
 * whole before anything is told of what stands in it. */
#pragma once

#include "base/ids.h"
#include "wire/proof.h"

struct identity {
    char *folder;
    char instance[ID_TEXT];   /* "" until it is enrolled */
    char *server, *name;      /* where, and as what; NULL until then */
    struct proof_key key;
    struct proof_key next;    /* proposed to the server, which may have taken it or not */
    bool has_next;
    int lock;                 /* held while this lives: nobody else uses the folder */
};

/* Reads folder/identity.json, or makes it, with a new key pair; the folder is made with mode 0700.
 * ERR_CONFLICT: another process has it. */
bool identity_open(const char *folder, struct identity **ret, struct err *e);
void identity_destroy(struct identity **identity);
bool identity_save(const struct identity *i, struct err *e);
