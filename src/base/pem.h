/* base/pem.h - certificates and keys as people paste them. */
#pragma once

#include "base/err.h"

/* text is PEM, or base64 of PEM as kubeconfigs hold it. NULL or "" leaves *ret as it was; else *ret is the caller's. What it
 * holds is not looked at. ERR_INVALID names the field. */
bool pem_take(const char *text, const char *field, char **ret, struct err *e);
