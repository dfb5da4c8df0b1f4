/* docker/frames.h - the two streams of a container in one: each frame has a header of 8 bytes (stream, three zeros, size, big endian).
 * Holds no more than a header, whatever a frame's size. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct docker_frames { /* { 0 } begins */
    unsigned char header[8];
    size_t have;   /* of the header */
    uint32_t left; /* of the frame */
};

/* Calls each for every piece of payload (stream 1: standard output, 2: error output). ERR_UPSTREAM: it is no such stream. */
bool docker_frames_feed(struct docker_frames *f, const char *bytes, size_t size, void (*each)(void *context, int stream, const char *bytes, size_t size),
                        void *context, struct err *e);
