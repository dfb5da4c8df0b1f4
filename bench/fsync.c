/* How often a second can 4 KB be appended and be on the disk? One line: the number. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char block[4096] = { 0 };
    struct timespec from, to;
    int fd = open(argc > 1 ? argv[1] : "fsync.tmp", O_CREAT | O_WRONLY | O_TRUNC, 0600), count = 0;
    double took = 0;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (; fd >= 0 && took < 2; count++) {
        if (write(fd, block, sizeof block) != sizeof block || fdatasync(fd) != 0)
            return 1;
        clock_gettime(CLOCK_MONOTONIC, &to);
        took = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    }
    printf("%.0f\n", count / took);
    return fd < 0;
}
