/* http/pipe_inside.h - what the two kinds of pipe are to their callers. Not for others. */
#pragma once

#include "http/pipe.h"

struct http_pipe {
    void (*wake)(struct http_pipe *p);
    void (*close)(struct http_pipe *p);
};
