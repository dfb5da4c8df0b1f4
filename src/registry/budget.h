/* registry/budget.h - the part of struct registry_budget that only this room needs. */
#pragma once

#include "registry/client.h"

struct loop *budget_loop(const struct registry_budget *b);
