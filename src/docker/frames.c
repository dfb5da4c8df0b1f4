#include "docker/frames.h"

bool docker_frames_feed(struct docker_frames *f, const char *bytes, size_t size, void (*each)(void *context, int stream, const char *bytes, size_t size),
                        void *context, struct err *e)
{
    while (size) {
        if (f->left) {
            size_t n = size < f->left ? size : f->left;
            each(context, f->header[0], bytes, n);
            f->left -= (uint32_t)n;
            bytes += n;
            size -= n;
            continue;
        }
        f->header[f->have++] = (unsigned char)*bytes++;
        size--;
        if (f->have < sizeof f->header)
            continue;
        f->have = 0;
        if (f->header[0] > 2 || f->header[1] || f->header[2] || f->header[3])
            return err_set(e, ERR_UPSTREAM, "the Docker engine's log stream has a frame of an unknown kind");
        f->left = (uint32_t)f->header[4] << 24 | (uint32_t)f->header[5] << 16 | (uint32_t)f->header[6] << 8 | f->header[7];
    }
    return true;
}
